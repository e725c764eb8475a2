import Compute
import Files
import Foundation
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

  var datasets: [String] { [dataset] }

  func run(_ context: TrialContext) throws {
    let architecture = try Architecture.known(network)
    let data = try context.digits(dataset, split)
    let method = SparseVariationalDropout(architecture, zeroesRemovedMeans: zeroesRemovedMeans)
    let stream = RandomStream(seed: context.seed, "train-sparse-vd")
    let program = method.trainingProgram(batch: batch)
    let parameters = method.start(
      program, initialiser: initialiser, stream: stream.child("init"),
      logVariance: Float(initialLogVariance))
    let scorer = Scorer(architecture, rows: data.scored)
    if let start {
      let file = try context.input(start).url("weights.safetensors")
      try scorer.parameters.load(SafetensorsFile.read(file), path: "weights.safetensors")
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
      let summary = summarise(method, parameters, scorer)
      let at = ["epoch": "\(epoch + 1)"]
      try context.record("training_loss", loss, unit: "nats", coordinates: at)
      try summary.record(in: context, at: at)
      return summary.note
    }
    let summary = summarise(method, parameters, scorer)
    try summary.record(in: context, at: [:])
    try context.record("test_nll", summary.score.negativeLogLikelihood, unit: "nats")
    try summary.score.write(to: context)
    let sparse = SparseNetwork(scorer.parameters, architecture)
    try sparse.file(metadata: ["network": network, "dataset": dataset])
      .write(to: context.productURL("pruned.safetensors"))
  }

  private struct Summary {
    let score: Score
    let sparsity: [(layer: String, percent: Double)]
    let compression: Double

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

  /// Prunes into the scorer's network and scores it.
  private func summarise(
    _ method: SparseVariationalDropout, _ parameters: ParameterSet, _ scorer: Scorer
  ) -> Summary {
    method.pruned(parameters, into: scorer.parameters)
    var kept = 0
    var total = 0
    var sparsity: [(String, Double)] = []
    for layer in method.architecture.weighted {
      let left = method.kept(parameters, layer).filter { $0 }.count
      kept += left
      total += layer.weights
      sparsity.append((layer.name, 100 * Double(layer.weights - left) / Double(layer.weights)))
    }
    // With everything removed the ratio has no value; count one weight.
    return Summary(
      score: scorer.score(), sparsity: sparsity, compression: Double(total) / Double(max(kept, 1)))
  }
}
