import Compute
import Foundation

/// Training's random crop and flip: zeros around, a random window of the old size, a mirror image every other time.
public struct CropAndFlip: Hashable, Sendable {
  /// Pixels of zeros on every side.
  public var margin: Int

  /// CIFAR's: a margin of 4.
  public init(margin: Int = 4) {
    precondition(margin >= 0, "margin: must not be negative")
    self.margin = margin
  }

  /// One random view.
  public func apply(
    to picture: Picture, using generator: inout some RandomNumberGenerator
  ) -> Picture {
    let left = Int(whole(below: 2 * margin + 1, &generator)) - margin
    let top = Int(whole(below: 2 * margin + 1, &generator)) - margin
    let view = picture.cropped(left: left, top: top, width: picture.width, height: picture.height)
    return generator.next() >> 63 == 0 ? view : view.flipped
  }
}

/// A random part of random shape, resized: torchvision's `RandomResizedCrop` (Szegedy et al. 2015).
public struct RandomResizedCrop: Hashable, Sendable {
  /// A part of a picture.
  public struct Box: Hashable, Sendable {
    /// Pixels left of it and above it.
    public var left, top: Int
    /// Its size.
    public var width, height: Int

    /// A part of this place and size.
    public init(left: Int, top: Int, width: Int, height: Int) {
      precondition(width > 0 && height > 0, "width, height: must be positive")
      (self.left, self.top, self.width, self.height) = (left, top, width, height)
    }
  }

  /// Side of the result.
  public var size: Int
  /// Smallest and largest share of the area.
  public var areaShare: ClosedRange<Double>
  /// Smallest and largest width / height.
  public var aspect: ClosedRange<Double>
  /// How it is resized.
  public var filter: Interpolation

  /// A random part of these shapes.
  public init(
    size: Int, areaShare: ClosedRange<Double> = 0.08...1,
    aspect: ClosedRange<Double> = (3.0 / 4)...(4.0 / 3), filter: Interpolation = .bilinear
  ) {
    precondition(size > 0 && areaShare.lowerBound > 0 && aspect.lowerBound > 0, "must be positive")
    self.size = size
    self.areaShare = areaShare
    self.aspect = aspect
    self.filter = filter
  }

  /// A random part: ten tries of area and shape, then the largest middle part of an allowed shape.
  public func box(
    width: Int, height: Int, using generator: inout some RandomNumberGenerator
  ) -> Box {
    let area = Double(width * height)
    for _ in 0..<10 {
      let target = area * uniform(areaShare.lowerBound, areaShare.upperBound, &generator)
      let ratio = exp(uniform(log(aspect.lowerBound), log(aspect.upperBound), &generator))
      let w = Int((target * ratio).squareRoot().rounded(.toNearestOrEven))
      let h = Int((target / ratio).squareRoot().rounded(.toNearestOrEven))
      if w > 0, w <= width, h > 0, h <= height {
        let top = whole(below: height - h + 1, &generator)
        let left = whole(below: width - w + 1, &generator)
        return Box(left: left, top: top, width: w, height: h)
      }
    }
    var (w, h) = (width, height)
    let shape = Double(width) / Double(height)
    if shape < aspect.lowerBound {
      h = Int((Double(w) / aspect.lowerBound).rounded(.toNearestOrEven))
    } else if shape > aspect.upperBound {
      w = Int((Double(h) * aspect.upperBound).rounded(.toNearestOrEven))
    }
    return Box(left: (width - w) / 2, top: (height - h) / 2, width: w, height: h)
  }

  /// One random view.
  public func apply(
    to picture: Picture, using generator: inout some RandomNumberGenerator
  ) -> Picture {
    let box = box(width: picture.width, height: picture.height, using: &generator)
    return picture.cropped(left: box.left, top: box.top, width: box.width, height: box.height)
      .resized(width: size, height: size, filter)
  }
}

/// A whole number in `0 ..< bound`, all alike up to 2⁻⁶⁴.
func whole(below bound: Int, _ generator: inout some RandomNumberGenerator) -> Int {
  Int(generator.next().multipliedFullWidth(by: UInt64(bound)).high)
}

/// Uniform in [low, high), 53 bits.
func uniform(
  _ low: Double, _ high: Double, _ generator: inout some RandomNumberGenerator
) -> Double {
  low + (high - low) * (Double(generator.next() >> 11) * 0x1p-53)
}
