import Compute

/// What the inner loops run through.
let kernels = PictureKernels.current

extension Picture {
  /// The part of this size whose top left corner is at (`left`, `top`); black where it lies outside.
  public func cropped(left: Int, top: Int, width: Int, height: Int) -> Picture {
    Picture(
      width: width, height: height,
      pixels: kernels.cropped(
        pixels, width: self.width, height: self.height, left: left, top: top, to: width, height))
  }

  /// The middle, with torchvision's rounding: offsets round half to even.
  public func centerCropped(width: Int, height: Int) -> Picture {
    func offset(_ old: Int, _ new: Int) -> Int {
      Int((Double(old - new) / 2).rounded(.toNearestOrEven))
    }
    return cropped(
      left: offset(self.width, width), top: offset(self.height, height), width: width,
      height: height)
  }

  /// The mirror image, left for right.
  public var flipped: Picture {
    Picture(
      width: width, height: height,
      pixels: kernels.flipped(pixels, width: width, height: height))
  }

  /// The mirror image, top for bottom.
  public var flippedUpsideDown: Picture {
    var out: [UInt8] = []
    out.reserveCapacity(pixels.count)
    for y in (0..<height).reversed() { out += pixels[(3 * y * width)..<(3 * (y + 1) * width)] }
    return Picture(width: width, height: height, pixels: out)
  }

  /// What lies outside a picture.
  public enum Border: Hashable, Sendable {
    /// Black.
    case zero
    /// The picture mirrored at its border pixels, which are not repeated.
    case reflect
  }

  /// The picture with `margin` pixels more on every side, as torchvision's `Pad`.
  ///
  /// - Parameter margin: below width and height where the border reflects.
  public func padded(_ margin: Int, _ border: Border = .zero) -> Picture {
    precondition(margin >= 0, "margin: must not be negative")
    switch border {
    case .zero:
      return cropped(
        left: -margin, top: -margin, width: width + 2 * margin, height: height + 2 * margin)
    case .reflect:
      precondition(margin < width && margin < height, "margin: at most the side less one")
      func mirrored(_ index: Int, _ length: Int) -> Int {
        let positive = abs(index)
        return positive < length ? positive : 2 * (length - 1) - positive
      }
      let wide = width + 2 * margin
      var out = [UInt8](repeating: 0, count: wide * (height + 2 * margin) * 3)
      var target = 0
      for y in -margin..<(height + margin) {
        let row = mirrored(y, height) * width
        for x in -margin..<(width + margin) {
          let source = 3 * (row + mirrored(x, width))
          out[target] = pixels[source]
          out[target + 1] = pixels[source + 1]
          out[target + 2] = pixels[source + 2]
          target += 3
        }
      }
      return Picture(width: wide, height: height + 2 * margin, pixels: out)
    }
  }

  /// A black rectangle drawn over (`left`, `top`) to (`right`, `bottom`), both corners included.
  public func cutout(left: Int, top: Int, right: Int, bottom: Int) -> Picture {
    var out = self
    for y in max(0, top)..<max(0, top, min(height, bottom + 1)) {
      for x in max(0, left)..<max(0, left, min(width, right + 1)) {
        for channel in 0..<3 { out.pixels[3 * (y * width + x) + channel] = 0 }
      }
    }
    return out
  }
}
