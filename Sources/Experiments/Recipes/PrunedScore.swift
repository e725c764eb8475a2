import Files
import Foundation
import Harness
import Networks

/// What there is to say of a network with weights removed: its predictions and how many weights it has left.
struct PrunedScore {
  let score: Score
  let sparsity: [(layer: String, percent: Double)]
  let compression: Double

  /// Scores the scorer's parameters; a weight that is zero counts as removed.
  init(_ scorer: Scorer, _ architecture: Architecture) {
    var kept = 0
    var total = 0
    var sparsity: [(String, Double)] = []
    for layer in architecture.weighted {
      let left = scorer.parameters["\(layer.name).weight"].reduce(0) { $0 + ($1 == 0 ? 0 : 1) }
      kept += left
      total += layer.weights
      sparsity.append((layer.name, 100 * Double(layer.weights - left) / Double(layer.weights)))
    }
    self.sparsity = sparsity
    // With everything removed the ratio has no value; count one weight.
    compression = Double(total) / Double(max(kept, 1))
    score = scorer.score()
  }

  /// Records error, compression and sparsity per layer at some coordinates.
  func record(in context: TrialContext, at: [String: String]) throws {
    try context.record("test_error", score.testError, unit: "%", coordinates: at)
    try context.record("compression", compression, unit: "x", coordinates: at)
    for (layer, percent) in sparsity {
      try context.record(
        "layer_sparsity", percent, unit: "%",
        coordinates: at.merging(["layer": layer]) { a, _ in a })
    }
  }

  var note: String { String(format: "error %.2f %%, %.1fx", score.testError, compression) }
}

extension TrialContext {
  /// Takes the weights of a trained plain network.
  func load(_ start: Ref<Weights>, into scorer: Scorer) throws {
    let file = try input(start).url("weights.safetensors")
    try scorer.parameters.load(SafetensorsFile.read(file), path: "weights.safetensors")
  }

  /// Records the pruned network that the scorer holds as the trial's result, and exports it.
  func finish(
    _ scorer: Scorer, _ architecture: Architecture, dataset: String
  ) throws {
    let summary = PrunedScore(scorer, architecture)
    try summary.record(in: self, at: [:])
    try record("test_nll", summary.score.negativeLogLikelihood, unit: "nats")
    try summary.score.write(to: self)
    try SparseNetwork(scorer.parameters, architecture)
      .file(metadata: ["network": architecture.name, "dataset": dataset])
      .write(to: productURL("pruned.safetensors"))
  }
}
