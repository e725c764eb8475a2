import ArgumentParser
import Experiments
import Foundation
import Harness
import Reports

/// `bench list`.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the experiments, with the verdicts of the reports that are there.",
    discussion: """
        bench list
        bench list --json
      """)

  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var places: Places

  private struct Report: Encodable {
    var tier: String
    var verdicts: [String: Int]
  }
  private struct Item: Encodable {
    var id: String
    var title: String
    var paper: String
    var tiers: [String]
    var reports: [Report]
  }
  private struct Document: Encodable {
    var schema = 1
    var experiments: [Item]
  }

  func run() throws {
    let items = try Registry.experiments.experiments.map { known in
      let definition = try places.writer(known.id).definition
      return Item(
        id: known.id, title: definition.title, paper: definition.paper,
        tiers: definition.tiers.map(\.rawValue),
        reports: try places.reportedTiers(known.id).map { tier in
          let rows = try VerdictTable.read(
            places.report(known.id, tier).appendingPathComponent("verdicts.csv"))
          return Report(
            tier: tier.rawValue,
            verdicts: Dictionary(grouping: rows, by: \.verdict.rawValue).mapValues(\.count))
        })
    }
    if json { return try JSONOutput.show(Document(experiments: items)) }
    for item in items {
      print(item.id)
      print(Console.wrapped(item.title, indent: 2))
      print("  tiers: \(item.tiers.joined(separator: ", "))")
      for report in item.reports {
        let counts = Verdict.allCases.compactMap { verdict in
          report.verdicts[verdict.rawValue].map { "\($0) \(verdict.rawValue)" }
        }
        print(
          Console.wrapped(
            "report, \(report.tier): "
              + (counts.isEmpty ? "nothing to compare with" : counts.joined(separator: ", ")),
            indent: 4, first: 2))
      }
    }
  }
}
