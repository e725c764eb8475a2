import Compute
import Harness
import Methods

/// Trains a dense network on with dynamic network surgery and exports it.
struct TrainSurgery: Recipe {
  typealias Product = PrunedNetwork
  static let name = "train-surgery"
  static let version = 1

  var training: Retraining
  var momentum: Double
  /// c of every layer: thresholds are mean + c · deviation of the magnitudes.
  var factors: [Double]
  /// The probability of surgery before step i is (1 + gamma i)^-power.
  var gamma: Double
  var power: Double
  /// Masks stay as they are after this epoch.
  var surgeryEpochs: Int

  var datasets: [String] { [training.dataset] }

  func run(_ context: TrialContext) throws {
    try training.run(
      context, stream: Self.name,
      method: {
        DynamicNetworkSurgery($0, factors: factors, gamma: gamma, power: power)
      },
      optimiser: { SGD($0, momentum: momentum) },
      prepare: { method, dense in method.surgeon(thresholds: method.thresholds(dense)) }
    ) { method, run, surgeon, epoch, rate in
      let (trainer, parameters) = (run.trainer, run.parameters)
      let first = epoch * trainer.stepsPerEpoch
      var coins = run.stream.child("surgery").child(epoch).generator
      let isOperated = (first..<first + trainer.stepsPerEpoch).map { step in
        coins.uniform() < method.probability(step: step) && epoch < surgeryEpochs
      }
      return try trainer.runEpoch(
        rate: rate, decay: training.decay,
        beforeStep: { step in
          if isOperated[step - first] { surgeon.operate(on: parameters) }
        })
    }
  }
}
