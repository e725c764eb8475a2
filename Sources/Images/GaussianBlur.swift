extension Picture {
  /// Blurred by a Gaussian of a standard deviation in pixels, as Pillow's `GaussianBlur`: three box blurs of a
  /// fractional width, across and then down, in fixed point.
  ///
  /// Source: Pillow, src/libImaging/BoxBlur.c, after Gwosdek et al., SSVM 2011.
  public func gaussianBlurred(_ deviation: Double) -> Picture {
    precondition(deviation >= 0, "deviation: must not be negative")
    let box = BoxBlur(standardDeviation: Float(deviation), passes: 3)
    if box.radius == 0 { return self }
    return transposed.boxBlurred(box).transposed.boxBlurred(box)
  }

  /// Columns as rows.
  var transposed: Picture {
    Picture(
      width: height, height: width,
      pixels: kernels.transposed(pixels, width: width, height: height))
  }

  /// Every column blurred three times; beyond its ends the last pixel counts.
  private func boxBlurred(_ box: BoxBlur) -> Picture {
    Picture(
      width: width, height: height,
      pixels: kernels.boxBlurredDown(
        pixels, width: width, height: height, whole: box.whole, inner: box.inner,
        outer: box.outer, passes: 3))
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
