import Compute
import Foundation
import Harness
import Methods
import Networks

/// Trains with variational dropout in one of its two parametrisations, by the recipe of the authors' minimal notebook.
///
/// The notebook's objective is N times ours, which Adam notices through its epsilon alone: here that is 1e-8 / N.
struct TrainVariationalDropout: Recipe {
  static let name = "train-variational-dropout"
  static let version = 1

  var dataset: String
  var split: DigitData.Split
  var pixels: DigitData.Pixels
  var network: String
  var parametrisation: VariationalDropout.Parametrisation
  var ratio: VariationalDropout.Ratio
  var initialiser: Initialiser
  var initialLogVariance: Double
  var batch: Int
  var epochs: Int
  /// Adam's rate: `rate`, times `rateFactor` after each of the epochs `rateCuts`.
  var rate: Double
  var rateCuts: [Int]
  var rateFactor: Double
  /// Factor on the rate of log σ² or log α; 2 is Adam on log σ.
  var noiseRate: Double
  /// The divergence counts `min(1, klStart + klStep e)` in epoch e, counted from 1.
  var klStart: Double
  var klStep: Double
  /// Epochs after which the variance of the gradient of θ is measured in both parametrisations, and steps it is
  /// taken over.
  var gradientEpochs: [Int]
  var gradientDraws: Int

  var datasets: [String] { [dataset] }

  func run(_ context: TrialContext) throws {
    let data = try context.digits(dataset, split, pixels: pixels)
    let architecture = try Architecture.known(network, for: data)
    let method = VariationalDropout(architecture, parametrisation, ratio: ratio)
    let stream = RandomStream(seed: context.seed, "train-variational-dropout")
    let program = method.trainingProgram(batch: batch)
    let parameters = method.start(
      program, initialiser: initialiser, stream: stream.child("init"),
      logVariance: initialLogVariance)
    let scorer = Scorer(architecture, rows: data.scored)
    let count = Double(data.training.rows.count)
    let trainer = EpochTrainer(
      program: program, parameters: parameters, data: data.training, batch: batch, stream: stream,
      optimiser: Adam(program.parameters, epsilon: 1e-8 / count))
    // The notebook leaves out the constant that makes the divergence vanish as α grows.
    let constant = Double(VariationalDropout.k1) * Double(architecture.weightCount)
    func printed(_ crossEntropy: Double, _ share: Double, _ divergence: Double) -> Double {
      (count * crossEntropy + share * (divergence - constant)) / Double(batch)
    }
    try context.train(trainer, epochs: epochs) { epoch in
      let share = min(1, klStart + klStep * Double(epoch + 1))
      program.bind("klShare", share / count)
      var right = 0
      let loss = try trainer.runEpoch(
        rate: rate * pow(rateFactor, Double(rateCuts.count { $0 <= epoch })),
        rateOf: noiseRate == 1
          ? nil : { $0.hasSuffix(parametrisation.noiseParameter) ? noiseRate : 1 },
        observe: { rows in
          right += Self.right(
            program.read("logits"), rows.map { data.training.labels[Int($0)] },
            classes: architecture.classes)
        })
      // The divergence of where the epoch ended; the batch that is bound does not matter to it.
      program.run(parameters, mode: .evaluation, examples: 1)
      let divergence = program.number("divergence")
      let left = method.prune(parameters, into: scorer.parameters)
      let removed = Removed(
        layers: zip(architecture.weighted, left).map { ($0.name, $0.weights, $1.left) })
      let score = scorer.score()

      func record(_ at: [String: String]) throws {
        try context.record("training_loss", loss, unit: "nats", coordinates: at)
        try context.record(
          "train_loss_per_object", (count * loss - share * constant) / Double(batch), unit: "nats",
          coordinates: at)
        try context.record(
          "train_accuracy", 100 * Double(right) / count, unit: "%", coordinates: at)
        try context.record(
          "test_loss_per_object", printed(score.negativeLogLikelihood, share, divergence),
          unit: "nats", coordinates: at)
        try context.record("test_accuracy", 100 - score.testError, unit: "%", coordinates: at)
        try removed.record(in: context, at: at)
      }
      try record(["epoch": "\(epoch + 1)"])
      if epoch + 1 == epochs { try record([:]) }
      if gradientEpochs.contains(epoch + 1) {
        try GradientVariance(
          method: method, data: data.training, batch: batch, draws: gradientDraws,
          stream: stream.child("gradient").child(epoch)
        ).record(parameters, in: context, epoch: epoch + 1)
      }
      return String(
        format: "accuracy %.2f %%, %.1fx", 100 - score.testError, removed.compression)
    }
  }

  /// How many rows of logits have their largest at the label; the first of equal ones counts.
  static func right(_ logits: [Float], _ labels: [Int32], classes: Int) -> Int {
    labels.enumerated().count { n, label in
      let row = logits[n * classes..<(n + 1) * classes]
      return row.firstIndex(of: row.max()!)! - row.startIndex == Int(label)
    }
  }
}
