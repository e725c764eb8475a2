import Files
import Foundation
import Metrics
import Testing

/// A table of `Tests/Oracles/metrics_scores.py`, with the halves its calibrated scores were computed on.
struct ScoreCase: CustomTestStringConvertible {
  static let names = ["soft", "edges", "logits", "ensemble", "wide"]
  let name: String
  var testDescription: String { name }

  private func npy(_ part: String) throws -> NPY {
    try NPY.read(fixtureFolder.appendingPathComponent("scores_\(name)_\(part).npy"))
  }

  var table: PredictionTable {
    get throws {
      let labels = try #require(try npy("labels").integers())
      if ["soft", "edges", "wide"].contains(name) {
        let file = try npy("probabilities")
        return PredictionTable(
          probabilities: file.doubles(), classes: file.shape[1], labels: labels)
      }
      let file = try npy("logits")
      let classes = file.shape[file.shape.count - 1]
      guard file.shape.count == 3 else {
        return PredictionTable(logits: file.floats(), classes: classes, labels: labels)
      }
      var average = EnsembleAverage(entries: labels.count * classes)
      let entries = labels.count * classes
      for member in 0..<file.shape[0] {
        let logits = Array(file.doubles()[member * entries..<(member + 1) * entries])
        average.add(
          logProbabilities: PredictionTable(logits: logits, classes: classes, labels: labels)
            .logProbabilities)
      }
      return PredictionTable(
        logits: average.logProbabilities, classes: classes, labels: labels)
    }
  }

  var splits: CalibrationSplits {
    get throws {
      let file = try npy("orders")
      let numbers = try #require(file.integers())
      let count = file.shape[1]
      return CalibrationSplits(
        orders: (0..<file.shape[0]).map { Array(numbers[$0 * count..<($0 + 1) * count]) })
    }
  }

  func expected(_ metric: String) throws -> Double {
    let rows = try fixture("scores.csv")
    return try #require(rows.first { $0["case"] == name && $0["metric"] == metric })
      .number("value")
  }
}

@Suite struct PredictionScoresTests {
  /// Ties, edges of bins, zeros and ones, a class that is never predicted, an ensemble, a hundred classes.
  @Test(arguments: ScoreCase.names)
  func scoresAgreeWithOtherLibraries(_ name: String) throws {
    let known = ScoreCase(name: name)
    let scores = PredictionScores(try known.table)
    for metric in PredictionMetric.allCases {
      let expected = try known.expected(metric.rawValue)
      #expect(
        abs(scores[metric] - expected) <= 1e-12 * max(1, abs(expected)),
        "\(metric): \(scores[metric]), expected \(expected)")
    }
  }

  /// SciPy's temperatures on the same halves, to much better than the 10⁻³ that is asked for.
  @Test(arguments: ScoreCase.names)
  func temperaturesAgreeWithSciPy(_ name: String) throws {
    let known = ScoreCase(name: name)
    let found = try known.splits.temperatures(known.table)
    let expected = try fixture("temperatures.csv").filter { $0["case"] == name }
    #expect(found.count == 10 && expected.count == 10)
    for (own, row) in zip(found, expected) {
      #expect(relativeError(own, row.number("temperature")) < 2e-5, "\(own) \(row)")
    }
  }

  @Test(arguments: ScoreCase.names)
  func calibratedScoresAgreeWithOtherLibraries(_ name: String) throws {
    let known = ScoreCase(name: name)
    let (table, splits) = (try known.table, try known.splits)
    let calibrated = CalibratedScores(table, splits: splits)
    for metric in PredictionMetric.allCases {
      let expected = try known.expected("calibrated_" + metric.rawValue)
      // As far as temperatures agree.
      #expect(
        abs(calibrated.scores[metric] - expected) < 1e-5,
        "\(metric): \(calibrated.scores[metric]), expected \(expected)")
    }
    let likelihood = CalibratedLogLikelihood(table, splits: splits)
    #expect(abs(likelihood.value - calibrated.scores[.logLikelihood]) < 1e-12)
    #expect(likelihood.temperatures == calibrated.temperatures)
    #expect(
      CalibratedLogLikelihood(table, splits: splits, temperatures: calibrated.temperatures)
        == likelihood)
    if table.count % 2 == 0 { #expect(abs(mean(likelihood.rows) - likelihood.value) < 1e-12) }
  }

  // MARK: By hand

  /// Four rows of two classes that can be summed on paper.
  private let small = PredictionTable(
    probabilities: [0.9, 0.1, 0.6, 0.4, 0.3, 0.7, 0.5, 0.5], classes: 2, labels: [0, 1, 1, 1])

  @Test func handMadeScores() {
    let scores = PredictionScores(small)
    #expect(scores[.testError] == 50)
    #expect(abs(scores[.brier] - (0.02 + 0.72 + 0.18 + 0.5) / 4) < 1e-12)
    #expect(
      abs(scores[.logLikelihood] - (log(0.9) + log(0.4) + log(0.7) + log(0.5)) / 4) < 1e-9)
    // Every confidence has a bin to itself: 0.9 right, 0.6 wrong, 0.7 right, 0.5 wrong.
    #expect(abs(scores[.ece] - (0.1 + 0.6 + 0.3 + 0.5) / 4) < 1e-12)
    // In order of confidence: right, right, wrong, wrong.
    #expect(abs(scores[.aurc] - (0.0 + 0 + 1.0 / 3 + 0.5) / 4) < 1e-12)
  }

  /// 3/15 belongs to the bin below, and zero to none.
  @Test func binsAreClosedAtTheRight() {
    let table = PredictionTable(
      probabilities: [0.2, 0.8, 0.21, 0.79, 0, 1], classes: 2, labels: [0, 1, 0])
    let scores = PredictionScores(table)
    // Class 0: 0.2 against 1 and 0.21 against 0, apart. Class 1: 0.8 against 0, 0.79 against 1 in its bin, 1 against 0.
    #expect(abs(scores[.sce] - (0.8 + 0.21 + abs(0.8 + 0.79 - 1) + 1) / 6) < 1e-12)
  }

  @Test func aPerfectAndAHopelessTable() {
    let labels = (0..<40).map { $0 % 2 }
    let sure: [Double] = labels.flatMap { $0 == 0 ? [1, 0] : [0, 1] }
    let perfect = PredictionScores(
      PredictionTable(probabilities: sure, classes: 2, labels: labels))
    for metric in PredictionMetric.allCases { #expect(abs(perfect[metric]) < 1e-11) }
    let table = PredictionTable(probabilities: sure, classes: 2, labels: labels.map { 1 - $0 })
    let hopeless = PredictionScores(table)
    #expect(hopeless[.testError] == 100 && hopeless[.brier] == 2 && hopeless[.ece] == 1)
    #expect(hopeless[.aurc] == 1)
    #expect(abs(hopeless[.logLikelihood] - log(1e-12)) < 1e-9)
    // Certainty stays certain at any temperature.
    #expect(Temperature.fitted(table, rows: Array(0..<40)) == 1)
  }

  /// The order of the rows is nobody's choice, even where confidences are equal.
  @Test func orderOfRowsDoesNotMatter() throws {
    let table = try ScoreCase(name: "edges").table
    let rows = (0..<table.count).map { ($0 * 7 + 3) % table.count }
    let moved = PredictionTable(
      probabilities: rows.flatMap {
        table.probabilities[$0 * table.classes..<($0 + 1) * table.classes]
      }, classes: table.classes, labels: rows.map { table.labels[$0] })
    let (one, other) = (PredictionScores(table), PredictionScores(moved))
    // TACE cuts equal probabilities where they stand.
    for metric in PredictionMetric.allCases where metric != .tace {
      #expect(abs(one[metric] - other[metric]) < 1e-12, "\(metric)")
    }
  }

  @Test func temperatureUndoesAScale() {
    var generator = SplitMix64(state: 5)
    let classes = 4
    var logits: [Double] = []
    var labels: [Int] = []
    // Labels drawn from softmax(z); predictions say softmax(2.5 z).
    for _ in 0..<4000 {
      let row = (0..<classes).map { _ in Double.random(in: -2...2, using: &generator) }
      var left = Double.random(in: 0..<row.reduce(0) { $0 + exp($1) }, using: &generator)
      labels.append(
        row.firstIndex {
          left -= exp($0)
          return left < 0
        } ?? classes - 1)
      logits += row.map { 2.5 * $0 }
    }
    let table = PredictionTable(logits: logits, classes: classes, labels: labels)
    let rows = Array(0..<4000)
    let fitted = Temperature.fitted(table, rows: rows)
    #expect(abs(fitted - 2.5) < 0.2)
    func loss(_ temperature: Double) -> Double {
      -PredictionScores(table.tempered(temperature, rows: rows))[.logLikelihood]
    }
    #expect(loss(fitted) <= loss(fitted * 1.001) && loss(fitted) <= loss(fitted / 1.001))
  }

  @Test func temperaturesHaveEnds() {
    // Right everywhere: the colder the better. Wrong everywhere: the hotter.
    let labels = [0, 1, 0, 1]
    let logits: [Double] = [1, 0, 0, 1, 2, 0, 0, 2]
    let right = PredictionTable(logits: logits, classes: 2, labels: labels)
    let wrong = PredictionTable(logits: logits, classes: 2, labels: labels.map { 1 - $0 })
    #expect(Temperature.fitted(right, rows: [0, 1, 2, 3]) < 0.1)
    #expect(
      abs(Temperature.fitted(wrong, rows: [0, 1, 2, 3]) - Temperature.range.upperBound) < 1e-9)
  }

  @Test func halvesShareNothingAndMissNothing() {
    let splits = CalibrationSplits(orders: [[4, 2, 0, 1, 3], [0, 1, 2, 3, 4]])
    #expect(splits.splits.count == 4)
    #expect(splits.splits[0].evaluation == [0, 2, 4] && splits.splits[0].fit == [1, 3])
    for split in splits.splits {
      #expect((split.fit + split.evaluation).sorted() == [0, 1, 2, 3, 4])
    }
  }

  // MARK: Ensembles

  @Test func membersAreAveragedAsProbabilities() {
    var average = EnsembleAverage(entries: 2)
    average.add(logProbabilities: [log(0.9), log(0.1)])
    average.add(logProbabilities: [Float(log(0.5)), Float(log(0.5))])
    let means = average.logProbabilities.map { exp($0) }
    #expect(abs(means[0] - 0.7) < 1e-7 && abs(means[1] - 0.3) < 1e-7)
    #expect(average.members == 2)
  }

  @Test func nothingOverflowsOrVanishes() {
    var average = EnsembleAverage(entries: 3)
    let member = [0, -Double.infinity, -2000]
    average.add(logProbabilities: member)
    average.add(logProbabilities: member)
    #expect(average.logProbabilities == member)
    let table = PredictionTable(logits: [1e4, 0, -1e4] as [Double], classes: 3, labels: [2])
    #expect(table.logProbabilities == [0, -1e4, -2e4] && table.probabilities == [1, 0, 0])
  }

  // MARK: Intervals

  @Test func intervalsHoldTheirValuesAndRepeat() throws {
    let known = ScoreCase(name: "soft")
    let (table, splits) = (try known.table, try known.splits)
    func report() -> ScoreReport {
      var generator = SplitMix64(state: 3)
      return ScoreReport(
        table, splits: splits,
        resamples: Resamples(count: table.count, replicates: 200, using: &generator))
    }
    let (one, two) = (report(), report())
    for (line, again) in zip(one.lines, two.lines) {
      #expect(line.plain == again.plain && line.calibrated == again.calibrated)
      #expect(line.plain.value == PredictionScores(table)[line.metric])
      #expect(
        abs(
          line.calibrated.value - CalibratedScores(table, splits: splits).scores[line.metric])
          < 1e-12)
      for estimate in [line.plain, line.calibrated] {
        let interval = try #require(estimate.interval)
        #expect(
          interval.contains(estimate.value) && interval.low < interval.high, "\(line.metric)")
      }
    }
    // The interval of a mean is what the normal distribution says: ± 1.645 standard errors.
    let errors = try #require(one.lines.first { $0.metric == .testError }?.plain.interval)
    let half = 1.645 * 100 * (0.485 * 0.515 / 400).squareRoot()
    #expect(abs(errors.high - errors.low - 2 * half) < 0.25 * 2 * half)
    let bare = ScoreReport(table, splits: splits, resamples: nil)
    #expect(bare.lines.allSatisfy { $0.plain.interval == nil && $0.calibrated.interval == nil })
  }

  /// A row that counts three times is a row that stands there three times, one that counts never is none.
  @Test(arguments: ScoreCase.names) func countsAreCopies(_ name: String) throws {
    let table = try ScoreCase(name: name).table
    let counts = (0..<table.count).map { [1, 0, 3, 2, 0][$0 % 5] }
    let rows = counts.indices.flatMap { row in (0..<counts[row]).map { _ in row } }
    let copied = PredictionTable(
      probabilities: rows.flatMap {
        table.probabilities[$0 * table.classes..<($0 + 1) * table.classes]
      }, classes: table.classes, labels: rows.map { table.labels[$0] })
    let (counted, expected) = (PredictionScores(table, counts: counts), PredictionScores(copied))
    for metric in PredictionMetric.allCases {
      #expect(abs(counted[metric] - expected[metric]) < 1e-12, "\(metric)")
    }
  }
}
