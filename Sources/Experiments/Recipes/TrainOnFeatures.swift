import Compute
import Files
import Foundation
import Harness
import Methods
import Networks

/// Trains the dense layers of a convolutional network over convolutions that stay as they were initialised (Atanov et al.
/// 2019, Fig. 3).
struct TrainOnFeatures: Recipe {
  static let name = "train-on-features"
  static let version = 1

  /// Where the convolutions come from, with the names of the reference numbers.
  enum Method: String, Codable, Sendable, CaseIterable {
    /// Samples of the deep weight prior.
    case dwp
    /// Kernels of source networks, drawn at random.
    case filters
    case xavier
  }

  var dataset: String
  var network: String
  var method: Method
  /// The learned prior of each convolution; none for `xavier`.
  var priors: [String: Ref<TrainedKernelPrior>]
  var batch: Int
  var epochs: Int
  /// Adam's rate, linearly to zero.
  var rate: Double

  var datasets: [String] { [dataset] }
  /// One pass through the convolutions; the rest costs less.
  var estimatedSeconds: Double? {
    TrainingCost(network: network, dataset: dataset, epochs: 1).seconds
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
    for layer in body.weighted where method != .xavier {
      guard let ref = priors[layer.name] else {
        throw TrialFailure.other("\(layer.name): no prior was learned for this layer")
      }
      convolutions["\(layer.name).weight"] = try kernels(
        of: layer, ref, context, stream: stream.child("kernels").child(layer.name))
    }
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

  /// The weight of a convolution, kernel by kernel.
  private func kernels(
    of layer: WeightedLayer, _ ref: Ref<TrainedKernelPrior>, _ context: TrialContext,
    stream: RandomStream
  ) throws -> [Float] {
    let count = layer.shape[0] * layer.shape[1]
    let length = layer.shape[2] * layer.shape[3]
    if method == .dwp {
      let (vae, set) = try context.kernelPrior(ref)
      guard vae.size * vae.size == length else {
        throw TrialFailure.other("\(layer.name): the prior is of kernels \(vae.size) x \(vae.size)")
      }
      return vae.samples(count, from: set, stream: stream)
    }
    let source = try context.sourceKernels(ref)
    guard source.size * source.size == length else {
      throw TrialFailure.other(
        "\(layer.name): the source kernels are \(source.size) x \(source.size)")
    }
    var generator = stream.generator
    let known = source.numbers.count / length
    return (0..<count).flatMap { _ in
      let kernel = Int(generator.uniform() * Double(known))
      return source.numbers[kernel * length..<(kernel + 1) * length]
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
