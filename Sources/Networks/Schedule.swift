import Foundation

/// A number that changes over training, given the progress in epochs.
public enum Schedule: Sendable, Codable, Equatable {
  /// Always the same.
  case constant(Double)
  /// From `start`, constant until epoch `hold`, then linearly to zero at epoch `end`.
  case linearToZero(start: Double, hold: Double, end: Double)
  /// Zero until epoch `from`, then linearly up to one at epoch `to`.
  case warmUp(from: Double, to: Double)

  /// `start` until half of `end`, then linearly to a hundredth of it at nine tenths, and so on to the end.
  case halfThenLinear(start: Double, end: Double)
  /// Cosine arcs from `start` to zero, one every `cycle` epochs.
  case cosineCycles(start: Double, cycle: Double)
  /// From `high` linearly to `low` and back, once every `cycle` epochs; lowest in the middle of a cycle.
  case triangularCycles(high: Double, low: Double, cycle: Double)
  /// Another schedule, whose epoch 0 is this one's epoch `by`.
  indirect case later(Schedule, by: Double)

  /// The value at an epoch, fractions included.
  public func value(_ epoch: Double) -> Double {
    switch self {
    case .constant(let value): value
    case .linearToZero(let start, let hold, let end):
      epoch <= hold ? start : max(0, start * (end - epoch) / (end - hold))
    case .warmUp(let from, let to):
      min(1, max(0, (epoch - from) / max(to - from, 1e-9)))
    case .halfThenLinear(let start, let end):
      start * (1 - 0.99 * min(1, max(0, (epoch / end - 0.5) / 0.4)))
    case .cosineCycles(let start, let cycle):
      start / 2 * (1 + cos(.pi * Self.phase(epoch, cycle)))
    case .later(let schedule, let epochs):
      schedule.value(epoch - epochs)
    case .triangularCycles(let high, let low, let cycle):
      low + (high - low) * abs(1 - 2 * Self.phase(epoch, cycle))
    }
  }

  /// Where in its cycle an epoch is, in 0 ..< 1.
  private static func phase(_ epoch: Double, _ cycle: Double) -> Double {
    (epoch / cycle).truncatingRemainder(dividingBy: 1)
  }
}
