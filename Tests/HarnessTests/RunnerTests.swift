import Files
import Foundation
import Harness
import HarnessToys
import Synchronization
import Testing

/// Starts the probe with arguments, collecting its output in a file.
struct ProbeRun {
  let process = Process()
  let output: URL
  let trace: URL

  init(_ scratch: Scratch, _ arguments: [String], name: String = "run") throws {
    output = scratch.folder(name + ".out")
    trace = scratch.folder("trace")
    try Data().write(to: output)
    let handle = try FileHandle(forWritingTo: output)
    try handle.seekToEnd()
    process.executableURL = probe
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["TOY_TRACE": trace.path]) {
      $1
    }
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
  }

  func wait() -> Int32 {
    process.waitUntilExit()
    return process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus
  }

  var text: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

  /// Trials that have begun, by the trace.
  var begun: Int {
    let lines = (try? String(contentsOf: trace, encoding: .utf8))?.split(separator: "\n") ?? []
    return lines.count { $0.hasPrefix("run ") }
  }
}

/// Numbers of processes whose command line holds a text.
func processes(holding text: String) -> [String] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return names.filter { name in
    guard Int(name) != nil,
      let line = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(name)/cmdline"))
    else { return false }
    return String(decoding: line, as: UTF8.self).contains(text)
  }
}

/// Waits up to some seconds for something to hold.
func eventually(_ seconds: Double = 5, _ condition: () -> Bool) -> Bool {
  let end = Date().addingTimeInterval(seconds)
  while Date() < end {
    if condition() { return true }
    Thread.sleep(forTimeInterval: 0.02)
  }
  return condition()
}

/// Bytes of the results of a store, without logs and durations.
func resultBytes(_ folder: URL) throws -> [String: [UInt8]] {
  try contents(folder.appendingPathComponent("trials")).filter {
    $0.key.hasSuffix("measurements.csv") || $0.key.hasSuffix("numbers.txt")
  }
}

@Suite(.serialized) struct RunnerTests {
  @Test func jobsAndOrderChangeNothing() async throws {
    let scratch = try Scratch()
    let plan = try toyPlan(walks: 4, steps: 30, milliseconds: 0)
    try runAll(plan, scratch.store("here"))
    for jobs in [1, 3] {
      let store = scratch.store("jobs\(jobs)")
      let events = Mutex<[String]>([])
      let summary = try await Runner(executable: probe, jobs: jobs).run(plan, store: store) {
        event, snapshot in
        if case .finished(let trial, _) = event {
          events.withLock { $0.append("\(trial.key) \(snapshot.finished)/\(snapshot.total)") }
        }
      }
      #expect(summary.finished.count == 8 && summary.failures.isEmpty && !summary.wasInterrupted)
      #expect(events.withLock { $0.count } == 8)
      #expect(try resultBytes(store.folder) == resultBytes(scratch.folder("here")))
      let again = try await Runner(executable: probe, jobs: jobs).run(
        plan, store: scratch.store("jobs\(jobs)"))
      #expect(again.cached.count == 8 && again.finished.isEmpty)
    }
  }

  @Test func misbehaviourFailsOneTrialOnly() async throws {
    let scratch = try Scratch()
    var builder = builder()
    let kinds: [Misbehave.How] = [
      .crash, .exits, .killsItself, .diverges, .throwsText, .missingData, .noise, .grandchild,
    ]
    for how in kinds { try builder.add(Misbehave(how), seed: 1, factors: ["method": how.rawValue]) }
    let walk = try builder.add(Walk(steps: 10), seed: 1, factors: ["method": "walk"])
    try builder.add(Scale(source: walk, factor: 2), seed: 1, factors: ["method": "scale"])
    let orphanFile = scratch.folder("pid")
    let runner = Runner(
      executable: probe, jobs: 2, environment: ["TOY_PIDS": orphanFile.path])
    let summary = try await runner.run(builder.plan, store: scratch.store())
    #expect(summary.finished.count == 2)
    let reasons = Dictionary(
      uniqueKeysWithValues: summary.failures.map { ($0.trial.places[0]["method"]!, $0.failure) })
    #expect(Set(reasons.keys) == Set(kinds.map(\.rawValue)))
    if case .killed(let signal, let output)? = reasons["crash"] {
      #expect(signal == SIGILL || signal == SIGTRAP)
      #expect(output.contains("planned crash"))
    } else {
      Issue.record("\(String(describing: reasons["crash"]))")
    }
    #expect(reasons["killsItself"] == .killed(signal: 9, output: ""))
    if case .crashed(9, _)? = reasons["exits"] {} else { Issue.record("exit code was not told") }
    #expect(reasons["diverges"] == .diverged("loss is nan"))
    #expect(reasons["throwsText"] == .other("planned complaint"))
    #expect(reasons["noise"] == .other("planned complaint"))
    #expect(reasons["missingData"] == .data("toy.gz: expected a data set, found nothing"))
    let orphan = try String(contentsOf: orphanFile, encoding: .utf8)
    #expect(
      eventually { !FileManager.default.fileExists(atPath: "/proc/\(orphan)") || zombie(orphan) })
    #expect(reasons.values.allSatisfy { !$0.description.contains("\n") })
  }

  private func zombie(_ process: String) -> Bool {
    let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ") Z"
    return text.contains(") Z")
  }

  @Test func failedInputFailsWhatNeedsIt() async throws {
    let scratch = try Scratch()
    var builder = PlanBuilder(numericMode: "plain") { _ in "x" }
    let bad = try builder.add(Misbehave(.throwsText), seed: 1)
    let one = try builder.add(Scale(source: Ref(bad.key), factor: 2), seed: 1)
    try builder.add(Scale(source: one, factor: 2), seed: 1, factors: ["method": "x"])
    try builder.add(Walk(steps: 10), seed: 1, factors: ["method": "walk"])
    let summary = try await Runner(executable: probe, jobs: 2).run(
      builder.plan, store: scratch.store())
    #expect(summary.failures.count == 3 && summary.finished.count == 1)
    #expect(summary.failures.dropFirst().allSatisfy { $0.failure == .inputFailed(bad.key.short) })
  }

  @Test func missingProgramIsNamed() async throws {
    let scratch = try Scratch()
    let plan = try toyPlan(walks: 1, steps: 1, milliseconds: 0)
    let runner = Runner(executable: URL(fileURLWithPath: "/nowhere/bench"), jobs: 1)
    let summary = try await runner.run(plan, store: scratch.store())
    #expect(summary.failures.first?.failure.description.contains("bench") == true)
  }

  @Test func estimatesComeFromEarlierTrials() async throws {
    let scratch = try Scratch()
    let plan = try toyPlan(walks: 2, steps: 20, milliseconds: 10)
    let before = try WorkList(plan: plan, store: scratch.store())
    #expect(before.toRun.count == 4 && before.expectedSeconds(jobs: 2) == nil)
    #expect(before.withoutEstimate == 2 && before.leastSeconds(jobs: 1) == 0.4)
    #expect(
      before.items[0].expectedSeconds == 0.2 && before.items[0].basis == "the recipe's estimate")
    #expect(
      !FileManager.default.fileExists(atPath: scratch.folder("store").path),
      "looking writes nothing")
    for trial in plan.trials.prefix(2) { _ = try executor(scratch.store()).perform(trial) }
    let after = try WorkList(plan: plan, store: scratch.store())
    #expect(after.items.map(\.state) == [.done, .done, .toRun, .toRun])
    #expect(after.items[2].basis == "1 earlier trial")
    let seconds = try #require(after.expectedSeconds(jobs: 2))
    #expect(seconds > 0.19 && seconds < 5)
  }

  @Test func planOfAnotherBuildIsRefused() async throws {
    let scratch = try Scratch()
    let store = scratch.store()
    let plan = try toyPlan(walks: 1, steps: 5, milliseconds: 0)
    let file = try FrozenPlan(plan: plan, store: store).write(into: store)
    var text = try String(contentsOf: file, encoding: .utf8)
    text = text.replacingOccurrences(of: "\"steps\":5", with: "\"steps\":6")
    let other = try scratch.write(text, "plan.json")
    let run = try ProbeRun(scratch, ["trial", "run", plan.trials[0].key.hex, "--plan", other.path])
    #expect(run.wait() == ExitStatus.trialsFailed.rawValue)
    #expect(run.text.contains("this program computes key"))
    let none = try ProbeRun(scratch, ["trial", "run", "abc", "--plan", file.path], name: "none")
    #expect(none.wait() == ExitStatus.usage.rawValue && none.text.contains("not in the plan"))
  }

  @Test func interruptStopsAtACheckpointAndResumes() throws {
    let scratch = try Scratch()
    try runAll(toyPlan(walks: 2, steps: 200, milliseconds: 5), scratch.store("straight"))
    let store = scratch.folder("store").path
    let run = try ProbeRun(scratch, ["all", store, "2", "200", "5", "2"])
    try #require(eventually(30) { run.begun >= 2 }, "a busy machine starts processes late")
    kill(run.process.processIdentifier, SIGINT)
    #expect(run.wait() == 130)
    #expect(processes(holding: store).isEmpty, "no process is left")
    let again = try ProbeRun(scratch, ["all", store, "2", "200", "5", "2"], name: "again")
    #expect(again.wait() == 0)
    let trace = try String(contentsOf: again.trace, encoding: .utf8)
    #expect(trace.contains("resume"))
    #expect(try resultBytes(scratch.folder("store")) == resultBytes(scratch.folder("straight")))
  }

  @Test func secondInterruptKills() throws {
    let scratch = try Scratch()
    let store = scratch.folder("store").path
    // One epoch lasts longer than the test: the first request alone would wait for it.
    let run = try ProbeRun(scratch, ["all", store, "2", "1000", "1000", "2"])
    try #require(eventually(30) { run.begun >= 2 }, "a busy machine starts processes late")
    kill(run.process.processIdentifier, SIGTERM)
    Thread.sleep(forTimeInterval: 0.3)
    #expect(run.process.isRunning)
    kill(run.process.processIdentifier, SIGTERM)
    #expect(eventually { !run.process.isRunning })
    #expect(run.wait() == 130)
    #expect(eventually(2) { processes(holding: scratch.url.path).isEmpty })
  }
}
