import Compute
import Foundation
import Synchronization

/// How new pixels are made of old ones.
public enum Interpolation: String, Hashable, Sendable, CaseIterable {
  /// The pixel whose area holds the point.
  case nearest
  /// The pixels that a new pixel covers, all alike.
  case box
  /// Weights that fall linearly with distance.
  case bilinear
  /// Keys' cubic with a = −1/2.
  case bicubic

  /// Distance up to which `weight` is not zero, in pixels of the coarser grid.
  var support: Double {
    switch self {
    case .nearest: 0
    case .box: 0.5
    case .bilinear: 1
    case .bicubic: 2
    }
  }

  /// Weight of a pixel at a distance.
  func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .nearest: return 0
    case .box: return distance > -0.5 && distance <= 0.5 ? 1 : 0
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      if x < 1 { return ((-0.5 + 2) * x - (-0.5 + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0
    }
  }
}

extension PictureKernels.Axis {
  private struct Key: Hashable {
    var old, new: Int
    var filter: Interpolation
  }

  /// Axes in use: pictures of one size share theirs.
  private static let known = Mutex<[Key: PictureKernels.Axis]>([:])

  /// The axis from `old` pixels to `new` ones, computed once.
  static func between(_ old: Int, _ new: Int, _ filter: Interpolation) -> PictureKernels.Axis {
    let key = Key(old: old, new: new, filter: filter)
    if let axis = known.withLock({ $0[key] }) { return axis }
    let axis = PictureKernels.Axis(from: old, to: new, filter)
    known.withLock { known in
      // Random crops have many sizes; they must not fill the memory.
      if known.count >= 1024 { known = [:] }
      known[key] = axis
    }
    return axis
  }

  /// For each new pixel along one axis, which old pixels it is made of, in fixed point as Pillow computes it.
  ///
  /// Scaled down, the filter is as wide as a new pixel (antialiasing). Weights are whole multiples of 2⁻²².
  /// Source: Pillow, src/libImaging/Resample.c.
  init(from old: Int, to new: Int, _ filter: Interpolation) {
    let scale = Double(old) / Double(new)
    let stretch = max(scale, 1)
    let support = filter.support * stretch
    let width = Int(support.rounded(.up)) * 2 + 1
    var first: [Int32] = []
    var count: [Int32] = []
    var weights = [Int32](repeating: 0, count: new * width)
    var row = [Double](repeating: 0, count: width)
    for pixel in 0..<new {
      let center = (Double(pixel) + 0.5) * scale
      let low = max(0, Int(center - support + 0.5))
      let number = min(old, Int(center + support + 0.5)) - low
      var sum = 0.0
      for index in 0..<number {
        row[index] = filter.weight((Double(index + low) - center + 0.5) * (1 / stretch))
        sum += row[index]
      }
      for index in 0..<number {
        let weight = (sum != 0 ? row[index] / sum : row[index]) * Double(1 << 22)
        weights[pixel * width + index] = Int32(weight < 0 ? weight - 0.5 : weight + 0.5)
      }
      first.append(Int32(low))
      count.append(Int32(number))
    }
    self.init(old: old, first: first, number: count, weights: weights, width: width)
  }
}

extension Picture {
  /// The picture in another size, as Pillow's `resize` with its antialiasing, byte for byte.
  ///
  /// Rows first, then columns, as Pillow 11 does; version 13 takes columns first where that is faster, and
  /// its bytes then differ by rounding.
  ///
  /// - Parameter filter: not `nearest`.
  public func resized(width: Int, height: Int, _ filter: Interpolation) -> Picture {
    precondition(width > 0 && height > 0, "width, height: must be positive")
    precondition(filter != .nearest, "filter: nearest is not resampled")
    var result = pixels
    if width != self.width {
      result = kernels.resampledAcross(
        result, width: self.width, height: self.height, .between(self.width, width, filter))
    }
    if height != self.height {
      result = kernels.resampledDown(
        result, width: width, height: self.height, .between(self.height, height, filter))
    }
    return Picture(width: width, height: height, pixels: result)
  }

  /// The picture with a shorter side of this length, the other in proportion and rounded down, as torchvision's `Resize`.
  public func resized(shorterSide: Int) -> Picture {
    width < height
      ? resized(width: shorterSide, height: shorterSide * height / width, .bilinear)
      : resized(width: shorterSide * width / height, height: shorterSide, .bilinear)
  }
}
