import Compute
import Files
import Harness
import Metrics

/// By how much the mean prediction of many views is better than that of the whole picture, with intervals over pictures.
/// Product file `gains.npy.gz`: the gain of each picture at each size, `[sizes, N]`.
struct CompareViews: Recipe {
  static let name = "compare-views"
  static let version = 2

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
    var kept: [Float] = []
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
      // The 90 % interval of two one-sided tests at 5 %.
      let interval = bootstrapInterval(
        ofMean: gains, replicates: replicates, level: 0.9, using: &generator)
      let at = ["n": "\(index + 1)"]
      try context.record("gain", mean(gains), unit: "nats", coordinates: at)
      try context.record("gain_low", interval.low, unit: "nats", coordinates: at)
      try context.record("gain_high", interval.high, unit: "nats", coordinates: at)
      kept.append(contentsOf: gains.map(Float.init))
    }
    try AtomicFile.write(
      Gzip.compress(NPY(kept, shape: [kept.count / reference.count, reference.count]).encoded()),
      to: context.productURL("gains.npy.gz"))
  }
}
