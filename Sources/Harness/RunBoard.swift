import Foundation
import Synchronization

/// What all tasks of a run share: which processes live, and how far they are.
///
/// A class because signal handlers, the scheduler and one task per process use it at once. Events are
/// told one at a time.
final class RunBoard: Sendable {
  private struct Running {
    var process: Int32?
    var start: ContinuousClock.Instant
    var fraction: Double = 0
  }

  private struct State {
    var snapshot = RunSnapshot()
    var running: [TrialKey: Running] = [:]
    var waiting: [TrialKey: Double?] = [:]
    var expected: [TrialKey: Double] = [:]
  }

  private let state: Mutex<State>
  private let telling = Mutex<Void>(())
  private let jobs: Int
  private let interruption: Interruption
  private let onEvent: @Sendable (RunEvent, RunSnapshot) -> Void

  init(
    work: WorkList, jobs: Int, interruption: Interruption,
    onEvent: @escaping @Sendable (RunEvent, RunSnapshot) -> Void
  ) {
    self.jobs = jobs
    self.interruption = interruption
    self.onEvent = onEvent
    var initial = State()
    for item in work.items {
      switch item.state {
      case .toRun:
        initial.snapshot.total += 1
        initial.waiting[item.trial.key] = .some(item.expectedSeconds)
        initial.expected[item.trial.key] = item.expectedSeconds
      case .done, .adopted:
        if item.state == .adopted || !item.trial.places.isEmpty {
          initial.snapshot.total += 1
          initial.snapshot.cached += 1
        }
      case .notNeeded: break
      }
    }
    state = Mutex(initial)
  }

  func tell(_ event: RunEvent) {
    let snapshot = state.withLock { state in
      var snapshot = state.snapshot
      snapshot.running = state.running.count
      snapshot.remainingSeconds = Self.remaining(state, jobs: jobs)
      return snapshot
    }
    telling.withLock { _ in onEvent(event, snapshot) }
  }

  func start(_ trial: PlannedTrial) {
    state.withLock {
      $0.waiting[trial.key] = nil
      $0.running[trial.key] = Running(process: nil, start: .now)
    }
    tell(.started(trial))
  }

  /// A process exists now; a request to stop that came while it was started reaches it too.
  func register(_ process: Int32, _ trial: PlannedTrial) {
    state.withLock { $0.running[trial.key]?.process = process }
    if interruption.isRequested { signalAll(interruption.count) }
  }

  func progress(_ trial: PlannedTrial, _ status: TrialStatus) {
    let isNew = state.withLock { state in
      guard let known = state.running[trial.key]?.fraction else { return false }
      state.running[trial.key]?.fraction = status.fraction
      return known != status.fraction
    }
    if isNew { tell(.progress(trial, fraction: status.fraction, note: status.note)) }
  }

  func finish(_ trial: PlannedTrial) {
    let seconds = state.withLock { state in
      let running = state.running.removeValue(forKey: trial.key)
      state.snapshot.finished += 1
      return running.map { Self.seconds(since: $0.start) } ?? 0
    }
    tell(.finished(trial, seconds: seconds))
  }

  func fail(_ trial: PlannedTrial, _ failure: TrialFailure) {
    state.withLock { state in
      state.running[trial.key] = nil
      state.waiting[trial.key] = nil
      state.snapshot.failed += 1
    }
    tell(.failed(trial, failure))
  }

  /// A trial that was stopped on request: neither finished nor failed.
  func stop(_ trial: PlannedTrial) { state.withLock { $0.running[trial.key] = nil } }

  /// First request: ask every process to stop. Later ones: end them with all they started.
  func signalAll(_ count: Int) {
    let processes = state.withLock { $0.running.values.compactMap(\.process) }
    for process in processes { Libc.send(signal: count > 1 ? SIGKILL : SIGTERM, to: -process) }
  }

  private static func seconds(since start: ContinuousClock.Instant) -> Double {
    let time = (ContinuousClock.now - start).components
    return Double(time.seconds) + Double(time.attoseconds) * 1e-18
  }

  /// Work left shared evenly, or the longest running trial, whichever is later.
  private static func remaining(_ state: State, jobs: Int) -> Double? {
    var total = 0.0
    var longest = 0.0
    for (key, running) in state.running {
      let spent = seconds(since: running.start)
      let left: Double
      if running.fraction > 0.02 {
        left = spent / running.fraction * (1 - running.fraction)
      } else if let expected = state.expected[key] {
        left = max(0, expected - spent)
      } else {
        return nil
      }
      total += left
      longest = max(longest, left)
    }
    for expected in state.waiting.values {
      guard let expected else { return nil }
      total += expected
      longest = max(longest, expected)
    }
    return max(total / Double(jobs), longest)
  }
}
