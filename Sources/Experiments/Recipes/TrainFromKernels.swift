import Compute
import Foundation
import Harness
import Networks

/// Trains all weights of a convolutional network whose convolutions start from given kernels, and scores it every few
/// steps: how fast does it learn (Atanov et al. 2019, Fig. 4)?
struct TrainFromKernels: Recipe {
  static let name = "train-from-kernels"
  static let version = 1

  var dataset: String
  var network: String
  var method: InitialKernels
  /// The learned prior of each convolution; none for `xavier`.
  var priors: [String: Ref<TrainedKernelPrior>]
  var batch: Int
  /// Adam's rate, the same throughout.
  var rate: Double
  /// Steps after which it is scored, rising; the last one ends the training.
  var scores: [Int]
  /// Test images it is scored on, the same for every trial; all where the data set has no more.
  var scored: Int

  var datasets: [String] { [dataset] }
  var estimatedSeconds: Double? {
    guard let network = Architecture.named(network) else { return nil }
    let training = 6 * batch * (scores.last ?? 0)
    return Double(network.multiplyAdds) * Double(training + 2 * scored * scores.count)
      / TrainingCost.operationsPerSecond
  }

  func run(_ context: TrialContext) throws {
    let data = try context.digits(dataset, .test, pixels: .unit)
    let architecture = try Architecture.known(network, for: data)
    let stream = RandomStream(seed: context.seed, "train-from-kernels")
    let program = architecture.trainingProgram(batch: batch)
    let parameters = ParameterSet(program.parameters)
    Initialiser.xavierNormal.fill(parameters, architecture, stream: stream.child("init"))
    try method.fill(
      parameters, layers: architecture.weighted.filter { $0.shape.count == 4 }.map(\.name),
      priors: priors, context, stream: stream.child("kernels"))
    let stretch = Self.stretch(between: scores)
    let trainer = EpochTrainer(
      program: program, parameters: parameters, data: data.training, batch: batch,
      stepsPerEpoch: stretch, stream: stream)
    let scorer = Scorer(architecture, rows: data.scored.some(scored))
    try context.train(trainer, epochs: (scores.last ?? 0) / stretch, called: "stretch") { epoch in
      let loss = try trainer.runEpoch(rate: rate)
      let step = (epoch + 1) * stretch
      guard scores.contains(step) else { return String(format: "loss %.3f", loss) }
      scorer.parameters.copyValues(from: parameters)
      let accuracy = 1 - scorer.score().testError / 100
      let at = ["step": "\(step)"]
      try context.record("training_loss", loss, unit: "nats", coordinates: at)
      try context.record("test_accuracy", accuracy, unit: "fraction", coordinates: at)
      return String(format: "loss %.3f, accuracy %.4f", loss, accuracy)
    }
  }

  /// The longest stretch of steps that ends at each of some.
  static func stretch(between steps: [Int]) -> Int {
    func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
    return max(1, steps.reduce(0, divisor))
  }
}

extension TrainingRows {
  /// At most so many of the records, drawn at random, but the same whenever it is asked.
  func some(_ count: Int) -> TrainingRows {
    guard count < rows.count else { return self }
    var generator = RandomStream(seed: 0, "scored records").generator
    let chosen = permutation(rows.count, using: &generator).prefix(count).map { rows[Int($0)] }
    return TrainingRows(table: table, labels: labels, rows: chosen.sorted())
  }
}
