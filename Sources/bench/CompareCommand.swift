import ArgumentParser
import Experiments
import Foundation
import Harness

/// `bench compare <experiment>` and `bench compare <report> <report>`.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract:
      "Compares a report with the paper again, from its records; or two reports with each other.",
    discussion: """
        bench compare sparse-vd-table1 --tier paper
        bench compare sparse-vd-table1 --tier paper --all
        bench compare reports/sparse-vd-table1/paper elsewhere/sparse-vd-table1/paper

      Exit codes: 0 nothing deviates (two reports: every number is equal), 1 a
      number or claim deviates (two reports: a number differs), 2 wrong usage, 4
      something is inconclusive, 5 records damaged.
      """)

  @Argument(help: "Id of the experiment, or the folder of a report.") var what: String
  @Argument(help: "Folder of a second report.") var other: String?
  @Option(help: "Tier (default: the largest that has a report).") var tier: Tier?
  @Flag(help: "Also show numbers of the paper that nothing is said about.") var all = false
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var places: Places

  func run() throws {
    if let other {
      let difference = try ReportDifference(
        URL(fileURLWithPath: what), URL(fileURLWithPath: other))
      try difference.show(json: json)
      throw difference.isEqual ? ExitStatus.success : ExitStatus.deviates
    }
    let writer = try places.writer(what)
    let chosen = try places.reportedTier(what, tier)
    if tier == nil { Console.note("tier \(chosen.rawValue); choose another with --tier") }
    let folder = places.report(what, chosen)
    let records = try RecordFolder(report: folder)
    let verdicts = try writer.verdicts(
      Results(fromRecords: records), settings: records.index.settings)
    try VerdictPrinter(writer, all: all, json: json).show(verdicts, tier: chosen, report: folder)
    throw ExitStatus.of(verdicts.map(\.verdict), tier: chosen)
  }
}
