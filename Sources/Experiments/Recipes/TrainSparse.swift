import Compute
import Harness
import Methods
import Networks

/// A pruned network, product file `pruned.safetensors`.
enum PrunedNetwork {}

/// Trains with sparse variational dropout and exports the pruned network.
struct TrainSparse: Recipe {
  typealias Product = PrunedNetwork
  static let name = "train-sparse-vd"
  static let version = 1

  var dataset: String
  var split: DigitData.Split
  var network: String
  /// The dense network to start from; from scratch where nil.
  var start: Ref<Weights>?
  var initialiser: Initialiser
  var initialLogVariance: Double
  var zeroesRemovedMeans: Bool
  var batch: Int
  var epochs: Int
  var rate: Double
  var holdEpochs: Double
  /// Factor on the rate of log σ².
  var logVarianceRate: Double
  /// The divergence counts nothing before this epoch, and fully from `warmUpTo` on.
  var warmUpFrom: Double
  var warmUpTo: Double
  /// How pixels become numbers; less the mean image where nil.
  var pixels: DigitData.Pixels?

  var datasets: [String] { [dataset] }
  var estimatedSeconds: Double? {
    TrainingCost(network: network, dataset: dataset, epochs: epochs, isVariational: true).seconds
  }

  func run(_ context: TrialContext) throws {
    let data = try context.digits(dataset, split, pixels: pixels ?? .minusMeanImage)
    let architecture = try Architecture.known(network, for: data)
    let method = SparseVariationalDropout(architecture, zeroesRemovedMeans: zeroesRemovedMeans)
    let stream = RandomStream(seed: context.seed, "train-sparse-vd")
    let program = method.trainingProgram(batch: batch)
    let parameters = method.start(
      program, initialiser: initialiser, stream: stream.child("init"),
      logVariance: Float(initialLogVariance))
    let scorer = Scorer(architecture, rows: data.scored)
    if let start {
      try context.load(start, into: scorer)
      for entry in scorer.parameters.layout.entries {
        parameters[entry.name] = scorer.parameters[entry.name]
      }
    }
    let trainer = EpochTrainer(
      program: program, parameters: parameters, data: data.training, batch: batch, stream: stream)
    let schedule = Schedule.linearToZero(start: rate, hold: holdEpochs, end: Double(epochs))
    let warmUp = Schedule.warmUp(from: warmUpFrom, to: warmUpTo)
    let count = Double(data.training.rows.count)
    try context.train(trainer, epochs: epochs) { epoch in
      program.bind("klShare", warmUp.value(Double(epoch)) / count)
      let loss = try trainer.runEpoch(
        rate: schedule.value(Double(epoch)),
        rateOf: logVarianceRate == 1
          ? nil : { $0.hasSuffix(".logVariance") ? logVarianceRate : 1 })
      method.pruned(parameters, into: scorer.parameters)
      let summary = PrunedScore(scorer, architecture)
      let at = ["epoch": "\(epoch + 1)"]
      try context.record("training_loss", loss, unit: "nats", coordinates: at)
      try summary.record(in: context, at: at)
      return summary.note
    }
    method.pruned(parameters, into: scorer.parameters)
    try context.finish(scorer, architecture, dataset: dataset)
  }
}
