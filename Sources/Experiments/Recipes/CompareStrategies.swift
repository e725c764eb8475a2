import Compute
import Files
import Harness
import Metrics

/// By how much the calibrated log-likelihood of one strategy lies above another's, and how much sharper its predictions should be, with
/// intervals over pictures. Product file `gains.npy.gz`: the gain of each picture at each size, then its sharpness, `[2 sizes, N]`.
struct CompareStrategies: Recipe {
  static let name = "compare-strategies"
  static let version = 1

  /// Whose likelihood is to be higher, and the one it is compared with: at the same number of views, or with its only one.
  var first: [Ref<Predictions>]
  var second: [Ref<Predictions>]
  /// Numbers of views; those beyond what there is are left out.
  var sizes: [Int]
  /// Halvings of the pictures for calibration.
  var repeats: Int
  /// Resamples of the pictures.
  var replicates: Int

  func run(_ context: TrialContext) throws {
    let (own, other) = (try ViewSamples(first, context), try ViewSamples(second, context))
    guard own.labels == other.labels, own.classes == other.classes else {
      throw HarnessError.malformed(
        file: "labels.npy", line: nil, expected: "predictions of the same pictures",
        found: "those of others")
    }
    let splits = CalibrationSplits(
      count: own.labels.count, repeats: repeats,
      stream: RandomStream(seed: context.seed, "calibration halves"))
    func tables(_ samples: ViewSamples) -> [Int: PredictionTable] {
      var average = EnsembleAverage(entries: samples.labels.count * samples.classes)
      var found: [Int: PredictionTable] = [:]
      for (index, view) in samples.views.enumerated() {
        average.add(logProbabilities: view)
        guard sizes.contains(index + 1) || samples.views.count == 1 else { continue }
        found[index + 1] = PredictionTable(
          logits: average.logProbabilities, classes: samples.classes, labels: samples.labels)
      }
      return found
    }
    let (mine, theirs) = (tables(own), tables(other))
    let stream = RandomStream(seed: context.seed, "compare-strategies")
    var kept: [[Float]] = [[], []]
    for size in mine.keys.sorted() {
      guard let table = mine[size],
        let rival = theirs[size] ?? (theirs.count == 1 ? theirs.values.first : nil)
      else { continue }
      try context.throwIfInterrupted()
      let gains = zip(
        CalibratedLogLikelihood(table, splits: splits).rows,
        CalibratedLogLikelihood(rival, splits: splits).rows
      ).map { $0 - $1 }
      let at = ["n": "\(size)"]
      var generator = stream.child(size).generator
      try context.record(
        gain: gains, "likelihood_gain", unit: "nats", coordinates: at, replicates: replicates,
        using: &generator)
      // Above zero in the mean: the temperature that fits best lies below one.
      let sharpness = table.rowSharpness
      try context.record(
        gain: sharpness, "sharpness", unit: "nats", coordinates: at, replicates: replicates,
        using: &generator)
      kept[0] += gains.map { Float($0) }
      kept[1] += sharpness.map { Float($0) }
    }
    let count = own.labels.count
    let rows = kept.flatMap(\.self)
    guard !rows.isEmpty else { throw TrialFailure.data("sizes: none of them was predicted") }
    try AtomicFile.write(
      Gzip.compress(NPY(rows, shape: [rows.count / count, count]).encoded()),
      to: context.productURL("gains.npy.gz"))
  }
}

extension TrialContext {
  /// Records a mean over pictures with its 90 % interval, that of two one-sided tests at 5 %: `metric`, `metric_low`, `metric_high`.
  func record(
    gain values: [Double], _ metric: String, unit: String, coordinates: [String: String],
    replicates: Int, using generator: inout some RandomNumberGenerator
  ) throws {
    let interval = bootstrapInterval(
      ofMean: values, replicates: replicates, level: 0.9, using: &generator)
    try record(metric, mean(values), unit: unit, coordinates: coordinates)
    try record("\(metric)_low", interval.low, unit: unit, coordinates: coordinates)
    try record("\(metric)_high", interval.high, unit: unit, coordinates: coordinates)
  }
}
