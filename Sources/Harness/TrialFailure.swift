import Foundation

/// Why a trial did not finish, typed so that the parent process and the exit code can tell.
public enum TrialFailure: Error, Codable, Hashable, Sendable, CustomStringConvertible {
  /// Asked to stop; a checkpoint may have been kept.
  case interrupted
  /// A loss or result is not finite.
  case diverged(String)
  /// A data set is missing or corrupt.
  case data(String)
  /// The store cannot be written.
  case cannotWrite(String)
  /// Two runs of the trial disagree.
  case notDeterministic(String)
  /// The process ended by a signal.
  case killed(signal: Int32, output: String)
  /// The process ended without saying why.
  case crashed(code: Int32, output: String)
  /// A trial it needs did not finish.
  case inputFailed(String)
  /// Any other error, in words.
  case other(String)

  /// One line.
  public var description: String {
    switch self {
    case .interrupted: "interrupted"
    case .diverged(let what): "diverged: \(what)"
    case .data(let what): what
    case .cannotWrite(let what): what
    case .notDeterministic(let what): what
    case .killed(let signal, let output):
      "killed by signal \(signal)\(signal == 9 ? " (out of memory?)" : "")" + Self.tail(output)
    case .crashed(let code, let output): "ended with code \(code)" + Self.tail(output)
    case .inputFailed(let what): "needs trial \(what), which failed"
    case .other(let what): what
    }
  }

  private static func tail(_ output: String) -> String {
    let line =
      output.split(separator: "\n").first { $0.contains("rror") }
      ?? output.split(separator: "\n").last
    return line.map { ": \($0.prefix(300))" } ?? ""
  }
}
