import Experiments
import Files
import Foundation
import Harness
import Metrics
import Testing

/// Every committed report, checked again from its own records.
struct CommittedReportTests {
  struct Committed: CustomTestStringConvertible, Sendable {
    let id: String
    let tier: Tier
    var testDescription: String { "\(id), \(tier)" }
    var folder: URL { root.appendingPathComponent("reports/\(id)/\(tier)") }

    func writer() throws -> ReportWriter {
      try ReportWriter(
        experiment: Registry.experiments.experiment(id),
        folder: root.appendingPathComponent("experiments/\(id)"))
    }
    func results() throws -> Results { try Results(fromRecords: RecordFolder(report: folder)) }
    func verdicts() throws -> [VerdictRow] {
      try writer().verdicts(results(), settings: RecordFolder(report: folder).index.settings)
    }
  }

  /// Smoke reports are never committed.
  static let all: [Committed] = {
    let reports = root.appendingPathComponent("reports")
    return ((try? Folder.names(in: reports)) ?? []).sorted().flatMap { id in
      [Tier.desktop, .paper].map { Committed(id: id, tier: $0) }.filter {
        FileManager.default.fileExists(atPath: $0.folder.appendingPathComponent("records").path)
      }
    }
  }()

  @Test(arguments: all) func numbersAndVerdictsFollowFromRecords(_ report: Committed) throws {
    let results = try report.results()
    let verdicts = try report.verdicts()
    func text(_ name: String) throws -> String {
      String(decoding: try Bytes.read(report.folder.appendingPathComponent(name)), as: UTF8.self)
    }
    #expect(try text("verdicts.csv") == VerdictTable.encode(verdicts))
    #expect(try text("measurements.csv") == MeasurementTable.encode(results))
    // Who prints no numbers and makes no claims gets no verdicts.
    let files = ["references.csv", "claims.csv"].map {
      root.appendingPathComponent("experiments/\(report.id)/\($0)").path
    }
    #expect(verdicts.isEmpty == !files.contains(where: FileManager.default.fileExists(atPath:)))
  }

  @Test(arguments: all) func deviationsAreTheKnownOnes(_ report: Committed) throws {
    let file = root.appendingPathComponent("experiments/\(report.id)/known-deviations.csv")
    var known: Set<String> = []
    if FileManager.default.fileExists(atPath: file.path) {
      let table = try CSV.read(file)
      #expect(table.header == ["tier", "id", "reason"])
      for row in table.rows where row[0] == report.tier.rawValue {
        #expect(!row[2].isEmpty, "\(row[1]) needs a reason")
        known.insert(row[1])
      }
    }
    let verdicts = try report.verdicts()
    #expect(Set(verdicts.filter { $0.verdict == .deviates }.map(\.id)) == known)
  }

  /// A reference that is moved by twice its margin away from where it was reproduced is no longer reproduced.
  @Test(arguments: all) func verdictsFlip(_ report: Committed) throws {
    let results = try report.results()
    let writer = try report.writer()
    for reference in writer.references.references {
      var place = reference.place
      for column in results.coordinates where place[column] == nil { place[column] = "" }
      let values = results.values(metric: reference.metric, where: place).map(\.value)
      guard values.count >= 3, let interval = confidenceInterval(ofMean: values, level: 0.9) else {
        continue
      }
      let metric = writer.definition.metrics[reference.metric]
      let width = (metric?.margin ?? Margin(reason: "")).width(around: reference.printed)
      func verdict(around value: Double) throws -> Verdict {
        // Digits enough that rounding adds nothing, and a margin that stays what it was.
        let printed = try #require(PrintedNumber(String(format: "%.9f", value)))
        return Comparison(
          values: values, printed: printed, margin: Margin(absolute: width, reason: "moved"),
          direction: metric?.better ?? .none
        ).verdict
      }
      // Only where the seeds agree well enough to be reproduced at all.
      guard (interval.high - interval.low) / 2 < 0.99 * width else { continue }
      let centre = mean(values)
      #expect(try verdict(around: centre) == .reproduced, "\(reference.id)")
      let above: Verdict = metric?.better == .lower ? .exceeds : .deviates
      let below: Verdict = metric?.better == .higher ? .exceeds : .deviates
      #expect(try verdict(around: centre + 2 * width) == above, "\(reference.id)")
      #expect(try verdict(around: centre - 2 * width) == below, "\(reference.id)")
    }
  }

  /// A report is rendered to the bytes that are committed.
  @Test(arguments: all) func tablesRenderTheSame(_ report: Committed) throws {
    let work = try Workplace()
    let copy = work.at("reports/\(report.id)/\(report.tier)")
    try FileManager.default.createDirectory(
      at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: report.folder, to: copy)
    let outcome = try work.bench("report", report.id, "--tier", report.tier.rawValue)
    #expect(outcome.code == 0, "\(outcome.errors)")
    // Plots may differ in their bytes with the versions of cairo and font; what is drawn may not.
    for name in try Folder.files(below: report.folder)
    where name.hasSuffix(".csv") || name.hasSuffix(".md") || name.hasSuffix(".json") {
      let ours = try Bytes.read(copy.appendingPathComponent(name))
      #expect(try ours == Bytes.read(report.folder.appendingPathComponent(name)), "\(name)")
    }
  }
}
