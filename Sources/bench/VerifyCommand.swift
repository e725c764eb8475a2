import ArgumentParser
import Compute
import Experiments
import Files
import Foundation
import Harness
import Reports

/// `bench verify`.
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Checks every finished trial and every report against its recorded sums and verdicts.",
    discussion: """
      Damaged trials are moved aside in the store and run again when they are
      needed. --recompute runs a share of the recorded trials again, in a store of
      its own, and expects the same numbers where the same program recorded them.

        bench verify
        bench verify --recompute 5
      """)

  @Option(help: ArgumentHelp("Run this share of the reports' trials again.", valueName: "percent"))
  var recompute: Double?
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var places: Places

  private struct Item: Encodable {
    var what: String
    var checked: Int
    var problems: [String]
    /// What differs without being damage.
    var notes: [String] = []
  }
  private struct Document: Encodable {
    var schema = 1
    var checks: [Item]
  }

  func validate() throws {
    if let recompute, !(recompute > 0 && recompute <= 100) {
      throw ValidationError("--recompute: expected a percentage above 0, found \(recompute)")
    }
  }

  func run() async throws {
    var items = [try store()]
    for known in Registry.experiments.experiments {
      let writer = try places.writer(known.id)
      for tier in places.reportedTiers(known.id) {
        items.append(Self.check(writer, places.report(known.id, tier), "\(known.id), \(tier)"))
        if let recompute {
          items.append(
            try await again(places.report(known.id, tier), "\(known.id), \(tier)", recompute))
        }
      }
    }
    if json {
      try JSONOutput.show(Document(checks: items))
    } else {
      for item in items {
        print("\(item.problems.isEmpty ? "ok" : "DAMAGED")\t\(item.what)\t\(item.checked) trials")
        for line in item.problems + item.notes { print("  \(line)") }
      }
    }
    if items.contains(where: { !$0.problems.isEmpty }) { throw ExitStatus.data }
  }

  private func store() throws -> Item {
    let store = places.store
    var item = Item(what: "store \(store.folder.path)", checked: 0, problems: [])
    for key in store.keys() {
      item.checked += 1
      if try store.trial(key) == nil {
        item.problems.append("\(key.short): damaged, moved to quarantine/")
      }
    }
    return item
  }

  /// Sums of the records, and that numbers and verdicts follow from them.
  private static func check(_ writer: ReportWriter, _ folder: URL, _ name: String) -> Item {
    var item = Item(what: "report \(name)", checked: 0, problems: [])
    do {
      let records = try RecordFolder(report: folder)
      for trial in records.index.plan.trials where try records.trial(trial.key) != nil {
        item.checked += 1
      }
      let results = try Results(fromRecords: records)
      let expected = [
        "measurements.csv": MeasurementTable.encode(results),
        "verdicts.csv": VerdictTable.encode(
          try writer.verdicts(results, settings: records.index.settings)),
      ]
      for (name, text) in expected.sorted(by: { $0.key < $1.key }) {
        let found = try Bytes.read(folder.appendingPathComponent(name), limit: 1 << 28)
        if found != Array(text.utf8) {
          item.problems.append("\(name): expected what follows from the records, found otherwise")
        }
      }
    } catch {
      item.problems.append("\(error)")
    }
    return item
  }

  /// Runs some trials of a report again and compares what they recorded.
  private func again(_ report: URL, _ name: String, _ percent: Double) async throws -> Item {
    var item = Item(what: "report \(name), run again", checked: 0, problems: [])
    let records = try RecordFolder(report: report)
    let mode = KernelPath.current.rawValue
    // What rests on other kernels cannot be run from its beginning here.
    var possible: Set<TrialKey> = []
    for trial in records.index.plan.trials
    where trial.numericMode == mode && trial.needs.allSatisfy(possible.contains) {
      possible.insert(trial.key)
    }
    var wanted: Set<TrialKey> = []
    var chosen: [PlannedTrial] = []
    for trial in records.index.plan.trials.reversed() {
      // The key is as good as a throw of dice, and the same trials are chosen every time.
      let draw = Double(UInt64(trial.key.hex.prefix(8), radix: 16) ?? 0) / Double(UInt32.max)
      let isDrawn = try draw * 100 < percent && records.trial(trial.key) != nil
      guard possible.contains(trial.key), isDrawn || wanted.contains(trial.key) else { continue }
      wanted.formUnion(trial.needs)
      chosen.append(trial)
    }
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("bench-verify-\(UInt64.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = TrialStore(at: folder)
    let interruption = Interruption()
    interruption.installSignalHandlers()
    let line = ProgressLine(isQuiet: false)
    let summary = try await Runner(
      executable: Places.executable, environment: places.trialEnvironment
    ).run(try Plan(chosen.reversed()), store: store, interruption: interruption) {
      line.show($0, $1)
    }
    line.end()
    if summary.wasInterrupted { throw ExitStatus.interrupted }
    for (trial, failure) in summary.failures { item.problems.append("\(trial.title): \(failure)") }
    for trial in chosen {
      guard let ours = try store.trial(trial.key), let recorded = try records.trial(trial.key)
      else { continue }
      item.checked += 1
      guard ours.measurements != recorded.measurements else { continue }
      if ours.manifest.isOfSameProgram(as: recorded.manifest) {
        item.problems.append("\(trial.title): expected the recorded numbers, found others")
      } else {
        item.notes.append(
          "\(trial.title): recorded by another build of bench, whose numbers differ in their last bits or more"
        )
      }
    }
    return item
  }
}
