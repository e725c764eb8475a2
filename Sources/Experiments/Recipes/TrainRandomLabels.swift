import Compute
import Foundation
import Harness
import Methods
import Networks

/// Trains on some images whose labels are drawn at random, and scores on those and on true test images: is there
/// anything that keeps a network from learning them by heart?
struct TrainRandomLabels: Recipe {
  static let name = "train-random-labels"
  static let version = 1

  /// What keeps it from overfitting, or not.
  enum Method: String, Codable, Sendable, CaseIterable {
    case binaryDropout = "binary_dropout"
    case sparseVD = "sparse_vd"
  }

  var dataset: String
  /// Training images taken, and the seed of the draw of images and labels, which differ from trial seed to trial seed.
  var images: Int
  var labelSeed: UInt64
  var network: String
  var method: Method
  /// Of binary dropout.
  var dropoutRate: Double
  /// Of sparse variational dropout: log σ² at the start, and the epochs between which the divergence comes in.
  var initialLogVariance: Double
  var warmUpFrom: Double
  var warmUpTo: Double
  var batch: Int
  var epochs: Int
  /// Adam's rate, held for half of the epochs, then linearly to zero.
  var rate: Double
  /// Epochs from one score to the next.
  var scoreEvery: Int
  /// How pixels become numbers; less the mean image where nil.
  var pixels: DigitData.Pixels?

  var datasets: [String] { [dataset] }
  var estimatedSeconds: Double? {
    TrainingCost(
      network: network, dataset: dataset, images: images, epochs: epochs,
      isVariational: method == .sparseVD
    ).seconds
  }

  func run(_ context: TrialContext) throws {
    let data = try context.digits(dataset, .test, pixels: pixels ?? .minusMeanImage)
      .withRandomLabels(
        images: images, stream: RandomStream(seed: labelSeed, "random-labels").child(context.seed))
    let architecture = try Architecture.known(network, for: data)
    let stream = RandomStream(seed: context.seed, "train-random-labels")
    let sparse = method == .sparseVD ? SparseVariationalDropout(architecture) : nil
    let program =
      sparse?.trainingProgram(batch: batch)
      ?? BinaryDropout(architecture, rate: Float(dropoutRate)).trainingProgram(batch: batch)
    let parameters: ParameterSet
    if let sparse {
      parameters = sparse.start(
        program, initialiser: .xavierNormal, stream: stream.child("init"),
        logVariance: Float(initialLogVariance))
    } else {
      parameters = ParameterSet(program.parameters)
      Initialiser.xavierNormal.fill(parameters, architecture, stream: stream.child("init"))
    }
    let onTraining = Scorer(architecture, rows: data.training)
    let onTest = Scorer(architecture, rows: data.scored)
    let trainer = EpochTrainer(
      program: program, parameters: parameters, data: data.training, batch: batch, stream: stream)
    let schedule = Schedule.linearToZero(
      start: rate, hold: Double(epochs) / 2, end: Double(epochs))
    let warmUp = Schedule.warmUp(from: warmUpFrom, to: warmUpTo)
    let count = Double(data.training.rows.count)
    try context.train(trainer, epochs: epochs) { epoch in
      if sparse != nil { program.bind("klShare", warmUp.value(Double(epoch)) / count) }
      let loss = try trainer.runEpoch(rate: schedule.value(Double(epoch)))
      guard (epoch + 1) % scoreEvery == 0 || epoch + 1 == epochs else { return "not scored" }
      var removed: Removed?
      if let sparse {
        sparse.pruned(parameters, into: onTraining.parameters)
        removed = Removed(
          layers: architecture.weighted.map { layer in
            (layer.name, layer.weights, sparse.kept(parameters, layer).count { $0 })
          })
      } else {
        onTraining.parameters.copyValues(from: parameters)
      }
      onTest.parameters.copyValues(from: onTraining.parameters)
      let training = 100 - onTraining.score().testError
      let test = 100 - onTest.score().testError
      func record(_ at: [String: String]) throws {
        try context.record("training_loss", loss, unit: "nats", coordinates: at)
        try context.record("train_accuracy", training, unit: "%", coordinates: at)
        try context.record("test_accuracy", test, unit: "%", coordinates: at)
        try removed?.record(in: context, at: at)
      }
      try record(["epoch": "\(epoch + 1)"])
      if epoch + 1 == epochs { try record([:]) }
      return String(format: "accuracy %.1f %%, on test images %.1f %%", training, test)
        + (removed.map { String(format: ", %.2f %% removed", $0.sparsity) } ?? "")
    }
  }
}

extension DigitData {
  /// Some of the training images, chosen at random, each with a class drawn uniformly; what is scored stays as it is.
  func withRandomLabels(images: Int, stream: RandomStream) -> DigitData {
    var generator = stream.child("images").generator
    let chosen = permutation(training.rows.count, using: &generator)
      .prefix(images).map { training.rows[Int($0)] }
    var draw = stream.child("labels").generator
    var labels = training.labels
    for row in chosen { labels[Int(row)] = Int32(draw.uniform() * 10) }
    return DigitData(
      training: TrainingRows(table: training.table, labels: labels, rows: chosen), scored: scored)
  }
}
