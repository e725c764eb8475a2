import Compute
import Foundation

/// Gray bytes, `[height, width]`, with the operations of OpenCV that drops of water are made with.
public struct GrayField: Hashable, Sendable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  /// Row by row from the top.
  public var values: [UInt8]

  /// Bytes, or black.
  public init(width: Int, height: Int, values: [UInt8]? = nil) {
    self.width = width
    self.height = height
    self.values = values ?? [UInt8](repeating: 0, count: width * height)
    precondition(self.values.count == width * height, "values: count does not match")
  }

  private func with(_ values: [UInt8]) -> GrayField {
    GrayField(width: width, height: height, values: values)
  }

  /// The bright side of the edges: distance from them, at most 20, blurred, equalized, embossed, blurred.
  public var edgeRelief: [Float] {
    let far = edges(low: 50, high: 150).distances.map { min($0, 20) }
    let near = kernels.blurred(far, width: width, height: height)
    return with(near.map { UInt8(truncatingIfNeeded: Int32($0)) }).equalized.embossed.boxBlurred
      .values.map { Float($0) }
  }

  /// The mean of 3 × 3 bytes, rounded; mirrored at the border bytes, as all of these.
  public var boxBlurred: GrayField { with(kernels.blurred(values, width: width, height: height)) }

  /// Levels spread so that all are about equally frequent, as OpenCV's `equalizeHist`.
  public var equalized: GrayField {
    var counts = [Int](repeating: 0, count: 256)
    for value in values { counts[Int(value)] += 1 }
    guard let first = counts.firstIndex(where: { $0 > 0 }), counts[first] < values.count else {
      return self
    }
    let scale = Float(255) / Float(values.count - counts[first])
    var table = [UInt8](repeating: 0, count: 256)
    var sum = 0
    for level in (first + 1)..<256 {
      sum += counts[level]
      table[level] = UInt8(min(255, (Float(sum) * scale).rounded(.toNearestOrEven)))
    }
    return with(values.map { table[Int($0)] })
  }

  /// Correlated with ((−2, −1, 0), (−1, 1, 1), (0, 1, 2)), clamped to bytes.
  public var embossed: GrayField { with(kernels.embossed(values, width: width, height: height)) }

  /// Distance of every pixel from the nearest marked (255) one, by steps of 1, 1.4 and 2.1969 (Borgefors 1986) in
  /// fixed point of 16 bits, as OpenCV's `distanceTransform` with a mask of 5.
  public var distances: [Float] { kernels.distances(values, width: width, height: height) }

  /// Canny's edges (1986) as OpenCV has them: Sobel gradients, their 1-norm, the strongest across an edge, two thresholds.
  /// Edges are 255.
  public func edges(low: Int, high: Int) -> GrayField {
    with(kernels.edges(values, width: width, height: height, low: low, high: high))
  }
}
