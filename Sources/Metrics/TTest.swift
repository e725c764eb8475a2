/// Which side of the null value a one-sided test looks at.
public enum Alternative: String, Sendable, Codable {
  /// The mean is below the null value.
  case less
  /// The mean is above the null value.
  case greater
}

/// Outcome of a t-test.
public struct TTest: Sendable, Hashable {
  /// The statistic; infinite when all values agree and differ from the null value.
  public let t: Double
  /// n − 1.
  public let degreesOfFreedom: Double
  /// One-sided p-value.
  public let p: Double
}

/// One-sided t-test of the mean of `values` against `null`; nil for fewer than two values.
///
/// Values that all agree leave no variance: p is 0 on the alternative's side, 1 on the other and at
/// `null` itself, where nothing speaks for the alternative.
public func oneSampleTTest(_ values: [Double], null: Double = 0, alternative: Alternative) -> TTest?
{
  guard values.count > 1 else { return nil }
  let difference = mean(values) - null
  let error = standardError(values)
  guard difference.isFinite, error.isFinite else { return nil }
  let nu = Double(values.count - 1)
  let sign = alternative == .greater ? 1.0 : -1.0
  if error == 0 {
    return TTest(
      t: difference == 0 ? 0 : difference * .infinity, degreesOfFreedom: nu,
      p: sign * difference > 0 ? 0 : 1)
  }
  let t = difference / error
  return TTest(
    t: t, degreesOfFreedom: nu, p: StudentT(degreesOfFreedom: nu).upperTail(sign * t))
}

/// One-sided paired t-test of `mean(a − b)` against `null`; nil for fewer than two pairs.
///
/// - Precondition: `a` and `b` are paired, so equally long.
public func pairedTTest(
  _ a: [Double], _ b: [Double], null: Double = 0, alternative: Alternative
) -> TTest? {
  precondition(a.count == b.count, "a paired test needs pairs")
  return oneSampleTTest(zip(a, b).map { $0 - $1 }, null: null, alternative: alternative)
}

/// p-value of two one-sided tests that the mean of `values` lies within `reference ± margin`.
///
/// The larger of the two one-sided p-values; nil for fewer than two values.
/// p ≤ α exactly when the `1 − 2α` interval of the difference lies inside `±margin`.
public func equivalenceTest(_ values: [Double], reference: Double, margin: Double) -> Double? {
  precondition(margin >= 0, "a margin is not negative")
  guard
    let above = oneSampleTTest(values, null: reference - margin, alternative: .greater),
    let below = oneSampleTTest(values, null: reference + margin, alternative: .less)
  else { return nil }
  return max(above.p, below.p)
}
