import Foundation
import Harness
import Reports

/// Prints a report: the paper's own table, then what comparing says; or all verdicts as JSON.
struct VerdictPrinter {
  let definition: ExperimentDefinition
  let texts: [ClaimText]
  /// Also rows that nothing is said about.
  var all = false
  var json = false

  init(_ writer: ReportWriter, all: Bool = false, json: Bool = false) {
    definition = writer.definition
    texts = writer.claimTexts
    self.all = all
    self.json = json
  }

  /// Writes to standard output.
  ///
  /// - Parameter report: the folder whose table is shown first.
  func show(_ verdicts: [VerdictRow], tier: Tier, report: URL) throws {
    if json { return try showJSON(verdicts, tier: tier) }
    if let table = MarkdownTable.read(report) { print(table.text(width: Console.tableColumns)) }
    if tier == .smoke && !all {
      print(
        Console.wrapped(
          "The smoke tier shows that everything works; its numbers are not compared with the paper's."
        ))
      return
    }
    let references = verdicts.filter { $0.kind == .reference }
    let shown = references.filter { all || $0.verdict != .notComparable }
    if !shown.isEmpty { print(table(shown, among: references).text(width: Console.tableColumns)) }
    explain(shown.filter { [.deviates, .inconclusive].contains($0.verdict) }, among: references)
    showClaims(verdicts.filter { $0.kind == .claim })
    summarise(verdicts, tier: tier)
  }

  // MARK: References

  /// What a reference is about, without the places that all of them share.
  private func name(_ row: VerdictRow, among rows: [VerdictRow]) -> String {
    let parts = row.id.split(separator: "/").map(String.init)
    let others = rows.map { $0.id.split(separator: "/").map(String.init) }
    let shared = parts.indices.prefix { index in
      rows.count > 1 && index < parts.count - 1
        && others.allSatisfy { index < $0.count - 1 && $0[index] == parts[index] }
    }.count
    return parts[shared...].joined(separator: " ").replacingOccurrences(of: "_", with: " ")
  }

  private func unit(_ row: VerdictRow) -> String { definition.metrics[row.metric]?.unit ?? "" }

  private func table(_ rows: [VerdictRow], among references: [VerdictRow]) -> Table {
    var table = Table(
      columns: [
        TableColumn("What"), TableColumn("Ours", .number), TableColumn("90 % interval", .number),
        TableColumn("Paper", .number), TableColumn("Verdict"),
      ])
    for row in rows {
      let unit = unit(row).isEmpty ? "" : " (\(unit(row)))"
      let interval = row.interval.map { "\(short($0.low)) – \(short($0.high))" } ?? ""
      table.append([
        .text(name(row, among: references) + unit), .text(row.ours.map(short) ?? ""),
        .text(interval), .text(row.reference), .text(row.verdict.rawValue),
      ])
    }
    return table
  }

  private func short(_ value: Double) -> String { String(format: "%.4g", value) }

  private func explain(_ rows: [VerdictRow], among references: [VerdictRow]) {
    if rows.isEmpty { return }
    for row in rows {
      print(
        Console.wrapped(
          "\(name(row, among: references)) \(row.verdict.rawValue): \(row.why)", indent: 2, first: 0
        ))
    }
    print("")
  }

  // MARK: Claims

  private func showClaims(_ claims: [VerdictRow]) {
    let shown = claims.filter { all || $0.verdict != .notComparable }
    for row in shown {
      let statement = texts.first { $0.id == row.id }?.statement ?? ""
      print(
        Console.wrapped("\(row.id) \(row.verdict.rawValue): \(statement)", indent: 2, first: 0))
      print(Console.wrapped(row.why, indent: 2))
    }
    if !shown.isEmpty { print("") }
  }

  private func summarise(_ verdicts: [VerdictRow], tier: Tier) {
    let counted = Verdict.allCases.filter { $0 != .notComparable }.compactMap { verdict in
      let count = verdicts.count { $0.verdict == verdict }
      return count > 0 ? "\(count) \(verdict.rawValue)" : nil
    }
    let silent = verdicts.filter { $0.verdict == .notComparable }
    let absent = silent.count { $0.ours == nil }
    var rest: [String] = []
    if absent > 0 { rest.append("\(absent) not measured here") }
    if let measured = silent.first(where: { $0.ours != nil }) {
      rest.append("\(silent.count - absent) not comparable (\(measured.why))")
    }
    var line = counted.isEmpty ? "Nothing to compare" : counted.joined(separator: ", ")
    if !rest.isEmpty {
      line += "; " + rest.joined(separator: ", ") + (all ? "" : " (--all lists them)")
    }
    print(Console.wrapped(line + "."))
  }

  // MARK: JSON

  private struct Row: Encodable {
    var kind: String
    var id: String
    var statement: String?
    var place: [String: String]
    var ours: JSONOutput.Number
    var seeds: Int
    var reference: String
    var margin: Double?
    var source: String
    var verdict: String
    var why: String
  }
  private struct Document: Encodable {
    var schema = 1
    var experiment: String
    var tier: String
    var verdicts: [Row]
  }

  private func showJSON(_ verdicts: [VerdictRow], tier: Tier) throws {
    try JSONOutput.show(
      Document(
        experiment: definition.id, tier: tier.rawValue,
        verdicts: verdicts.map { row in
          Row(
            kind: row.kind.rawValue, id: row.id,
            statement: row.kind == .claim ? texts.first { $0.id == row.id }?.statement : nil,
            place: row.place,
            ours: JSONOutput.Number(
              metric: row.metric, value: row.ours, low: row.interval?.low, high: row.interval?.high,
              unit: unit(row)),
            seeds: row.seeds, reference: row.reference, margin: row.margin, source: row.source,
            verdict: row.verdict.rawValue, why: row.why)
        }))
  }
}
