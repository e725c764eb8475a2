import Foundation

/// A Gaussian filter as SciPy's `gaussian_filter` of order 0: down the columns, then along the rows, in double precision.
///
/// The kernel ends at radius ⌊truncate · σ + ½⌋ and sums to 1. Sums are taken from the outside inwards as SciPy takes
/// them, so that flat areas keep or lose their last bit as they do there.
struct GaussianFilter: Sendable {
  /// What lies beyond the border.
  enum Border: Sendable {
    /// The nearest pixel.
    case nearest
    /// The picture mirrored at its border, border pixels repeated.
    case reflect
  }

  /// Weights from the middle outwards.
  let weights: [Double]
  let border: Border

  init(_ deviation: Double, truncate: Double = 4, border: Border = .nearest) {
    self.border = border
    let radius = deviation > 1e-15 ? Int(truncate * deviation + 0.5) : 0
    let raw = (0...radius).map {
      radius == 0 ? 1 : exp(-0.5 / (deviation * deviation) * Double($0 * $0))
    }
    let sum = raw[0] + 2 * raw.dropFirst().reduce(0, +)
    weights = raw.map { $0 / sum }
  }

  private var radius: Int { weights.count - 1 }

  private func inside(_ index: Int, _ length: Int) -> Int {
    switch border {
    case .nearest: return min(max(index, 0), length - 1)
    case .reflect:
      let period = 2 * length
      let place = ((index % period) + period) % period
      return place < length ? place : period - 1 - place
    }
  }

  /// Filters `[height, width, channels]`.
  func apply(to values: [Double], width: Int, height: Int, channels: Int) -> [Double] {
    if radius == 0 { return values }
    let row = width * channels
    var down = [Double](repeating: 0, count: values.count)
    for y in 0..<height {
      setRow(&down, at: y * row, values, at: y * row, count: row, weight: weights[0])
      for k in (1...radius).reversed() {
        addRows(
          &down, at: y * row, values, inside(y - k, height) * row, inside(y + k, height) * row,
          count: row, weight: weights[k])
      }
    }
    var out = [Double](repeating: 0, count: values.count)
    var line = [Double](repeating: 0, count: (width + 2 * radius) * channels)
    let middle = radius * channels
    let sources = (0..<(width + 2 * radius)).map { inside($0 - radius, width) * channels }
    for y in 0..<height {
      for (x, source) in sources.enumerated() {
        for channel in 0..<channels {
          line[x * channels + channel] = down[y * row + source + channel]
        }
      }
      setRow(&out, at: y * row, line, at: middle, count: row, weight: weights[0])
      for k in (1...radius).reversed() {
        addRows(
          &out, at: y * row, line, middle - k * channels, middle + k * channels, count: row,
          weight: weights[k])
      }
    }
    return out
  }
}
