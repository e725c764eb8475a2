/// How good a table of predictions is, by every measure there is one number for.
public enum PredictionMetric: String, CaseIterable, Sendable {
  /// Share of rows whose likeliest class is not the label, in percent.
  case testError = "test_error"
  /// Mean of log(p(label) + 10⁻¹²), in nats.
  case logLikelihood = "log_likelihood"
  /// Mean of Σ_c (p_c − [c = label])².
  case brier
  /// Expected calibration error of the top confidence, 15 bins of equal width.
  case ece
  /// Thresholded adaptive calibration error of all classes, 15 bins of equal mass over p > 10⁻³.
  case tace
  /// Static calibration error of all classes, 15 bins of equal width.
  case sce
  /// Area under the risk–coverage curve.
  case aurc

  /// Its unit, empty for shares and squares of them.
  public var unit: String {
    switch self {
    case .testError: "%"
    case .logLikelihood: "nats"
    default: ""
    }
  }

  /// Whether it is a sum of absolute gaps over bins, which scatter can only make larger.
  var isBinned: Bool { self == .ece || self == .tace || self == .sce }
}

/// The value of every `PredictionMetric` of one table.
public struct PredictionScores: Sendable, Hashable {
  private var values: [Double]

  /// Scores a table.
  ///
  /// - Parameter counts: how often each row counts; once where nothing is given. Scores are NaN where no row counts.
  public init(_ table: PredictionTable, counts: [Int]? = nil) {
    precondition(counts.map { $0.count == table.count } ?? true, "counts: one per row")
    self = PreparedScores(table).scores(
      counts: counts ?? [Int](repeating: 1, count: table.count))
  }

  init(_ value: (PredictionMetric) -> Double) {
    values = PredictionMetric.allCases.map(value)
  }

  /// The mean of scores of several tables, metric by metric.
  static func mean(_ scores: [PredictionScores]) -> PredictionScores {
    PredictionScores { metric in Metrics.mean(scores.map { $0[metric] }) }
  }

  /// The value of one metric.
  public subscript(metric: PredictionMetric) -> Double {
    values[PredictionMetric.allCases.firstIndex(of: metric) ?? 0]
  }
}

/// A table made ready for being scored again and again with other counts of its rows.
struct PreparedScores: Sendable {
  private let errors, likelihoods, brier: RowMean
  private let ece: ExpectedCalibrationError
  private let tace: ThresholdedCalibrationError
  private let sce: StaticCalibrationError
  private let aurc: RiskCoverage

  init(_ table: PredictionTable) {
    errors = RowMean(values: table.rowErrors)
    likelihoods = RowMean(values: table.rowLogLikelihoods)
    brier = RowMean(values: table.rowBrierScores)
    ece = ExpectedCalibrationError(table)
    tace = ThresholdedCalibrationError(table)
    sce = StaticCalibrationError(table)
    aurc = RiskCoverage(table)
  }

  /// All scores with row i counted `counts[i]` times; NaN where none counts.
  func scores(counts: [Int]) -> PredictionScores {
    PredictionScores { metric in
      switch metric {
      case .testError: 100 * errors.value(counts: counts)
      case .logLikelihood: likelihoods.value(counts: counts)
      case .brier: brier.value(counts: counts)
      case .ece: ece.value(counts: counts)
      case .tace: tace.value(counts: counts)
      case .sce: sce.value(counts: counts)
      case .aurc: aurc.value(counts: counts)
      }
    }
  }
}
