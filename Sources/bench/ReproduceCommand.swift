import ArgumentParser
import Compute
import Experiments
import Files
import Foundation
import Harness

/// `bench reproduce <experiment>`.
struct ReproduceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Runs a table or figure again and says, number by number, whether it came out.",
    discussion: """
      Finished trials are kept and never run again; an interrupted run goes on where
      it stopped.

        bench reproduce sparse-vd-table1
        bench reproduce sparse-vd-table1 --tier paper --dry-run
        bench reproduce sparse-vd-table1 --tier desktop --set seeds=5 --jobs 4

      Exit codes: 0 nothing deviates, 1 a number or claim deviates, 2 wrong usage,
      3 trials failed, 4 something is inconclusive, 5 data missing or corrupt,
      6 report or store cannot be written, 130 interrupted (run it again to go on).
      """)

  @Argument(help: "Id of the experiment; see bench list.") var experiment: String
  @Option(help: "How large: smoke (embedded data), desktop or paper (default: smoke).") var tier:
    Tier?
  @Option(help: "Trials at a time (default: number of cores).") var jobs: Int?
  @Option(
    name: .customLong("set"), help: ArgumentHelp("Override a setting.", valueName: "key=value"))
  var overrides: [String] = []
  @Option(
    name: .customLong("only"),
    help: ArgumentHelp(
      "Run only trials of this factor, and what they need; may be repeated.",
      valueName: "factor=value"))
  var selections: [String] = []
  @Flag(help: "Print what would run, what is done and how long it should take; run nothing.")
  var dryRun = false
  @Flag(
    help:
      "Take finished trials of the committed reports into the store first, those of machines with other kernels too."
  ) var adopt =
    false
  @Flag(help: "Also show numbers of the paper that nothing is said about.") var all = false
  @Flag(help: "Print the verdicts as JSON.") var json = false
  @Flag(name: .shortAndLong, help: "No progress on standard error.") var quiet = false
  @OptionGroup var places: Places

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs: expected at least 1, found \(jobs)") }
  }

  func run() async throws {
    if let problem = KernelPath.environmentProblem { throw UsageError(problem) }
    let chosen = tier ?? .smoke
    if tier == nil && !quiet { Console.note("running tier smoke; choose another with --tier") }
    let writer = try places.writer(experiment)
    let store = places.store
    let settings = try writer.experiment.settings(
      writer.definition, tier: chosen, overrides: overrides)
    let report = places.report(experiment, chosen)
    let adoption = Adoption()
    let plan = try places.plan(
      writer, tier: chosen, overrides: overrides, selections: selections, standIn: adopt,
      records: adopt ? RecordLibrary(reports: URL(fileURLWithPath: places.reportsPath)) : nil
    ) { adoption.take($0) }
    if adopt && !quiet {
      Console.note("adopted \(adoption.complete) trials, \(adoption.partial) without products")
    }
    let count = jobs ?? ProcessInfo.processInfo.activeProcessorCount
    let selected = try plan.selected(selections)
    if dryRun { return try WorkPrinter(json: json).show(selected, store, jobs: count) }
    try places.checkWritable(report)
    try writer.checkReplaceable(report, settings: settings, tier: chosen)

    let interruption = Interruption()
    interruption.installSignalHandlers()
    let runner = Runner(
      executable: Places.executable, jobs: count, environment: places.trialEnvironment)
    let line = ProgressLine(isQuiet: quiet)
    let summary = try await runner.run(selected, store: store, interruption: interruption) {
      line.show($0, $1)
    }
    line.end()
    for (trial, failure) in summary.failures { Console.note("failed: \(trial.title): \(failure)") }
    var verdicts: [VerdictRow] = []
    if !summary.wasInterrupted || !summary.finished.isEmpty || !summary.cached.isEmpty {
      verdicts = try writer.write(
        plan: plan, settings: settings, tier: chosen, store: store, to: report
      ).verdicts
      try VerdictPrinter(writer, all: all, json: json).show(verdicts, tier: chosen, report: report)
      if !quiet { Console.note("report: \(report.path)") }
    }
    if summary.wasInterrupted && !quiet {
      Console.note("interrupted; run the same command again to go on")
    }
    throw ExitStatus.of(
      interrupted: summary.wasInterrupted, failures: summary.failures.map(\.failure),
      verdicts: verdicts.map(\.verdict), tier: chosen)
  }
}

/// How many trials were taken from reports.
///
/// A class because it is told of them one by one.
private final class Adoption {
  private(set) var complete = 0
  private(set) var partial = 0

  func take(_ trial: CommittedTrial) {
    if trial.isComplete { complete += 1 } else { partial += 1 }
  }
}

/// The one line about a run in progress.
///
/// A class because events come from several threads.
final class ProgressLine: @unchecked Sendable {
  private let isQuiet: Bool
  private let lock = NSLock()
  private var last = ContinuousClock.now - .seconds(1)
  private var notes: [TrialKey: String] = [:]

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  func show(_ event: RunEvent, _ snapshot: RunSnapshot) {
    if isQuiet { return }
    lock.lock()
    defer { lock.unlock() }
    switch event {
    case .progress(let trial, let fraction, let note):
      notes[trial.key] = "\(Int(fraction * 100)) % \(note)"
    case .finished(let trial, let seconds):
      notes[trial.key] = nil
      log("finished \(trial.title) in \(Console.duration(seconds))", snapshot)
    case .failed(let trial, let failure):
      notes[trial.key] = nil
      log("failed \(trial.title): \(failure)", snapshot)
    case .interrupting(1):
      log("stopping: running trials save a checkpoint; interrupt again to kill them", snapshot)
    case .began:
      log("\(snapshot.cached) of \(snapshot.total) trials are already done", snapshot)
    default: break
    }
    guard Console.isTerminal, ContinuousClock.now - last > .milliseconds(100) else { return }
    last = ContinuousClock.now
    Console.status(status(snapshot))
  }

  private func status(_ snapshot: RunSnapshot) -> String {
    let done = snapshot.cached + snapshot.finished
    let left = snapshot.remainingSeconds.map { ", \(Console.duration($0)) left" } ?? ""
    let failed = snapshot.failed > 0 ? ", \(snapshot.failed) failed" : ""
    return "\(done)/\(snapshot.total) done, \(snapshot.running) running\(failed)\(left)  "
      + notes.values.sorted().joined(separator: " | ")
  }

  private func log(_ text: String, _ snapshot: RunSnapshot) {
    if Console.isTerminal { Console.clearStatus() }
    let left = snapshot.remainingSeconds.map { ", about \(Console.duration($0)) left" } ?? ""
    Console.note("[\(snapshot.cached + snapshot.finished)/\(snapshot.total)\(left)] \(text)")
  }

  func end() { if Console.isTerminal && !isQuiet { Console.clearStatus() } }
}

/// Which kernels OpenBLAS should use: on processors it does not know it falls back to slow ones.
enum OpenBLASEnvironment {
  static var coreType: String? {
    if let own = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] { return own }
    return switch KernelPath.current {
    case .avx512: "SkylakeX"
    case .avx2: "Haswell"
    case .plain: nil
    }
  }
}
