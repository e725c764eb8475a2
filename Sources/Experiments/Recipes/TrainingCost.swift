import Networks

/// What a training should cost, before anything like it was run: counted multiply-adds at the speed that one core with
/// AVX-512 reached (`docs/performance.md`).
struct TrainingCost {
  var network: String
  var dataset: String
  /// Training images; all of the data set's where nil.
  var images: Int?
  var epochs: Int
  /// Whether weights have variances: every layer is then passed twice.
  var isVariational = false

  private static let operationsPerSecond = 1e11

  /// Seconds on one core; nil for a network nobody knows.
  ///
  /// Two operations a multiply-add, one pass forward, two backward.
  var seconds: Double? {
    guard let network = Architecture.named(network) else { return nil }
    let images =
      images ?? (dataset.hasSuffix("-mini") ? 4000 : dataset.hasPrefix("cifar") ? 50_000 : 60_000)
    let passes = isVariational ? 6.0 : 3
    return 2 * passes * Double(network.multiplyAdds) * Double(images) * Double(epochs)
      / Self.operationsPerSecond
  }
}
