import Harness

/// How much of a network a method has removed.
struct Removed {
  /// Weights of each layer, and those left.
  let layers: [(layer: String, weights: Int, left: Int)]

  var weights: Int { layers.reduce(0) { $0 + $1.weights } }
  var left: Int { layers.reduce(0) { $0 + $1.left } }
  /// Share removed of the whole network, in percent.
  var sparsity: Double { 100 * Double(weights - left) / Double(weights) }
  /// Weights over weights left; with everything removed the ratio has no value: one weight is counted.
  var compression: Double { Double(weights) / Double(max(left, 1)) }

  func record(in context: TrialContext, at: [String: String]) throws {
    try context.record("sparsity", sparsity, unit: "%", coordinates: at)
    try context.record("compression", compression, unit: "x", coordinates: at)
    for entry in layers {
      try context.record(
        "layer_sparsity", 100 * Double(entry.weights - entry.left) / Double(entry.weights),
        unit: "%", coordinates: at.merging(["layer": entry.layer]) { a, _ in a })
    }
  }
}
