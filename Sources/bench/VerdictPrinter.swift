import Foundation
import Harness
import Reports

/// Prints verdicts: a table for people, or JSON.
struct VerdictPrinter {
  var json: Bool

  private struct Row: Encodable {
    var kind: String
    var id: String
    var metric: String
    var value: Double?
    var low: Double?
    var high: Double?
    var seeds: Int
    var reference: String
    var margin: Double?
    var verdict: String
    var why: String
    var source: String
  }
  private struct Document: Encodable {
    var schema = 1
    var experiment: String
    var tier: String
    var verdicts: [Row]
  }

  func show(_ verdicts: [VerdictRow], experiment: String, tier: Tier) throws {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let rows = verdicts.map {
        Row(
          kind: $0.kind.rawValue, id: $0.id, metric: $0.metric, value: $0.ours,
          low: $0.interval?.low,
          high: $0.interval?.high, seeds: $0.seeds, reference: $0.reference, margin: $0.margin,
          verdict: $0.verdict.rawValue, why: $0.why, source: $0.source)
      }
      let data = try encoder.encode(
        Document(experiment: experiment, tier: tier.rawValue, verdicts: rows))
      print(String(decoding: data, as: UTF8.self))
      return
    }
    var table = Table(
      title: "\(experiment), tier \(tier.rawValue)",
      columns: [
        TableColumn("What"), TableColumn("Ours"), TableColumn("Paper"), TableColumn("Verdict"),
        TableColumn("Why"),
      ])
    for row in verdicts {
      let ours = row.ours.map { String(format: "%.4g", $0) } ?? ""
      let interval = row.interval.map { String(format: " [%.4g, %.4g]", $0.low, $0.high) } ?? ""
      table.append([
        .text(row.id), .text(ours + interval), .text(row.reference), .text(row.verdict.rawValue),
        .text(row.why),
      ])
    }
    print(table.text(width: isatty(1) == 1 ? Console.columns : 200))
  }
}
