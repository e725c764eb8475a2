import CGSL

/// Student's t distribution, through GSL. The only file that calls it.
public struct StudentT: Sendable, Hashable {
  /// ν > 0, not necessarily whole.
  public let degreesOfFreedom: Double

  /// A distribution with ν degrees of freedom.
  public init(degreesOfFreedom: Double) {
    precondition(degreesOfFreedom > 0, "degrees of freedom must be positive")
    self.degreesOfFreedom = degreesOfFreedom
  }

  /// `P(T ≤ t)`.
  public func cdf(_ t: Double) -> Double {
    if t.isInfinite { return t > 0 ? 1 : 0 }
    return gsl_cdf_tdist_P(t, degreesOfFreedom)
  }

  /// `P(T > t)`, accurate where `1 − cdf(t)` would cancel.
  public func upperTail(_ t: Double) -> Double {
    if t.isInfinite { return t > 0 ? 0 : 1 }
    return gsl_cdf_tdist_Q(t, degreesOfFreedom)
  }

  /// The t with `P(T ≤ t) = probability`; infinite at 0 and 1.
  ///
  /// - Precondition: `probability` is in `0...1`.
  public func quantile(_ probability: Double) -> Double {
    precondition((0...1).contains(probability), "a probability lies in 0...1")
    if probability == 0 { return -.infinity }
    if probability == 1 { return .infinity }
    return gsl_cdf_tdist_Pinv(probability, degreesOfFreedom)
  }
}
