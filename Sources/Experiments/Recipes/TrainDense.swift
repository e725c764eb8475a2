import Compute
import Files
import Foundation
import Harness
import Methods
import Networks

/// Weights of a plain network, product file `weights.safetensors`.
enum Weights {}

/// Trains a plain classifier with Adam; the row "Original" of Table 1, and the start of other methods.
struct TrainDense: Recipe {
  typealias Product = Weights
  static let name = "train-dense"
  static let version = 1

  var dataset: String
  var split: DigitData.Split
  var network: String
  var initialiser: Initialiser
  var batch: Int
  var epochs: Int
  /// Adam's rate: `rate` until `holdEpochs`, then linearly to zero at `epochs`.
  var rate: Double
  var holdEpochs: Double
  /// L2 penalty added to every gradient.
  var decay: Double
  /// How pixels become numbers; less the mean image where nil.
  var pixels: DigitData.Pixels?
  /// Binary dropout's rate; none where nil.
  var dropoutRate: Double?

  var datasets: [String] { [dataset] }
  var estimatedSeconds: Double? {
    TrainingCost(network: network, dataset: dataset, epochs: epochs).seconds
  }

  func run(_ context: TrialContext) throws {
    let data = try context.digits(dataset, split, pixels: pixels ?? .minusMeanImage)
    let architecture = try Architecture.known(network, for: data)
    let stream = RandomStream(seed: context.seed, "train-dense")
    let program =
      dropoutRate.map { BinaryDropout(architecture, rate: Float($0)).trainingProgram(batch: batch) }
      ?? architecture.trainingProgram(batch: batch)
    let parameters = ParameterSet(program.parameters)
    initialiser.fill(parameters, architecture, stream: stream.child("init"))
    let trainer = EpochTrainer(
      program: program, parameters: parameters, data: data.training, batch: batch, stream: stream)
    let scorer = Scorer(architecture, rows: data.scored)
    let schedule = Schedule.linearToZero(start: rate, hold: holdEpochs, end: Double(epochs))
    var last: Score?
    try context.train(trainer, epochs: epochs) { epoch in
      let loss = try trainer.runEpoch(rate: schedule.value(Double(epoch)), decay: decay)
      scorer.parameters.copyValues(from: parameters)
      let score = scorer.score()
      last = score
      let at = ["epoch": "\(epoch + 1)"]
      try context.record("training_loss", loss, unit: "nats", coordinates: at)
      try context.record("test_error", score.testError, unit: "%", coordinates: at)
      return "error \(String(format: "%.2f", score.testError)) %"
    }
    scorer.parameters.copyValues(from: parameters)
    let score = last ?? scorer.score()
    try context.record("test_error", score.testError, unit: "%")
    try context.record("test_nll", score.negativeLogLikelihood, unit: "nats")
    try context.record("compression", 1, unit: "x")
    try score.write(to: context)
    try parameters.safetensors(metadata: ["network": network, "dataset": dataset])
      .write(to: context.productURL("weights.safetensors"))
  }
}

extension Architecture {
  /// The network of a name, for images of a data set.
  ///
  /// - Throws: `HarnessError.unknownName`; `.wrongType` where it takes other images or tells fewer classes apart.
  static func known(_ name: String, for data: DigitData) throws -> Architecture {
    guard let found = named(name) else {
      throw HarnessError.unknownName(
        kind: "network", name: name, suggestion: nearestName(to: name, in: all.map(\.name)),
        known: all.map(\.name))
    }
    let features = found.input.reduce(1, *)
    guard features == data.training.table.features else {
      throw HarnessError.wrongType(
        setting: "network",
        expected: "one for images of \(data.training.table.features) numbers",
        found: "\(name), which takes \(features)")
    }
    let classes = Int((data.training.labels + data.scored.labels).max() ?? 0) + 1
    guard classes <= found.classes else {
      throw HarnessError.wrongType(
        setting: "network", expected: "one that tells \(classes) classes apart",
        found: "\(name), which tells \(found.classes)")
    }
    return found
  }
}

extension TrialContext {
  /// Runs the remaining epochs of a trainer with checkpoints, progress and an ear for interruption; divergence
  /// becomes the trial's failure. `body` trains one epoch and returns a note for the progress line.
  ///
  /// - Parameters:
  ///   - word: what notes call an epoch that is no pass over the data.
  ///   - hasCheckpoints: false for a short training that keeps more than the trainer's state; interrupted, it starts anew.
  func train(
    _ trainer: EpochTrainer, epochs: Int, called word: String = "epoch",
    hasCheckpoints: Bool = true, _ body: (Int) throws -> String
  ) throws {
    if hasCheckpoints, let saved = try loadCheckpoint() { try trainer.restore(saved.bytes) }
    let clock = ContinuousClock()
    var lastSaved = clock.now
    while trainer.epoch < epochs {
      let epoch = trainer.epoch
      let note: String
      do {
        note = try body(epoch)
      } catch let error as TrainingError {
        throw TrialFailure.diverged(error.description)
      }
      log.info("\(word) \(epoch + 1): \(note)")
      progress(Double(epoch + 1) / Double(epochs), "\(word) \(epoch + 1)/\(epochs), \(note)")
      // A checkpoint costs far less than the epochs it saves.
      let due = clock.now - lastSaved > .seconds(20) && trainer.epoch < epochs
      if hasCheckpoints && (due || isInterrupted) {
        try saveCheckpoint(step: trainer.epoch, trainer.state())
        lastSaved = clock.now
      }
      if isInterrupted && trainer.epoch < epochs { throw TrialFailure.interrupted }
    }
  }
}
