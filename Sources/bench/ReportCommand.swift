import ArgumentParser
import Experiments
import Files
import Foundation
import Harness

/// `bench report <experiment>`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Renders a report again from its records: numbers, tables and plots, without training.",
    discussion: """
        bench report sparse-vd-table1
        bench report sparse-vd-table1 --tier paper
      """)

  @Argument(help: "Id of the experiment; see bench list.") var experiment: String
  @Option(help: "Tier (default: every tier that has a report).") var tier: Tier?
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var places: Places

  private struct Written: Encodable {
    var tier: String
    var folder: String
    var files: [String]
  }
  private struct Document: Encodable {
    var schema = 1
    var experiment: String
    var reports: [Written]
  }

  func run() throws {
    let writer = try places.writer(experiment)
    _ = try places.reportedTier(experiment, tier)
    let reports = try (tier.map { [$0] } ?? places.reportedTiers(experiment)).map { tier in
      let folder = places.report(experiment, tier)
      try writer.rewrite(folder)
      let files = try Folder.names(in: folder).filter { $0 != "records" }.sorted()
      return Written(tier: tier.rawValue, folder: folder.path, files: files)
    }
    if json { return try JSONOutput.show(Document(experiment: experiment, reports: reports)) }
    for report in reports {
      print(report.folder)
      print(Console.wrapped(report.files.joined(separator: " "), indent: 2))
    }
  }
}
