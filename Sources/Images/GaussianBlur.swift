extension Picture {
  /// Blurred by a Gaussian of a standard deviation in pixels, as Pillow's `GaussianBlur`: three box blurs of a
  /// fractional width, across and then down, in fixed point.
  ///
  /// Source: Pillow, src/libImaging/BoxBlur.c, after Gwosdek et al., SSVM 2011.
  public func gaussianBlurred(_ deviation: Double) -> Picture {
    precondition(deviation >= 0, "deviation: must not be negative")
    let box = BoxBlur(standardDeviation: Float(deviation), passes: 3)
    if box.radius == 0 { return self }
    var turned = transposed
    for _ in 0..<3 { turned = turned.boxBlurred(box) }
    var blurred = turned.transposed
    for _ in 0..<3 { blurred = blurred.boxBlurred(box) }
    return blurred
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

  /// Every column blurred once; beyond its ends the last pixel counts. All columns go down together.
  private func boxBlurred(_ box: BoxBlur) -> Picture {
    let row = 3 * width
    var out = [UInt8](repeating: 0, count: pixels.count)
    var sums = [UInt32](repeating: 0, count: row)
    // Rows are clamped to the picture: no index leaves `pixels`, `out` or `sums`.
    let from = pixels.span
    var to = out.mutableSpan
    var sum = sums.mutableSpan
    func start(_ y: Int) -> Int { min(max(y, 0), height - 1) * row }
    for y in (-box.whole - 1)..<box.whole {
      let added = start(y)
      for x in 0..<row { sum[unchecked: x] &+= UInt32(from[unchecked: added + x]) }
    }
    for y in 0..<height {
      let (above, below) = (start(y - box.whole - 1), start(y + box.whole))
      let (beyond, target) = (start(y + box.whole + 1), y * row)
      for x in 0..<row {
        let leaving = UInt32(from[unchecked: above + x])
        let inside = sum[unchecked: x] &+ UInt32(from[unchecked: below + x]) &- leaving
        sum[unchecked: x] = inside
        let far = leaving &+ UInt32(from[unchecked: beyond + x])
        let bulk = inside &* box.inner &+ far &* box.outer &+ (1 << 23)
        to[unchecked: target + x] = UInt8(truncatingIfNeeded: bulk >> 24)
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
