import Files

/// Exit codes of the commands.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// No verdict deviates; at smoke everything ran.
  case success = 0
  /// A reference or claim deviates.
  case deviates = 1
  /// The command line, a setting or a definition is wrong.
  case usage = 2
  /// A trial diverged, crashed, or ran out of memory or disk.
  case trialsFailed = 3
  /// Nothing deviates but something is inconclusive.
  case inconclusive = 4
  /// Data are missing or corrupt.
  case data = 5
  /// A report or the store cannot be written.
  case cannotWrite = 6
  /// Interrupted, and resumable.
  case interrupted = 130

  /// Which one is told where several hold: 130, 2, 6, 5, 3, 1, 4.
  private static let order: [ExitStatus] = [
    .interrupted, .usage, .cannotWrite, .data, .trialsFailed, .deviates, .inconclusive,
  ]

  /// The one code for everything that happened.
  public static func combined(_ statuses: some Sequence<ExitStatus>) -> ExitStatus {
    let all = Set(statuses)
    return order.first(where: all.contains) ?? .success
  }

  /// The code of one failed trial.
  public static func of(_ failure: TrialFailure) -> ExitStatus {
    switch failure {
    case .interrupted: .interrupted
    case .data: .data
    case .cannotWrite: .cannotWrite
    default: .trialsFailed
    }
  }

  /// The code of any error that ends a command.
  public static func of(_ error: any Error) -> ExitStatus {
    switch error {
    case let failure as TrialFailure: return of(failure)
    case let error as FileError:
      switch error.kind {
      case .noSpace, .readOnly: return .cannotWrite
      default: return .data
      }
    case let error as HarnessError:
      switch error {
      case .cannotWrite: return .cannotWrite
      case .missingProduct, .missingInput: return .data
      case .malformed(let file, _, _, _):
        let definitions = ["experiment.yml", "references.csv", "claims.csv"]
        return definitions.contains { file.hasSuffix($0) } ? .usage : .data
      case .notDeterministic: return .trialsFailed
      default: return .usage
      }
    default: return .usage
    }
  }

  /// The code of a set of verdicts. `not comparable` counts as neither; smoke does not judge.
  public static func of(_ verdicts: some Sequence<Verdict>, tier: Tier) -> ExitStatus {
    if tier == .smoke { return .success }
    let all = Set(verdicts)
    if all.contains(.deviates) { return .deviates }
    return all.contains(.inconclusive) ? .inconclusive : .success
  }

  /// The code of `reproduce`: what the trials did, then what the verdicts say.
  public static func of(
    interrupted: Bool, failures: some Sequence<TrialFailure>, verdicts: some Sequence<Verdict>,
    tier: Tier
  ) -> ExitStatus {
    // A single trial that was stopped from outside failed; only a stopped run is "interrupted".
    let failed = failures.map { of($0) == .interrupted ? ExitStatus.trialsFailed : of($0) }
    return combined(
      (interrupted ? [.interrupted] : []) + failed + [of(verdicts, tier: tier)])
  }
}
