/// All scores of a table with bootstrap intervals over its rows, as they are and by test-time cross-validation.
///
/// Calibrated intervals resample the rows within the halves; temperatures stay those of the whole table.
/// ECE, TACE and SCE of a resample lie higher on average than of the table itself, because scatter adds to absolute gaps;
/// their intervals are moved by that average, and end at zero.
public struct ScoreReport: Sendable {
  /// A value, and where it may lie.
  public struct Estimate: Sendable, Hashable {
    /// The score of the table.
    public let value: Double
    /// Its interval; nil without resamples.
    public let interval: Interval?
  }

  /// One metric twice.
  public struct Line: Sendable {
    /// Which.
    public let metric: PredictionMetric
    /// Of the table as it is.
    public let plain: Estimate
    /// By test-time cross-validation.
    public let calibrated: Estimate
  }

  /// A line for every metric.
  public let lines: [Line]
  /// The temperature of each split, in order.
  public let temperatures: [Double]

  /// Scores a table.
  ///
  /// - Parameters:
  ///   - splits: of as many rows as the table has.
  ///   - resamples: of as many rows; nil for values without intervals.
  ///   - level: of the intervals.
  public init(
    _ table: PredictionTable, splits: CalibrationSplits, resamples: Resamples?,
    level: Double = 0.90
  ) {
    precondition(resamples.map { $0.count == table.count } ?? true, "resamples of other rows")
    temperatures = splits.temperatures(table)
    let whole = Scored(table, rows: Array(0..<table.count), resamples)
    let halves = zip(splits.splits, temperatures).map { split, temperature in
      Scored(
        table.tempered(temperature, rows: split.evaluation), rows: split.evaluation, resamples)
    }
    lines = PredictionMetric.allCases.map { metric in
      Line(
        metric: metric, plain: Self.estimate(metric, [whole], level),
        calibrated: Self.estimate(metric, halves, level))
    }
  }

  /// A table's scores, and those of each resample of its rows.
  private struct Scored {
    let scores: PredictionScores
    let resampled: [PredictionScores]

    init(_ table: PredictionTable, rows: [Int], _ resamples: Resamples?) {
      let prepared = PreparedScores(table)
      scores = prepared.scores(counts: rows.map { _ in 1 })
      resampled = (0..<(resamples?.replicates ?? 0)).map {
        prepared.scores(counts: resamples?.counts($0, rows: rows) ?? [])
      }
    }
  }

  /// The mean over parts, and the percentile interval of that mean.
  private static func estimate(
    _ metric: PredictionMetric, _ parts: [Scored], _ level: Double
  ) -> Estimate {
    let value = mean(parts.map { $0.scores[metric] })
    let replicates = (parts.first?.resampled.indices ?? 0..<0).compactMap { replicate in
      // A half of very few rows may be left out by a resample.
      let values = parts.map { $0.resampled[replicate][metric] }.filter { !$0.isNaN }
      return values.isEmpty ? nil : mean(values)
    }
    guard !replicates.isEmpty else { return Estimate(value: value, interval: nil) }
    let interval = percentileInterval(replicates, level: level)
    guard metric.isBinned else { return Estimate(value: value, interval: interval) }
    let excess = mean(replicates) - value
    return Estimate(
      value: value,
      interval: Interval(
        low: max(0, interval.low - excess), high: max(0, interval.high - excess)))
  }
}
