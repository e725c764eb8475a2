extension Picture {
  /// Luma of every pixel, (19595 R + 38470 G + 7471 B + 2¹⁵) / 2¹⁶, as Pillow's `convert("L")`.
  var lumas: [UInt8] {
    kernels.luma(pixels)
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
    return Picture(
      width: width, height: height,
      pixels: kernels.blended(pixels, base: other.pixels, factor: Float(factor)))
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
  public func colored(_ factor: Double) -> Picture {
    if factor == 0 { return grayscale }
    if factor == 1 { return self }
    return Picture(
      width: width, height: height,
      pixels: kernels.blendedFromLuma(pixels, factor: Float(factor)))
  }

  /// Sharper (above 1) or smoother, as Pillow's `ImageEnhance.Sharpness`.
  public func sharpened(_ factor: Double) -> Picture { blended(from: smoothed, factor: factor) }

  /// (the nine pixels around + 4 · the pixel) / 13, rounded; border pixels stay. Pillow's `SMOOTH`.
  var smoothed: Picture {
    Picture(
      width: width, height: height,
      pixels: kernels.smoothed(pixels, width: width, height: height))
  }
}
