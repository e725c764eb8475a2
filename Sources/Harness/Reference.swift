import Files
import Foundation

/// A number printed in a paper, with its place and source.
public struct Reference: Hashable, Sendable {
  /// Unique within the experiment: the place and the metric.
  public var id: String
  /// Factors and coordinates it stands at; empty columns are left out.
  public var place: [String: String]
  /// What was measured.
  public var metric: String
  /// The number as printed.
  public var printed: PrintedNumber
  /// Its unit.
  public var unit: String
  /// Spread printed beside it.
  public var spread: Double?
  /// Where it is printed.
  public var source: String
  /// Row of the recorded collection it was taken from.
  public var sourceRow: String

  /// A reference.
  public init(
    place: [String: String], metric: String, printed: PrintedNumber, unit: String,
    spread: Double? = nil, source: String, sourceRow: String = "", columns: [String]? = nil
  ) {
    let order = columns ?? columnOrder(factors: [], coordinates: Set(place.keys))
    id = (order.compactMap { place[$0] } + [metric]).joined(separator: "/")
    self.place = place
    self.metric = metric
    self.printed = printed
    self.unit = unit
    self.spread = spread
    self.source = source
    self.sourceRow = sourceRow
  }
}

/// `references.csv` of an experiment.
public struct References: Hashable, Sendable {
  /// What can be compared, in the order of the file.
  public var references: [Reference]
  /// Rows that are not numbers, such as `> 15`, with their text.
  public var skipped: [Skipped]
  /// Factor and coordinate columns in the order of the file.
  public var columns: [String]

  /// A row that is not a number.
  public struct Skipped: Hashable, Sendable {
    /// Place and metric.
    public var id: String
    /// Factors and coordinates.
    public var place: [String: String]
    /// What was measured.
    public var metric: String
    /// What is printed there.
    public var text: String
    /// Where.
    public var source: String
  }

  /// None.
  public init() { (references, skipped, columns) = ([], [], []) }

  private static let fixed: Set<String> = [
    "experiment", "metric", "value", "unit", "spread", "source", "source_row", "kind", "note",
    "skipped",
  ]

  /// Reads the file: columns `metric,value,unit,spread,source,source_row,kind,note` and `experiment` are
  /// known, every other column is a factor or coordinate.
  ///
  /// - Throws: `FileError`, `HarnessError.malformed` for a row without metric, one of another experiment, or
  ///   two rows for one place.
  public init(_ url: URL, experiment: String) throws {
    let (header, rows) = try CSVRow.read(url)
    columns = header.filter { !Self.fixed.contains($0) }
    references = []
    skipped = []
    var seen: Set<String> = []
    for row in rows {
      if let id = row["experiment"], id != experiment {
        throw HarnessError.malformed(
          file: row.file, line: row.line, expected: "experiment '\(experiment)'", found: "'\(id)'")
      }
      let metric = try row.required("metric")
      let text = try row.required("value")
      let place = row.fields.filter { columns.contains($0.key) && !$0.value.isEmpty }
      let source = row["source"] ?? ""
      let id = (columns.compactMap { place[$0] } + [metric]).joined(separator: "/")
      guard seen.insert(id).inserted else {
        throw HarnessError.malformed(
          file: row.file, line: row.line, expected: "one row per place and metric",
          found: "'\(id)' again")
      }
      if let printed = PrintedNumber(text) {
        references.append(
          Reference(
            place: place, metric: metric, printed: printed, unit: row["unit"] ?? "",
            spread: row["spread"].flatMap(Double.init), source: source,
            sourceRow: row["source_row"] ?? "", columns: columns))
      } else {
        skipped.append(Skipped(id: id, place: place, metric: metric, text: text, source: source))
      }
    }
  }
}

/// Wording and source of a claim: a row of `claims.csv`.
public struct ClaimText: Hashable, Sendable {
  /// Matches a `Claim` in Swift.
  public var id: String
  /// The statement in words.
  public var statement: String
  /// Added to the right-hand side; 0 if none is given.
  public var tolerance: Double
  /// For what it is stated.
  public var scope: String
  /// Where.
  public var source: String

  /// A claim's wording.
  public init(
    id: String, statement: String, tolerance: Double = 0, scope: String = "", source: String = ""
  ) {
    self.id = id
    self.statement = statement
    self.tolerance = tolerance
    self.scope = scope
    self.source = source
  }

  /// Reads `claims.csv`; columns other than `id,statement,tolerance,scope,source` are left alone.
  ///
  /// - Throws: `FileError`, `HarnessError.malformed`.
  public static func read(_ url: URL) throws -> [ClaimText] {
    var seen: Set<String> = []
    return try CSVRow.read(url).rows.map { row in
      let id = try row.required("id")
      guard seen.insert(id).inserted else {
        throw HarnessError.malformed(
          file: row.file, line: row.line, expected: "one row per claim", found: "'\(id)' again")
      }
      let tolerance = row["tolerance"] ?? ""
      return ClaimText(
        id: id, statement: try row.required("statement"),
        tolerance: tolerance.isEmpty ? 0 : try row.number("tolerance"), scope: row["scope"] ?? "",
        source: row["source"] ?? "")
    }
  }
}
