import Harness
import Methods

/// Prunes a dense network by magnitude, in rounds with retraining between, and exports it.
struct TrainPruned: Recipe {
  typealias Product = PrunedNetwork
  static let name = "train-pruned"
  static let version = 1

  var training: Retraining
  /// Rounds of pruning, at equal distances over the first `pruningEpochs`.
  var rounds: Int
  var pruningEpochs: Int
  /// Threshold of the last round in standard deviations of a layer's weights, layer by layer.
  var factors: [Double]

  var datasets: [String] { [training.dataset] }

  func run(_ context: TrialContext) throws {
    try training.run(
      context, stream: Self.name, method: { MagnitudePruning($0, factors: factors) },
      prepare: { _, _ in }
    ) { method, run, _, epoch, rate in
      // With more rounds than epochs the last one that falls into an epoch counts.
      let round = (0..<rounds).last { $0 * pruningEpochs / rounds == epoch }
      if let round {
        method.prune(run.parameters, share: Double(round + 1) / Double(rounds))
      }
      return try run.trainer.runEpoch(rate: rate, decay: training.decay)
    }
  }
}
