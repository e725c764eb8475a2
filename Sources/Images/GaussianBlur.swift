extension Picture {
  /// Blurred by a Gaussian of a standard deviation in pixels, as Pillow's `GaussianBlur`: three box blurs of a
  /// fractional width, across and then down, in fixed point.
  ///
  /// Source: Pillow, src/libImaging/BoxBlur.c, after Gwosdek et al., SSVM 2011.
  public func gaussianBlurred(_ deviation: Double) -> Picture {
    precondition(deviation >= 0, "deviation: must not be negative")
    let box = BoxBlur(standardDeviation: Float(deviation), passes: 3)
    if box.radius == 0 { return self }
    var across = self
    for _ in 0..<3 { across = across.boxBlurred(box) }
    var down = across.transposed
    for _ in 0..<3 { down = down.boxBlurred(box) }
    return down.transposed
  }

  /// Columns as rows.
  var transposed: Picture {
    var out = [UInt8](repeating: 0, count: pixels.count)
    for y in 0..<height {
      for x in 0..<width {
        let (source, target) = (3 * (y * width + x), 3 * (x * height + y))
        out[target] = pixels[source]
        out[target + 1] = pixels[source + 1]
        out[target + 2] = pixels[source + 2]
      }
    }
    return Picture(width: height, height: width, pixels: out)
  }

  /// Every row blurred once; beyond its ends the last pixel counts.
  private func boxBlurred(_ box: BoxBlur) -> Picture {
    var out = [UInt8](repeating: 0, count: pixels.count)
    let last = width - 1
    for y in 0..<height {
      let start = y * width
      func pixel(_ x: Int) -> SIMD4<UInt32> {
        let source = 3 * (start + min(max(x, 0), last))
        return SIMD4(
          UInt32(pixels[source]), UInt32(pixels[source + 1]), UInt32(pixels[source + 2]), 0)
      }
      var sum = SIMD4<UInt32>.zero
      for x in (-box.whole - 1)..<box.whole { sum &+= pixel(x) }
      for x in 0..<width {
        sum = sum &+ pixel(x + box.whole) &- pixel(x - box.whole - 1)
        let far = pixel(x - box.whole - 1) &+ pixel(x + box.whole + 1)
        let bulk = sum &* box.inner &+ far &* box.outer &+ SIMD4(repeating: 1 << 23)
        let bytes = bulk &>> SIMD4(repeating: 24)
        let target = 3 * (start + x)
        out[target] = UInt8(truncatingIfNeeded: bytes[0])
        out[target + 1] = UInt8(truncatingIfNeeded: bytes[1])
        out[target + 2] = UInt8(truncatingIfNeeded: bytes[2])
      }
    }
    return Picture(width: width, height: height, pixels: out)
  }
}

/// A box of a width that need not be whole: 2 · whole + 1 pixels in full and one at each end in part.
private struct BoxBlur {
  let radius: Float
  let whole: Int
  /// Weights of the pixels within and of the two at the ends, in units of 2⁻²⁴.
  let inner: UInt32
  let outer: UInt32

  /// The box that, applied `passes` times, has the deviation of a Gaussian.
  init(standardDeviation: Float, passes: Int) {
    let variance = standardDeviation * standardDeviation / Float(passes)
    let length = Float((12.0 * Double(variance) + 1.0).squareRoot())
    let whole = Float(((Double(length) - 1.0) / 2.0).rounded(.down))
    var part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance)
    part /= 6 * (variance - (whole + 1) * (whole + 1))
    radius = whole + part
    self.whole = Int(radius)
    inner = UInt32(Float(1 << 24) / (radius * 2 + 1))
    outer = ((1 << 24) - UInt32(2 * self.whole + 1) * inner) / 2
  }
}
