/// A closed interval of real numbers; its ends may be infinite.
public struct Interval: Sendable, Hashable {
  /// The lower end.
  public let low: Double
  /// The upper end, not below `low`.
  public let high: Double

  /// The interval `[low, high]`.
  public init(low: Double, high: Double) {
    precondition(low <= high, "an interval needs low ≤ high, got \(low) and \(high)")
    self.low = low
    self.high = high
  }

  /// Whether `value` lies in `[low, high]`.
  public func contains(_ value: Double) -> Bool { low <= value && value <= high }

  /// Whether the whole of `other` lies in this interval.
  public func contains(_ other: Interval) -> Bool { low <= other.low && other.high <= high }

  /// Whether the two share no point.
  public func isDisjoint(from other: Interval) -> Bool { high < other.low || other.high < low }

  /// Both ends moved by `offset`.
  public func shifted(by offset: Double) -> Interval {
    Interval(low: low + offset, high: high + offset)
  }
}

/// Two-sided t interval of the mean, `x̄ ± t₍ₙ₋₁₎ s/√n`; nil for fewer than two values.
///
/// - Precondition: `level` is in `0..<1`.
public func confidenceInterval(ofMean values: [Double], level: Double = 0.95) -> Interval? {
  precondition(level >= 0 && level < 1, "a confidence level lies in 0..<1")
  guard values.count > 1 else { return nil }
  let t = StudentT(degreesOfFreedom: Double(values.count - 1)).quantile(0.5 + level / 2)
  let centre = mean(values)
  let half = t * standardError(values)
  guard centre.isFinite, half.isFinite else { return nil }
  return Interval(low: centre - half, high: centre + half)
}

/// t interval of `mean − printed` for a printed value taken as exact; nil for fewer than two values.
public func differenceInterval(
  _ values: [Double], printed: Double, level: Double = 0.90
) -> Interval? {
  confidenceInterval(ofMean: values, level: level)?.shifted(by: -printed)
}
