import Foundation

/// A number with everything that says what it is: one row of `measurements.csv`.
public struct ResultRow: Hashable, Sendable {
  /// Factors of the trial and coordinates inside it.
  public var columns: [String: String]
  /// Seed of the trial.
  public var seed: UInt64
  /// What was measured.
  public var metric: String
  /// The number.
  public var value: Double
  /// Its unit.
  public var unit: String

  /// A row.
  public init(
    columns: [String: String], seed: UInt64, metric: String, value: Double, unit: String
  ) {
    self.columns = columns
    self.seed = seed
    self.metric = metric
    self.value = value
    self.unit = unit
  }
}

/// All measurements of an experiment at one tier, in a fixed order, to be asked by name.
public struct Results: Hashable, Sendable {
  /// Id of the experiment.
  public let experiment: String
  /// Tier the numbers belong to.
  public let tier: Tier
  /// Rows in the order of the tables.
  public let rows: [ResultRow]
  /// Factor and coordinate columns in the order of the tables.
  public let columns: [String]
  /// Those of `columns` that place a number inside a trial.
  public let coordinates: [String]
  private let byMetric: [String: [Int]]

  /// Results of these rows; their order does not matter.
  public init(
    experiment: String, tier: Tier, rows: [ResultRow], factors: Set<String> = []
  ) {
    self.experiment = experiment
    self.tier = tier
    let columns = columnOrder(factors: factors, coordinates: Set(rows.flatMap { $0.columns.keys }))
    self.columns = columns
    coordinates = columns.filter { !factors.contains($0) }
    self.rows = Self.sorted(rows, by: columns)
    var byMetric: [String: [Int]] = [:]
    for (index, row) in self.rows.enumerated() { byMetric[row.metric, default: []].append(index) }
    self.byMetric = byMetric
  }

  /// Rows of the trials of `plan` that stand at factors and are finished in `store`.
  ///
  /// - Throws: `HarnessError.badColumn` when a coordinate has the name of a factor.
  public init(experiment: String, tier: Tier, plan: Plan, store: TrialStore) throws {
    var rows: [ResultRow] = []
    for trial in plan.trials where !trial.places.isEmpty {
      guard let done = try store.result(trial.key) else { continue }
      rows += try Self.rows(of: done.measurements, at: trial)
    }
    self.init(
      experiment: experiment, tier: tier, rows: rows, factors: Self.factors(of: plan))
  }

  static func factors(of plan: Plan) -> Set<String> {
    Set(plan.trials.flatMap { $0.places.flatMap(\.keys) })
  }

  static func rows(of measurements: [Measurement], at trial: PlannedTrial) throws -> [ResultRow] {
    try trial.places.flatMap { place in
      for name in place.keys where reservedColumns.contains(name) || name.isEmpty {
        throw HarnessError.badColumn(name)
      }
      return try measurements.map { measurement in
        let columns = try place.merging(measurement.coordinates) { factor, coordinate in
          if factor == coordinate { return factor }
          throw HarnessError.badColumn(
            place.keys.first { measurement.coordinates[$0] != nil } ?? "")
        }
        return ResultRow(
          columns: columns, seed: trial.seed, metric: measurement.metric,
          value: measurement.value, unit: measurement.unit)
      }
    }
  }

  private static func sorted(_ rows: [ResultRow], by columns: [String]) -> [ResultRow] {
    rows.sorted { a, b in
      for name in columns {
        if let less = columnValuePrecedes(a.columns[name] ?? "", b.columns[name] ?? "") {
          return less
        }
      }
      if a.metric != b.metric { return a.metric < b.metric }
      if a.seed != b.seed { return a.seed < b.seed }
      return a.value < b.value
    }
  }

  // MARK: Questions

  /// Whether a row stands at a place: named columns must agree, an empty text asks for none, others are free.
  private static func stands(_ row: ResultRow, at place: [String: String]) -> Bool {
    place.allSatisfy { (row.columns[$0.key] ?? "") == $0.value }
  }

  /// The rows at a place alone.
  public func restricted(to place: [String: String]) -> Results {
    Results(
      experiment: experiment, tier: tier, rows: rows.filter { Self.stands($0, at: place) },
      factors: Set(columns).subtracting(coordinates))
  }

  /// Rows of a metric at a place, in the order of the tables.
  public func rows(metric: String, where place: [String: String] = [:]) -> [ResultRow] {
    (byMetric[metric] ?? []).map { rows[$0] }.filter { Self.stands($0, at: place) }
  }

  /// Value per seed of a metric at a place, sorted by seed.
  public func values(
    metric: String, where place: [String: String] = [:]
  ) -> [(seed: UInt64, value: Double)] {
    rows(metric: metric, where: place).map { ($0.seed, $0.value) }.sorted { $0.0 < $1.0 }
  }

  /// Values of two things seed by seed, for paired tests; seeds that only one has are left out.
  public func paired(
    _ a: (metric: String, place: [String: String]), _ b: (metric: String, place: [String: String])
  ) -> (a: [Double], b: [Double]) {
    let other = Dictionary(
      values(metric: b.metric, where: b.place).map { ($0.seed, $0.value) }
    ) { first, _ in first }
    var result: (a: [Double], b: [Double]) = ([], [])
    for (seed, value) in values(metric: a.metric, where: a.place) {
      guard let partner = other[seed] else { continue }
      result.a.append(value)
      result.b.append(partner)
    }
    return result
  }

  /// Different values of a column among the rows of a metric, in the order of the tables.
  public func distinct(
    _ column: String, metric: String, where place: [String: String] = [:]
  ) -> [String] {
    var seen: Set<String> = []
    return rows(metric: metric, where: place).compactMap { $0.columns[column] }
      .filter { seen.insert($0).inserted }
      .sorted { columnValuePrecedes($0, $1) ?? false }
  }

  /// Metrics in alphabetical order.
  public var metrics: [String] { byMetric.keys.sorted() }
}
