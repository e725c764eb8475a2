/// A number that changes over training, given the progress in epochs.
public enum Schedule: Sendable, Codable, Equatable {
  /// Always the same.
  case constant(Double)
  /// From `start`, constant until epoch `hold`, then linearly to zero at epoch `end`.
  case linearToZero(start: Double, hold: Double, end: Double)
  /// Zero until epoch `from`, then linearly up to one at epoch `to`.
  case warmUp(from: Double, to: Double)

  /// The value at an epoch, fractions included.
  public func value(_ epoch: Double) -> Double {
    switch self {
    case .constant(let value): value
    case .linearToZero(let start, let hold, let end):
      epoch <= hold ? start : max(0, start * (end - epoch) / (end - hold))
    case .warmUp(let from, let to):
      min(1, max(0, (epoch - from) / max(to - from, 1e-9)))
    }
  }
}
