import Dispatch
import Foundation
import Subprocess

#if canImport(System)
  import System
#else
  import SystemPackage
#endif

/// Runs the trials of a plan, each in a process of its own, as many at a time as there are jobs.
///
/// A trial's crash, kill or error fails that trial and those that need it; all others go on.
public struct Runner: Sendable {
  /// The program that understands `trial run KEY --plan FILE`.
  public var executable: URL
  /// Processes at a time.
  public var jobs: Int
  /// Set on top of the inherited environment, such as `OPENBLAS_CORETYPE`.
  public var environment: [String: String]

  /// A runner; `jobs` defaults to the number of cores.
  public init(
    executable: URL, jobs: Int = ProcessInfo.processInfo.activeProcessorCount,
    environment: [String: String] = [:]
  ) {
    precondition(jobs > 0, "at least one job")
    self.executable = executable
    self.jobs = jobs
    self.environment = environment
  }

  /// Runs what the store lacks.
  ///
  /// The first request of `interruption` starts nothing more and asks running trials to save a checkpoint;
  /// the second kills them. No process is left behind when this returns.
  /// - Parameter onEvent: called one event at a time, from any thread.
  /// - Throws: `HarnessError.cannotWrite` when store or plan file cannot be written.
  public func run(
    _ plan: Plan, store: TrialStore, interruption: Interruption = Interruption(),
    onEvent: @escaping @Sendable (RunEvent, RunSnapshot) -> Void = { _, _ in }
  ) async throws -> RunSummary {
    try store.prepare()
    store.sweep()
    let work = try WorkList(plan: plan, store: store)
    let planFile = try FrozenPlan(plan: plan, store: store).write(into: store)
    let board = RunBoard(work: work, jobs: jobs, interruption: interruption, onEvent: onEvent)
    interruption.onRequest { count in
      board.signalAll(count)
      // Not from here: whoever asks to stop may be listening to an event.
      DispatchQueue.global().async { board.tell(.interrupting(count)) }
    }
    board.tell(.began)
    var schedule = Schedule(work)
    await withTaskGroup(of: (PlannedTrial, TrialFailure?).self) { group in
      var running = 0
      while true {
        while running < jobs, !interruption.isRequested,
          let trial = schedule.next(isBusy: { TrialClaim.isHeld($0, in: store) })
        {
          board.start(trial)
          running += 1
          group.addTask { (trial, await perform(trial, planFile, store, board)) }
        }
        guard running > 0, let (trial, failure) = await group.next() else { break }
        running -= 1
        guard let failure else {
          schedule.finished(trial)
          board.finish(trial)
          continue
        }
        if interruption.isRequested, failure.isStop {
          board.stop(trial)
          continue
        }
        board.fail(trial, failure)
        for (lost, reason) in schedule.failed(trial, failure) { board.fail(lost, reason) }
      }
    }
    var summary = schedule.summary
    summary.wasInterrupted = interruption.isRequested && !summary.unfinished.isEmpty
    return summary
  }

  /// One trial in one process; nil when it is committed.
  private func perform(
    _ trial: PlannedTrial, _ planFile: URL, _ store: TrialStore, _ board: RunBoard
  ) async -> TrialFailure? {
    try? FileManager.default.removeItem(at: store.statusFile(trial.key))
    try? FileManager.default.removeItem(at: store.failureFolder(trial.key))
    var variables: [Environment.Key: String?] = ["OPENBLAS_NUM_THREADS": "1"]
    if ProcessInfo.processInfo.environment["SWIFT_BACKTRACE"] == nil {
      variables["SWIFT_BACKTRACE"] = "enable=no"
    }
    for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
    let own = String(ProcessInfo.processInfo.processIdentifier)
    variables[Environment.Key(stringLiteral: TrialProcess.parentVariable)] = own
    var options = PlatformOptions()
    // A session of its own: Ctrl-C reaches only us, and what a trial started can be ended with it.
    options.createSession = true
    do {
      let result = try await Subprocess.run(
        .path(FilePath(executable.path)),
        arguments: ["trial", "run", trial.key.hex, "--plan", planFile.path],
        environment: .inherit.updating(variables), platformOptions: options, input: .none,
        output: .sequence, error: .combinedWithOutput
      ) { execution in
        let process = execution.processIdentifier.value
        board.register(process, trial)
        return await watch(process, execution.standardOutput, trial, store, board)
      }
      // Whatever the trial started and left behind.
      Libc.endSession(result.processIdentifier.value)
      return Self.judge(result.terminationStatus, result.closureResult, trial, store)
    } catch {
      return .other("\(executable.lastPathComponent) cannot be started: \(error)")
    }
  }

  /// Follows progress and output until the process ends; returns the last of its output.
  private func watch(
    _ process: Int32, _ output: SubprocessOutputSequence, _ trial: PlannedTrial,
    _ store: TrialStore, _ board: RunBoard
  ) async -> String {
    await withTaskGroup(of: String?.self) { group in
      group.addTask {
        var tail: [UInt8] = []
        do {
          for try await buffer in output {
            tail += buffer.withUnsafeBytes { Array($0) }
            if tail.count > 16384 { tail.removeFirst(tail.count - 8192) }
          }
        } catch {
          // The pipe broke; what was read so far is what there is.
        }
        return String(decoding: tail, as: UTF8.self)
      }
      group.addTask {
        while !Task.isCancelled {
          try? await Task.sleep(for: .milliseconds(250))
          if let bytes = try? Data(contentsOf: store.statusFile(trial.key)),
            let status = try? CanonicalJSON.decode(TrialStatus.self, from: bytes)
          {
            board.progress(trial, status)
          }
          // Dead, but something it started keeps the pipe open.
          if Libc.hasEnded(process) { Libc.endSession(process) }
        }
        return nil
      }
      for await text in group {
        if let text {
          group.cancelAll()
          return text
        }
      }
      return ""
    }
  }

  private static func judge(
    _ status: TerminationStatus, _ output: String, _ trial: PlannedTrial, _ store: TrialStore
  ) -> TrialFailure? {
    let told = store.failure(trial.key)
    switch status {
    case .exited(0):
      do {
        return try store.trial(trial.key) == nil
          ? .other("the process ended well but left no intact trial") : nil
      } catch {
        return TrialExecutor.failure(error)
      }
    case .exited(let code):
      if let told { return told }
      let line = output.split(separator: "\n").last.map(String.init) ?? "ended with code \(code)"
      switch ExitStatus(rawValue: code) {
      case .interrupted: return .interrupted
      case .data: return .data(line)
      case .cannotWrite: return .cannotWrite(line)
      default: return .crashed(code: code, output: output)
      }
    case .signaled(let signal):
      return .killed(signal: signal, output: output)
    }
  }
}

extension TrialFailure {
  /// Whether it is what a request to stop leads to.
  var isStop: Bool {
    switch self {
    case .interrupted: true
    case .killed(let signal, _): signal == SIGTERM || signal == SIGKILL || signal == SIGINT
    default: false
    }
  }
}

/// Which trial comes next: all it needs is there, and the longest chain of work hangs on it.
private struct Schedule {
  private var waiting: [PlannedTrial]
  private var missing: Set<TrialKey>
  private(set) var summary = RunSummary()

  init(_ work: WorkList) {
    let chains = work.chains
    // A stable order: longest chain first, then as planned.
    waiting = work.toRun.map(\.trial).enumerated().sorted { a, b in
      let (x, y) = (chains[a.element.key] ?? 0, chains[b.element.key] ?? 0)
      return x != y ? x > y : a.offset < b.offset
    }.map(\.element)
    missing = Set(waiting.map(\.key))
    summary.unfinished = waiting.map(\.key)
    summary.cached = work.items.filter { $0.state == .done || $0.state == .adopted }.map(
      \.trial.key)
  }

  /// - Parameter isBusy: whether another run on the same store works on a trial; such ones come last, when they may be done.
  mutating func next(isBusy: (TrialKey) -> Bool) -> PlannedTrial? {
    let ready = waiting.indices.filter { index in
      waiting[index].needs.allSatisfy { !missing.contains($0) }
    }
    guard let index = ready.first(where: { !isBusy(waiting[$0].key) }) ?? ready.first else {
      return nil
    }
    return waiting.remove(at: index)
  }

  mutating func finished(_ trial: PlannedTrial) {
    missing.remove(trial.key)
    summary.finished.append(trial.key)
    summary.unfinished.removeAll { $0 == trial.key }
  }

  /// Takes out a failed trial and everything that needs it, and returns the latter.
  mutating func failed(_ trial: PlannedTrial, _ failure: TrialFailure) -> [(
    PlannedTrial, TrialFailure
  )] {
    summary.failures.append((trial, failure))
    summary.unfinished.removeAll { $0 == trial.key }
    var lost: [(PlannedTrial, TrialFailure)] = []
    var gone: Set<TrialKey> = [trial.key]
    var found = true
    while found {
      found = false
      for other in waiting where !gone.contains(other.key) {
        guard other.needs.contains(where: gone.contains) else { continue }
        gone.insert(other.key)
        lost.append((other, .inputFailed(trial.key.short)))
        found = true
      }
    }
    waiting.removeAll { gone.contains($0.key) }
    summary.unfinished.removeAll { gone.contains($0) }
    summary.failures += lost.map { (trial: $0.0, failure: $0.1) }
    return lost
  }
}
