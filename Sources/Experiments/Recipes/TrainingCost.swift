import Networks
import Synchronization

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

  static let operationsPerSecond = 1e11

  /// Seconds on one core; nil for a network nobody knows.
  ///
  /// Two operations a multiply-add, one pass forward, two backward.
  var seconds: Double? {
    guard let network = Architecture.named(network) else { return nil }
    let images = images ?? Self.images(dataset)
    let passes = isVariational ? 6.0 : 3
    return 2 * passes * Double(network.multiplyAdds) * Double(images) * Double(epochs)
      / Self.operationsPerSecond
  }

  /// Seconds on one core of a pass of one picture through a network for pictures, forward; nil for a network nobody knows.
  ///
  /// Counted once for each network: a plan may ask thousands of times.
  static func pass(_ network: String, classes: Int = 10) -> Double? {
    let name = "\(network) \(classes)"
    if let known = passes.withLock({ $0[name] }) { return known }
    guard let found = NamedNetwork(network, classes: classes) else { return nil }
    let seconds = 2 * Double(found.network.multiplyAdds) / operationsPerSecond
    passes.withLock { $0[name] = seconds }
    return seconds
  }

  private static let passes = Mutex<[String: Double]>([:])

  /// Training images of a set, by its name.
  static func images(_ dataset: String) -> Int {
    if dataset.hasSuffix("-mini") { return 4000 }
    if dataset == "notmnist" { return 8000 }
    return dataset.hasPrefix("cifar") ? 50_000 : 60_000
  }
}
