import Foundation

/// The middle of a picture enlarged to the size of the picture: SciPy's `zoom` of order 1 of the middle ⌈n / factor⌉
/// pixels, trimmed. Square pictures only.
struct Zoom: Sendable {
  /// For each new row or column the old one before it, and the share of the one behind that.
  let first: [Int]
  let share: [Float]
  /// Whether the old place lies behind the last pixel by rounding; SciPy puts zero there.
  let isOutside: [Bool]
  /// Whether nothing changes.
  let isIdentity: Bool

  init(side: Int, factor: Double) {
    let kept = Int((Double(side) / factor).rounded(.up))
    let top = (side - kept) / 2
    let enlarged = Int((Double(kept) * factor).rounded(.toNearestOrEven))
    let trim = (enlarged - side) / 2
    let step = enlarged > 1 ? Double(kept - 1) / Double(enlarged - 1) : 0
    var first: [Int] = []
    var share: [Float] = []
    var isOutside: [Bool] = []
    for index in trim..<(trim + side) {
      let place = Double(index) * step
      let before = min(Int(place), kept - 1)
      first.append(top + before)
      share.append(before + 1 < kept ? Float(place - Double(before)) : 0)
      isOutside.append(place > Double(kept - 1))
    }
    self.first = first
    self.share = share
    self.isOutside = isOutside
    isIdentity = kept == side && enlarged == side
  }

  /// NumPy's `arange(1, end, step)`: its rounding lets some ends in.
  static func factors(end: Double, step: Double) -> [Double] {
    let count = Int(((end - 1) / step).rounded(.up))
    return (0..<count).map { 1 + Double($0) * ((1 + step) - 1) }
  }

  /// Enlarges one plane, `[side, side]`.
  func apply(to plane: [Double]) -> [Double] {
    if isIdentity { return plane }
    let side = first.count
    var out = [Double](repeating: 0, count: side * side)
    for y in 0..<side where !isOutside[y] {
      let above = first[y] * side
      let below = share[y] > 0 ? above + side : above
      let v = Double(share[y])
      for x in 0..<side where !isOutside[x] {
        let left = first[x]
        let right = share[x] > 0 ? left + 1 : left
        let u = Double(share[x])
        let upper = plane[above + left] + u * (plane[above + right] - plane[above + left])
        let lower = plane[below + left] + u * (plane[below + right] - plane[below + left])
        out[y * side + x] = upper + v * (lower - upper)
      }
    }
    return out
  }
}

/// Blur by zooming in while the picture is taken: the mean of the picture and its enlargements, in single precision.
struct ZoomBlur: Sendable {
  private let zooms: [Zoom]

  init(side: Int, end: Double, step: Double) {
    zooms = Zoom.factors(end: end, step: step).map { Zoom(side: side, factor: $0) }
  }

  func apply(to picture: Picture) -> [UInt8] {
    let side = picture.width
    let table = (0..<256).map { Float(Double($0) / 255) }
    var colors = [SIMD4<Float>](repeating: .zero, count: side * side)
    for index in 0..<colors.count {
      colors[index] = SIMD4(
        table[Int(picture.pixels[3 * index])], table[Int(picture.pixels[3 * index + 1])],
        table[Int(picture.pixels[3 * index + 2])], 0)
    }
    var sums = [SIMD4<Float>](repeating: .zero, count: side * side)
    var mixed = [SIMD4<Float>](repeating: .zero, count: side)
    for zoom in zooms {
      if zoom.isIdentity {
        for index in 0..<sums.count { sums[index] += colors[index] }
        continue
      }
      for y in 0..<side where !zoom.isOutside[y] {
        let above = zoom.first[y] * side
        let below = zoom.share[y] > 0 ? above + side : above
        let v = zoom.share[y]
        for x in 0..<side {
          mixed[x] = colors[above + x] + v * (colors[below + x] - colors[above + x])
        }
        for x in 0..<side where !zoom.isOutside[x] {
          let left = zoom.first[x]
          let right = min(left + 1, side - 1)
          sums[y * side + x] += mixed[left] + zoom.share[x] * (mixed[right] - mixed[left])
        }
      }
    }
    var out = [UInt8](repeating: 0, count: picture.pixels.count)
    let divisor = Float(zooms.count + 1)
    for index in 0..<colors.count {
      let mean = (colors[index] + sums[index]) / divisor
      let clipped = mean.clamped(lowerBound: .zero, upperBound: SIMD4(repeating: 1)) * 255
      out[3 * index] = UInt8(clipped[0])
      out[3 * index + 1] = UInt8(clipped[1])
      out[3 * index + 2] = UInt8(clipped[2])
    }
    return out
  }
}
