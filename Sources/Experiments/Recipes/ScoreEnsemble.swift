import Compute
import Harness
import Metrics

/// Scores the mean prediction of growing ensembles: every metric after test-time cross-validation of the temperature, and the
/// log-likelihood without it (Ashukha et al. 2020).
struct ScoreEnsemble: Recipe {
  /// The scores.
  enum Product {}
  static let name = "score-ensemble"
  static let version = 1

  /// In the order of `EnsembleSamples`.
  var predictions: [Ref<Predictions>]
  /// Numbers of samples; those beyond what there is are left out.
  var sizes: [Int]
  /// Halvings of the pictures.
  var repeats: Int

  func run(_ context: TrialContext) throws {
    let samples = try EnsembleSamples(predictions, context)
    var average = EnsembleAverage(entries: samples.labels.count * samples.classes)
    // The same halves for every method and size of a seed.
    let splits = CalibrationSplits(
      count: samples.labels.count, repeats: repeats,
      stream: RandomStream(seed: context.seed, "calibration halves"))
    let wanted = sizes.filter { $0 <= samples.tables.count }.sorted()
    for (index, sample) in samples.tables.prefix(wanted.last ?? 0).enumerated() {
      try context.throwIfInterrupted()
      average.add(logProbabilities: Array(sample))
      let size = index + 1
      guard wanted.contains(size) else { continue }
      let table = PredictionTable(
        logits: average.logProbabilities, classes: samples.classes, labels: samples.labels)
      let calibrated = CalibratedScores(table, splits: splits)
      let at = ["n": "\(size)"]
      for metric in PredictionMetric.allCases {
        let value = calibrated.scores[metric]
        if metric == .logLikelihood {
          try context.record("negative_cll", -value, unit: "nats", coordinates: at)
        } else {
          try context.record(metric.rawValue, value, unit: metric.unit, coordinates: at)
        }
      }
      try context.record(
        "negative_ll", -PredictionScores(table)[.logLikelihood], unit: "nats", coordinates: at)
      try context.record("temperature", mean(calibrated.temperatures), coordinates: at)
      context.progress(Double(size) / Double(wanted.last!))
    }
  }
}

/// How many independently trained networks are as good as each size of an ensemble, by the deep ensembles of the same seed.
struct CompareWithDeepEnsemble: Recipe {
  static let name = "compare-with-deep-ensemble"
  static let version = 1

  var deepEnsemble: Ref<ScoreEnsemble.Product>
  var ensemble: Ref<ScoreEnsemble.Product>

  func run(_ context: TrialContext) throws {
    func curve(_ ref: Ref<ScoreEnsemble.Product>) throws -> [(size: Int, likelihood: Double)] {
      try context.input(ref).measurements.compactMap { row in
        guard row.metric == "negative_cll", let size = row.coordinates["n"].flatMap(Int.init)
        else { return nil }
        return (size, -row.value)
      }.sorted { $0.size < $1.size }
    }
    let known = try curve(deepEnsemble)
    let reference = DeepEnsembleCurve(
      sizes: known.map(\.size), likelihoods: known.map(\.likelihood))
    for (size, likelihood) in try curve(ensemble) {
      let at = ["n": "\(size)"]
      // Beyond the largest deep ensemble there is a bound and no number.
      switch reference.equivalent(of: likelihood).value {
      case .exactly(let networks):
        try context.record("dee", networks, unit: "networks", coordinates: at)
      case .moreThan(let networks):
        try context.record("dee", Double(networks), unit: "networks", coordinates: at)
        try context.record("dee_is_bound", 1, coordinates: at)
      }
    }
  }
}
