import Compute
import Foundation
import Harness
import Metrics

/// By how much the mean prediction of many views is better than that of the whole picture, with intervals over pictures.
struct CompareViews: Recipe {
  static let name = "compare-views"
  static let version = 1

  var central: [Ref<Predictions>]
  var views: [Ref<Predictions>]
  /// Numbers of views; those beyond what there is are left out.
  var sizes: [Int]
  /// Halvings of the pictures for calibration.
  var repeats: Int
  /// Resamples of the pictures.
  var replicates: Int

  func run(_ context: TrialContext) throws {
    let (whole, shown) = (
      try EnsembleSamples(central, context), try EnsembleSamples(views, context)
    )
    guard whole.labels == shown.labels, whole.classes == shown.classes else {
      throw HarnessError.malformed(
        file: "labels.npy", line: nil, expected: "predictions of the same pictures",
        found: "those of others")
    }
    let stream = RandomStream(seed: context.seed, "compare-views")
    let splits = CalibrationSplits(
      count: whole.labels.count, repeats: repeats,
      stream: RandomStream(seed: context.seed, "calibration halves"))
    func rows(_ logs: [Double]) -> [Double] {
      CalibratedLogLikelihood(
        PredictionTable(logits: logs, classes: whole.classes, labels: whole.labels),
        splits: splits
      ).rows
    }
    let reference = rows(whole.tables[0].map(Double.init))
    var average = EnsembleAverage(entries: reference.count * whole.classes)
    for (index, table) in shown.tables.enumerated() {
      average.add(logProbabilities: Array(table))
      guard sizes.contains(index + 1) else { continue }
      let gains = zip(rows(average.logProbabilities), reference).map { $0 - $1 }
      var generator = stream.child(index + 1).generator
      let means = (0..<replicates).map { _ in
        (0..<gains.count).reduce(0) { sum, _ in
          sum + gains[Int(generator.uniform() * Double(gains.count))]
        } / Double(gains.count)
      }.sorted()
      let at = ["n": "\(index + 1)"]
      try context.record("gain", mean(gains), unit: "nats", coordinates: at)
      // The 90 % interval of two one-sided tests at 5 %.
      for (name, share) in [("gain_low", 0.05), ("gain_high", 0.95)] {
        let place = Int((share * Double(replicates - 1)).rounded())
        try context.record(name, means[place], unit: "nats", coordinates: at)
      }
    }
  }
}
