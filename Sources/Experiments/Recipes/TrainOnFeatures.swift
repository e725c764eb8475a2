import Compute
import Files
import Foundation
import Harness
import Networks

/// Trains the dense layers of a convolutional network over convolutions that stay as they were initialised (Atanov et al.
/// 2019, Fig. 3).
struct TrainOnFeatures: Recipe {
  static let name = "train-on-features"
  static let version = 1

  var dataset: String
  var network: String
  /// Where the convolutions come from.
  var method: InitialKernels
  /// The learned prior of each convolution; none for `xavier`.
  var priors: [String: Ref<TrainedKernelPrior>]
  var batch: Int
  var epochs: Int
  /// Adam's rate, linearly to zero.
  var rate: Double

  var datasets: [String] { [dataset] }
  /// One pass of every image through the convolutions, then the epochs of the rest.
  var estimatedSeconds: Double? {
    guard let parts = Architecture.named(network)?.splitAtHead() else { return nil }
    let multiplyAdds =
      Double(parts.body.multiplyAdds) + 3 * Double(parts.head.multiplyAdds) * Double(epochs)
    return 2 * multiplyAdds * Double(TrainingCost.images(dataset))
      / TrainingCost.operationsPerSecond
  }

  func run(_ context: TrialContext) throws {
    let data = try context.digits(dataset, .test, pixels: .unit)
    let architecture = try Architecture.known(network, for: data)
    let (body, head) = architecture.splitAtHead()
    let stream = RandomStream(seed: context.seed, "train-on-features")
    let extraction = Program(batch: 496) { t in
      t.tap("features", body.forward(t.input("x", body.input)) { $0.apply($1, in: t) }.flattened)
      return nil
    }
    let convolutions = ParameterSet(extraction.parameters)
    Initialiser.xavierNormal.fill(convolutions, body, stream: stream.child("convolutions"))
    try method.fill(
      convolutions, layers: body.weighted.map(\.name), priors: priors, context,
      stream: stream.child("kernels"))
    let training = features(extraction, convolutions, data.training)
    let scored = features(extraction, convolutions, data.scored)

    let program = head.trainingProgram(batch: batch)
    let parameters = ParameterSet(program.parameters)
    Initialiser.xavierNormal.fill(parameters, head, stream: stream.child("head"))
    let trainer = EpochTrainer(
      program: program, parameters: parameters, data: training, batch: batch, stream: stream)
    let scorer = Scorer(head, rows: scored)
    let schedule = Schedule.linearToZero(start: rate, hold: 0, end: Double(epochs))
    try context.train(trainer, epochs: epochs) { epoch in
      let loss = try trainer.runEpoch(rate: schedule.value(Double(epoch)))
      scorer.parameters.copyValues(from: parameters)
      let accuracy = 1 - scorer.score().testError / 100
      let at = ["epoch": "\(epoch + 1)"]
      try context.record("training_loss", loss, unit: "nats", coordinates: at)
      try context.record("test_accuracy", accuracy, unit: "fraction", coordinates: at)
      if epoch + 1 == epochs { try context.record("test_accuracy", accuracy, unit: "fraction") }
      return String(format: "accuracy %.4f", accuracy)
    }
  }

  /// What the convolutions make of images.
  private func features(
    _ program: Program, _ set: ParameterSet, _ rows: TrainingRows
  ) -> TrainingRows {
    var all: [Float] = []
    for start in stride(from: 0, to: rows.rows.count, by: program.capacity) {
      let batch = rows.rows[start..<min(start + program.capacity, rows.rows.count)]
      program.bind("x", rows.table, rows: batch)
      program.run(set, mode: .evaluation, examples: batch.count)
      all += program.read("features")
    }
    let count = rows.rows.count
    return TrainingRows(
      table: RowTable(floats: all, features: all.count / count),
      labels: rows.rows.map { rows.labels[Int($0)] }, rows: (0..<Int32(count)).map { $0 })
  }
}
