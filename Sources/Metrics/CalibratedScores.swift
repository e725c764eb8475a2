import Foundation

/// Halvings of a test set for test-time cross-validation: a temperature is fitted on one half and judged on the other.
///
/// One value serves all tables of the same objects, so that methods and ensemble sizes are compared on the same halves.
public struct CalibrationSplits: Sendable, Hashable {
  /// One of the two ways to use a halving.
  public struct Split: Sendable, Hashable {
    /// Rows that the temperature is fitted on, ascending.
    public let fit: [Int]
    /// Rows that are scored with it, ascending.
    public let evaluation: [Int]
  }

  /// Repeats of the halving that the paper averages over.
  public static let repeats = 5

  /// Rows there are.
  public let count: Int
  /// Two for each repeat.
  public let splits: [Split]

  /// Halvings by random orders of the rows: the first half of each order, which is the larger if they differ, and the rest.
  ///
  /// - Parameter orders: permutations of `0..<N`, one per repeat; N is at least 2.
  public init<I: BinaryInteger>(orders: [[I]]) {
    precondition(!orders.isEmpty, "at least one repeat")
    let count = orders[0].count
    precondition(count >= 2, "two halves need two rows")
    self.count = count
    splits = orders.flatMap { order in
      let rows = order.map { Int($0) }
      precondition(rows.sorted() == Array(0..<count), "an order names every row once")
      let first = rows[..<((count + 1) / 2)].sorted()
      let second = rows[((count + 1) / 2)...].sorted()
      return [Split(fit: second, evaluation: first), Split(fit: first, evaluation: second)]
    }
  }

  /// The temperature that fits a table best on the fitting half of each split, in order.
  ///
  /// - Precondition: the table has `count` rows.
  public func temperatures(_ table: PredictionTable) -> [Double] {
    precondition(table.count == count, "splits of another number of rows")
    return splits.map { Temperature.fitted(table, rows: $0.fit) }
  }
}

/// Calibrated log-likelihood by test-time cross-validation: the mean over halves of LL at the temperature of the other.
///
///     cLL = 1/(2 R) Σ_halves mean_{i in half} log(softmax(log p_i / T_other half)[label] + 10⁻¹²)
///
/// Source: Ashukha et al. 2020, section 4.
public struct CalibratedLogLikelihood: Sendable, Hashable {
  /// cLL, in nats.
  public let value: Double
  /// The temperature of each split, in order.
  public let temperatures: [Double]
  /// The mean over repeats of each row's own term, in nats; for tests paired over rows. Their mean is `value` where halves are equal.
  public let rows: [Double]

  /// Scores each half with the temperature of the other.
  ///
  /// - Parameters:
  ///   - splits: of as many rows as the table has.
  ///   - temperatures: those of the splits, where they are known; else they are fitted.
  public init(
    _ table: PredictionTable, splits: CalibrationSplits, temperatures known: [Double]? = nil
  ) {
    let temperatures = known ?? splits.temperatures(table)
    var rows = [Double](repeating: 0, count: table.count)
    let share = 2 / Double(splits.splits.count)
    var halves: [Double] = []
    for (split, temperature) in zip(splits.splits, temperatures) {
      var sum = 0.0
      for row in split.evaluation {
        let likelihood = table.rowLogLikelihood(row, temperature: temperature)
        rows[row] += share * likelihood
        sum += likelihood
      }
      halves.append(sum / Double(split.evaluation.count))
    }
    self.temperatures = temperatures
    self.rows = rows
    value = mean(halves)
  }
}

extension PredictionTable {
  /// log(p_T(label) + 10⁻¹²) of one row at a temperature.
  fileprivate func rowLogLikelihood(_ row: Int, temperature: Double) -> Double {
    let top = logProbabilities[row * classes + predictions[row]]
    var sum = 0.0
    for entry in row * classes..<(row + 1) * classes {
      let exponent = (logProbabilities[entry] - top) / temperature
      if exponent > -45 { sum += exp(exponent) }
    }
    let own = (logProbabilities[row * classes + labels[row]] - top) / temperature
    return log(exp(own) / sum + Self.likelihoodFloor)
  }
}

/// Every score by test-time cross-validation: computed on each half at the other's temperature, then averaged.
///
/// These are the metrics marked "(ts)" in the logs of Ashukha et al. 2020.
public struct CalibratedScores: Sendable, Hashable {
  /// The mean over all halves.
  public let scores: PredictionScores
  /// The temperature of each split, in order.
  public let temperatures: [Double]

  /// Scores each half with the temperature of the other.
  ///
  /// - Parameters:
  ///   - splits: of as many rows as the table has.
  ///   - temperatures: those of the splits, where they are known; else they are fitted.
  public init(
    _ table: PredictionTable, splits: CalibrationSplits, temperatures known: [Double]? = nil
  ) {
    let temperatures = known ?? splits.temperatures(table)
    scores = .mean(
      zip(splits.splits, temperatures).map { split, temperature in
        PredictionScores(table.tempered(temperature, rows: split.evaluation))
      })
    self.temperatures = temperatures
  }
}
