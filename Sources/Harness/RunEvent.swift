import Foundation

/// What happens while a plan runs, for a command to show.
public enum RunEvent: Sendable {
  /// The run begins; the snapshot tells how much there is.
  case began
  /// A process was started.
  case started(PlannedTrial)
  /// A trial told how far it is.
  case progress(PlannedTrial, fraction: Double, note: String)
  /// A trial is committed.
  case finished(PlannedTrial, seconds: Double)
  /// A trial failed, or cannot run because one it needs failed.
  case failed(PlannedTrial, TrialFailure)
  /// The run was asked to stop for the first (1) or a later time.
  case interrupting(Int)
}

/// Where a run stands.
public struct RunSnapshot: Sendable, Hashable {
  /// Trials of the plan that are wanted.
  public var total = 0
  /// Done before this run.
  public var cached = 0
  /// Finished by this run.
  public var finished = 0
  /// Failed, or without what they need.
  public var failed = 0
  /// Running now.
  public var running = 0
  /// Expected seconds to the end; nil while nobody knows.
  public var remainingSeconds: Double?
}

/// What became of a run.
public struct RunSummary: Sendable {
  /// Finished before this run.
  public var cached: [TrialKey] = []
  /// Finished by this run.
  public var finished: [TrialKey] = []
  /// Failed, with reasons, in the order of failing.
  public var failures: [(trial: PlannedTrial, failure: TrialFailure)] = []
  /// Not finished because the run was asked to stop.
  public var unfinished: [TrialKey] = []
  /// Whether it was asked to stop.
  public var wasInterrupted = false
}
