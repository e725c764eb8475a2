extension Picture {
  /// Luma of every pixel, (19595 R + 38470 G + 7471 B + 2¹⁵) / 2¹⁶, as Pillow's `convert("L")`.
  var lumas: [UInt8] {
    var out = [UInt8](repeating: 0, count: width * height)
    var source = 0
    for index in 0..<out.count {
      let sum =
        UInt32(pixels[source]) * 19595 + UInt32(pixels[source + 1]) * 38470
        + UInt32(pixels[source + 2]) * 7471
      out[index] = UInt8(truncatingIfNeeded: (sum + 0x8000) >> 16)
      source += 3
    }
    return out
  }

  /// Gray in all three channels.
  public var grayscale: Picture {
    let lumas = lumas
    var out = [UInt8](repeating: 0, count: pixels.count)
    for index in 0..<lumas.count {
      out[3 * index] = lumas[index]
      out[3 * index + 1] = lumas[index]
      out[3 * index + 2] = lumas[index]
    }
    return Picture(width: width, height: height, pixels: out)
  }

  /// other + factor · (self − other), truncated, in single precision; factors outside 0 … 1 extrapolate and clamp.
  ///
  /// Source: Pillow, src/libImaging/Blend.c.
  public func blended(from other: Picture, factor: Double) -> Picture {
    precondition(width == other.width && height == other.height, "pictures: of one size")
    if factor == 0 { return other }
    if factor == 1 { return self }
    let alpha = Float(factor)
    var out = [UInt8](repeating: 0, count: pixels.count)
    for index in 0..<pixels.count {
      let base = Float(other.pixels[index])
      let mixed = base + alpha * (Float(pixels[index]) - base)
      out[index] = UInt8(min(max(mixed, 0), 255))
    }
    return Picture(width: width, height: height, pixels: out)
  }

  /// Every byte moved away from, or towards, one gray: a table, since only the byte itself counts.
  private func blended(from gray: UInt8, factor: Double) -> Picture {
    if factor == 1 { return self }
    let alpha = Float(factor)
    let base = Float(gray)
    return mapped(
      (0..<256).map {
        factor == 0 ? gray : UInt8(min(max(base + alpha * (Float($0) - base), 0), 255))
      })
  }

  /// Brighter (above 1) or darker, as Pillow's `ImageEnhance.Brightness`.
  public func brightened(_ factor: Double) -> Picture { blended(from: 0, factor: factor) }

  /// More contrast (above 1) or less about the mean gray, as Pillow's `ImageEnhance.Contrast`.
  public func contrasted(_ factor: Double) -> Picture {
    let sum = lumas.reduce(0) { $0 + Int($1) }
    return blended(
      from: UInt8(Double(sum) / Double(width * height) + 0.5), factor: factor)
  }

  /// More colour (above 1) or less, as Pillow's `ImageEnhance.Color`.
  public func colored(_ factor: Double) -> Picture { blended(from: grayscale, factor: factor) }

  /// Sharper (above 1) or smoother, as Pillow's `ImageEnhance.Sharpness`.
  public func sharpened(_ factor: Double) -> Picture { blended(from: smoothed, factor: factor) }

  /// (the nine pixels around + 4 · the pixel) / 13, rounded; border pixels stay. Pillow's `SMOOTH`.
  var smoothed: Picture {
    var out = pixels
    let row = 3 * width
    guard width > 2, height > 2 else { return self }
    for y in 1..<(height - 1) {
      let start = y * row
      for index in (start + 3)..<(start + row - 3) {
        let above = index - row
        let below = index + row
        var sum = Int32(pixels[above - 3]) + Int32(pixels[above]) + Int32(pixels[above + 3])
        sum += Int32(pixels[index - 3]) + 5 * Int32(pixels[index]) + Int32(pixels[index + 3])
        sum += Int32(pixels[below - 3]) + Int32(pixels[below]) + Int32(pixels[below + 3])
        // (2 s + 13) / 26 by its reciprocal, exact for sums up to 13 · 255.
        out[index] = UInt8(truncatingIfNeeded: ((2 * sum + 13) &* 40330) >> 20)
      }
    }
    return Picture(width: width, height: height, pixels: out)
  }
}
