import Compute
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

  private func kernel(_ width: Int, _ height: Int, _ channels: Int) -> PictureKernels.Symmetric {
    PictureKernels.Symmetric(
      width: width, height: height, channels: channels, weights: weights,
      rows: (-radius..<(height + radius)).map { Int32(inside($0, height)) },
      columns: (-radius..<(width + radius)).map { Int32(inside($0, width)) })
  }

  /// Filters `[height, width, channels]`.
  func apply(to values: [Double], width: Int, height: Int, channels: Int) -> [Double] {
    radius == 0 ? values : kernels.filtered(values, kernel(width, height, channels))
  }

  /// A filtered picture, cut off to bytes.
  func apply(to pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    if radius == 0 { return kernels.bytes(ofShares: kernels.shares(pixels)) }
    return kernels.filteredBytes(kernels.shares(pixels), kernel(width, height, 3))
  }
}
