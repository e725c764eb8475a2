import Compute
import Files
import Foundation
import Harness
import Metrics

/// The magnitude of random sub-policies whose mean prediction has the highest calibrated log-likelihood. Product file `magnitude.json`.
struct ChooseMagnitude: Recipe {
  /// The magnitude.
  enum Product {}
  static let name = "choose-magnitude"
  static let version = 1

  /// Magnitudes, and for each the predictions of one network or of several whose mean counts; all of the same pictures.
  var magnitudes: [Double]
  var predictions: [[Ref<Predictions>]]
  /// Halvings of the pictures for calibration.
  var repeats: Int

  private struct Choice: Codable {
    var magnitude: Double
  }

  func run(_ context: TrialContext) throws {
    precondition(
      magnitudes.count == predictions.count && !magnitudes.isEmpty, "one set of predictions each")
    var best: (magnitude: Double, likelihood: Double)?
    for (magnitude, own) in zip(magnitudes, predictions) {
      try context.throwIfInterrupted()
      let samples = try ViewSamples(own, context)
      var average = EnsembleAverage(entries: samples.labels.count * samples.classes)
      for view in samples.views { average.add(logProbabilities: view) }
      let likelihood = CalibratedLogLikelihood(
        PredictionTable(
          logits: average.logProbabilities, classes: samples.classes, labels: samples.labels),
        splits: CalibrationSplits(
          count: samples.labels.count, repeats: repeats,
          stream: RandomStream(seed: context.seed, "calibration halves"))
      ).value
      try context.record(
        "search_negative_cll", -likelihood, unit: "nats",
        coordinates: ["magnitude": CSV.number(magnitude)])
      if likelihood > best?.likelihood ?? -.infinity { best = (magnitude, likelihood) }
    }
    guard let best else { return }
    try context.record("best_magnitude", best.magnitude)
    try AtomicFile.write(
      [UInt8](CanonicalJSON.encode(Choice(magnitude: best.magnitude))),
      to: context.productURL("magnitude.json"))
  }

  /// What a trial has chosen.
  static func magnitude(_ trial: CommittedTrial) throws -> Double {
    try CanonicalJSON.decode(
      Choice.self, from: Data(Bytes.read(trial.url("magnitude.json")))
    ).magnitude
  }
}
