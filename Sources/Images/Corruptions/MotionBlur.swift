import Foundation

/// ImageMagick's motion blur: a one-sided Gaussian along a line. Sums are rounded to 16 bits and then cut off to bytes.
///
/// Weights are exp(−i² / 2σ²) for i = 0 … 2⌈radius⌉, normalised; the pixel at step i is the whole one nearest to the line.
/// Source: ImageMagick 6, effect.c, `MotionBlurImageChannel`; beyond the border the nearest pixel counts.
public struct MotionBlur: Sendable {
  private let weights: [Float]

  /// A blur of a radius and a standard deviation in pixels.
  public init(radius: Double, deviation: Double) {
    precondition(radius > 0 && deviation > 0, "radius, deviation: must be positive")
    let width = 2 * Int(radius.rounded(.up)) + 1
    let raw = (0..<width).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    let sum = raw.reduce(0, +)
    weights = raw.map { Float($0 / sum) }
  }

  /// The whole steps along an angle in degrees.
  private func steps(_ degrees: Double) -> [(dx: Int, dy: Int)] {
    let width = Double(weights.count)
    let (x, y) = (width * sin(degrees * .pi / 180), width * cos(degrees * .pi / 180))
    let length = hypot(x, y)
    return weights.indices.map { index in
      let i = Double(index)
      return (Int((i * y / length - 0.5).rounded(.up)), Int((i * x / length - 0.5).rounded(.up)))
    }
  }

  /// Blurs `[height, width, channels]` in units of bytes; not rounded.
  func apply(
    to values: [Float], width: Int, height: Int, channels: Int, degrees: Double
  ) -> [Float] {
    let steps = steps(degrees)
    let (left, right) = (steps.map(\.dx).min() ?? 0, steps.map(\.dx).max() ?? 0)
    let (top, bottom) = (steps.map(\.dy).min() ?? 0, steps.map(\.dy).max() ?? 0)
    // The picture with its border pixels carried on as far as the line goes.
    let wide = (width + right - left) * channels
    let columns = (left..<(width + right)).map { min(max($0, 0), width - 1) * channels }
    var field = [Float](repeating: 0, count: wide * (height + bottom - top))
    var target = 0
    for y in top..<(height + bottom) {
      let row = min(max(y, 0), height - 1) * width * channels
      for column in columns {
        for channel in 0..<channels { field[target + channel] = values[row + column + channel] }
        target += channels
      }
    }
    let row = width * channels
    var out = [Float](repeating: 0, count: values.count)
    for y in 0..<height {
      for (step, weight) in zip(steps, weights) {
        let start = (y + step.dy - top) * wide + (step.dx - left) * channels
        addRow(&out, at: y * row, field, at: start, count: row, weight: weight)
      }
    }
    return out
  }

  /// The byte of a sum: with 257 steps to a level rounded, without them truncated.
  @inline(__always)
  static func byte(_ sum: Float) -> UInt8 { UInt8(Int32(sum * 257 + 0.5) / 257) }

  /// A picture blurred along an angle.
  public func apply(to picture: Picture, degrees: Double) -> Picture {
    let blurred = apply(
      to: picture.pixels.map { Float($0) }, width: picture.width, height: picture.height,
      channels: 3, degrees: degrees)
    var out = picture
    for index in 0..<blurred.count { out.pixels[index] = MotionBlur.byte(blurred[index]) }
    return out
  }
}
