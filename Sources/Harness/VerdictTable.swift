import Files
import Foundation
import Metrics

/// One line of `verdicts.csv`.
public struct VerdictRow: Hashable, Sendable {
  /// A printed number or a statement.
  public enum Kind: String, Sendable {
    /// A printed number.
    case reference
    /// A statement.
    case claim
  }
  /// Which of the two.
  public var kind: Kind
  /// Id of the reference or claim.
  public var id: String
  /// Factors and coordinates of a reference.
  public var place: [String: String]
  /// Metric of a reference; empty for a claim.
  public var metric: String
  /// Our mean, or the difference a claim is about.
  public var ours: Double?
  /// 90 % interval of `ours`.
  public var interval: Interval?
  /// Seeds behind it.
  public var seeds: Int
  /// The printed text, or the bound of a claim.
  public var reference: String
  /// Where it is printed.
  public var source: String
  /// Half-width of the margin; nil for a claim.
  public var margin: Double?
  /// The verdict.
  public var verdict: Verdict
  /// One sentence.
  public var why: String
}

/// Applies margins and claims to results, and writes and reads `verdicts.csv`.
public enum VerdictTable {
  /// One row per reference in the order of the file, then per skipped reference, then per claim.
  ///
  /// References are not comparable below the paper tier; claims are not tested at smoke; neither is where settings
  /// depart from the experiment's own.
  /// - Throws: `HarnessError.unknownName` when a claim has no wording in `claims.csv` or the other way round,
  ///   and what claims throw.
  public static func rows(
    _ results: Results, definition: ExperimentDefinition, references: References,
    claims: [Claim], texts: [ClaimText], departures: [String] = []
  ) throws -> [VerdictRow] {
    let departure =
      departures.isEmpty ? nil : "settings differ: \(departures.joined(separator: ", "))"
    let below =
      departure ?? (results.tier == .paper ? definition.notComparable : "\(results.tier) tier")
    var rows = references.references.map { reference in
      let metric = definition.metrics[reference.metric]
      let measured = values(of: reference, in: results)
      let values = measured.map(\.value)
      // Two rows of one seed are not two replicates.
      let isTwice = Set(measured.map(\.seed)).count < measured.count
      let comparison = Comparison(
        values: values, printed: reference.printed, margin: metric?.margin,
        direction: metric?.better ?? .none, isDeterministic: definition.isDeterministic,
        notComparable: values.isEmpty
          ? nil : below ?? (isTwice ? "several measurements of one seed stand here" : nil))
      return VerdictRow(
        kind: .reference, id: reference.id, place: reference.place, metric: reference.metric,
        ours: comparison.ours, interval: comparison.interval, seeds: comparison.seeds,
        reference: reference.printed.text, source: reference.source, margin: comparison.margin,
        verdict: comparison.verdict, why: comparison.why)
    }
    rows += references.skipped.map { skipped in
      VerdictRow(
        kind: .reference, id: skipped.id, place: skipped.place, metric: skipped.metric, ours: nil,
        interval: nil, seeds: 0, reference: skipped.text, source: skipped.source, margin: nil,
        verdict: .notComparable, why: "'\(skipped.text)' is not a number")
    }
    let wording = Dictionary(texts.map { ($0.id, $0) }) { first, _ in first }
    for text in texts where !claims.contains(where: { $0.id == text.id }) {
      throw HarnessError.unknownName(
        kind: "claim in claims.csv of \(definition.id)", name: text.id,
        suggestion: nearestName(to: text.id, in: claims.map(\.id)), known: claims.map(\.id))
    }
    for claim in claims {
      guard let text = wording[claim.id] else {
        throw HarnessError.unknownName(
          kind: "claim of \(definition.id)", name: claim.id,
          suggestion: nearestName(to: claim.id, in: texts.map(\.id)), known: texts.map(\.id))
      }
      var outcome: ClaimOutcome
      if results.tier == .smoke {
        outcome = ClaimOutcome(verdict: .notComparable, seeds: 0, why: "not tested at smoke")
      } else if let departure {
        outcome = ClaimOutcome(verdict: .notComparable, seeds: 0, why: departure)
      } else {
        outcome = try claim.evaluate(results, text.tolerance)
        if results.tier != .paper { outcome.why += " (\(results.tier) tier)" }
      }
      rows.append(
        VerdictRow(
          kind: .claim, id: claim.id, place: [:], metric: "", ours: outcome.ours,
          interval: outcome.interval, seeds: outcome.seeds,
          reference: outcome.reference.map(CSV.number) ?? "", source: text.source, margin: nil,
          verdict: outcome.verdict, why: outcome.why))
    }
    return rows
  }

  /// One value per seed at exactly the place of the reference: columns it does not name must be empty.
  static func values(
    of reference: Reference, in results: Results
  ) -> [(seed: UInt64, value: Double)] {
    var place = reference.place
    for column in results.coordinates where place[column] == nil { place[column] = "" }
    return results.values(metric: reference.metric, where: place)
  }

  /// Text of `verdicts.csv`.
  public static func encode(_ rows: [VerdictRow]) -> String {
    let columns = columnOrder(factors: [], coordinates: Set(rows.flatMap { $0.place.keys }))
    let table = CSVTable(
      header: ["kind", "id"] + columns + [
        "metric", "ours", "low", "high", "seeds", "reference", "source", "margin", "verdict", "why",
      ],
      rows: rows.map { row in
        let text = { (value: Double?) in value.map(CSV.number) ?? "" }
        return [row.kind.rawValue, row.id] + columns.map { row.place[$0] ?? "" } + [
          row.metric, text(row.ours), text(row.interval?.low), text(row.interval?.high),
          String(row.seeds), row.reference, row.source, text(row.margin), row.verdict.rawValue,
          row.why,
        ]
      })
    return CSV.encode(table)
  }

  /// Reads `verdicts.csv` back.
  ///
  /// - Throws: `FileError`, `HarnessError.malformed`.
  public static func read(_ url: URL) throws -> [VerdictRow] {
    let (header, rows) = try CSVRow.read(url)
    let columns = header.filter { !reservedColumns.contains($0) }
    return try rows.map { row in
      guard let kind = VerdictRow.Kind(rawValue: try row.required("kind")) else {
        throw HarnessError.malformed(
          file: row.file, line: row.line, expected: "reference or claim", found: row["kind"] ?? "")
      }
      guard let verdict = Verdict(rawValue: try row.required("verdict")) else {
        throw HarnessError.malformed(
          file: row.file, line: row.line, expected: "a verdict", found: row["verdict"] ?? "")
      }
      let number = { (name: String) throws -> Double? in
        row[name, default: ""].isEmpty ? nil : try row.number(name)
      }
      var interval: Interval?
      if let low = try number("low"), let high = try number("high"), low <= high {
        interval = Interval(low: low, high: high)
      }
      return VerdictRow(
        kind: kind, id: try row.required("id"),
        place: row.fields.filter { columns.contains($0.key) && !$0.value.isEmpty },
        metric: row["metric"] ?? "", ours: try number("ours"), interval: interval,
        seeds: Int(try row.number("seeds")), reference: row["reference"] ?? "",
        source: row["source"] ?? "", margin: try number("margin"), verdict: verdict,
        why: row["why"] ?? "")
    }
  }
}
