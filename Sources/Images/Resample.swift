import Foundation

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

/// For each new pixel along one axis, which old pixels it is made of, in fixed point as Pillow computes it.
///
/// Scaled down, the filter is as wide as a new pixel (antialiasing). Weights are whole multiples of 2⁻²².
/// Source: Pillow, src/libImaging/Resample.c.
struct ResampleAxis {
  static let precision = 22

  /// First old pixel of each new one.
  let first: [Int]
  /// How many old pixels each new one has.
  let count: [Int]
  /// Weights, `[new, width]`, zeros behind `count`.
  let weights: [Int32]
  /// Weights kept for each new pixel.
  let width: Int

  /// The axis from `old` pixels to `new` ones.
  init(from old: Int, to new: Int, _ filter: Interpolation) {
    let scale = Double(old) / Double(new)
    let stretch = max(scale, 1)
    let support = filter.support * stretch
    width = Int(support.rounded(.up)) * 2 + 1
    var first: [Int] = []
    var count: [Int] = []
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
        let weight = (sum != 0 ? row[index] / sum : row[index]) * Double(1 << Self.precision)
        weights[pixel * width + index] = Int32(weight < 0 ? weight - 0.5 : weight + 0.5)
      }
      first.append(low)
      count.append(number)
    }
    self.first = first
    self.count = count
    self.weights = weights
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
    if width == self.width && height == self.height { return self }
    var result = self
    if width != self.width {
      result = result.resampledAcross(ResampleAxis(from: self.width, to: width, filter))
    }
    if height != self.height {
      result = result.resampledDown(ResampleAxis(from: self.height, to: height, filter))
    }
    return result
  }

  /// The picture with a shorter side of this length, the other in proportion and rounded down, as torchvision's `Resize`.
  public func resized(shorterSide: Int) -> Picture {
    width < height
      ? resized(width: shorterSide, height: shorterSide * height / width, .bilinear)
      : resized(width: shorterSide * width / height, height: shorterSide, .bilinear)
  }

  /// Every row resampled.
  private func resampledAcross(_ axis: ResampleAxis) -> Picture {
    let new = axis.first.count
    precondition(zip(axis.first, axis.count).allSatisfy { $0 >= 0 && $0 + $1 <= width })
    var out = [UInt8](repeating: 0, count: new * height * 3)
    // `first` and `count` stay within a row: no index leaves `pixels`, `out` or the weights.
    let from = pixels.span
    let weights = axis.weights.span
    var to = out.mutableSpan
    let half: Int32 = 1 << Int32(ResampleAxis.precision - 1)
    for x in 0..<new {
      let (first, count) = (axis.first[x], axis.count[x])
      let start = x * axis.width
      for y in 0..<height {
        var source = 3 * (y * width + first)
        var (red, green, blue) = (half, half, half)
        for index in 0..<count {
          let weight = weights[unchecked: start + index]
          red &+= Int32(from[unchecked: source]) &* weight
          green &+= Int32(from[unchecked: source + 1]) &* weight
          blue &+= Int32(from[unchecked: source + 2]) &* weight
          source += 3
        }
        let target = 3 * (y * new + x)
        to[unchecked: target] = byte(red)
        to[unchecked: target + 1] = byte(green)
        to[unchecked: target + 2] = byte(blue)
      }
    }
    return Picture(width: new, height: height, pixels: out)
  }

  /// Every column resampled.
  private func resampledDown(_ axis: ResampleAxis) -> Picture {
    let new = axis.first.count
    let row = 3 * width
    precondition(zip(axis.first, axis.count).allSatisfy { $0 >= 0 && $0 + $1 <= height })
    var out = [UInt8](repeating: 0, count: new * row)
    var sums = [Int32](repeating: 0, count: row)
    // `first` and `count` stay within the rows: no index leaves `pixels`, `out` or `sums`.
    let from = pixels.span
    var to = out.mutableSpan
    var sum = sums.mutableSpan
    for y in 0..<new {
      for x in 0..<row { sum[unchecked: x] = 1 << Int32(ResampleAxis.precision - 1) }
      for index in 0..<axis.count[y] {
        let weight = axis.weights[y * axis.width + index]
        let source = (axis.first[y] + index) * row
        for x in 0..<row {
          sum[unchecked: x] &+= Int32(from[unchecked: source + x]) &* weight
        }
      }
      for x in 0..<row { to[unchecked: y * row + x] = byte(sum[unchecked: x]) }
    }
    return Picture(width: width, height: new, pixels: out)
  }
}

/// Fixed point to a byte, clamped.
@inline(__always)
private func byte(_ sum: Int32) -> UInt8 {
  UInt8(truncatingIfNeeded: min(max(sum >> Int32(ResampleAxis.precision), 0), 255))
}
