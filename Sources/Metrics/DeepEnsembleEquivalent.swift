/// A number of networks that may lie beyond the largest that was measured.
public enum NetworkCount: Sendable, Hashable, Comparable {
  /// So many, between measured sizes by interpolation.
  case exactly(Double)
  /// More than the largest size that was measured.
  case moreThan(Int)

  /// Beyond lies behind every exact number.
  public static func < (a: NetworkCount, b: NetworkCount) -> Bool {
    switch (a, b) {
    case (.exactly(let a), .exactly(let b)): a < b
    case (.moreThan(let a), .moreThan(let b)): a < b
    case (.exactly, .moreThan): true
    case (.moreThan, .exactly): false
    }
  }
}

/// Deep ensemble equivalent: how many independently trained networks are as good as a given calibrated log-likelihood.
///
///     DEE(method, m) = min { n ≥ 1 : D(n) ≥ cLL(method, m) }
///
/// D(n) is cLL of a deep ensemble of n networks, linear between measured sizes. Source: Ashukha et al. 2020, section 4.
public struct DeepEnsembleEquivalent: Sendable, Hashable {
  /// By the curve itself.
  public let value: NetworkCount
  /// By the curve one deviation higher: the fewest networks that could do.
  public let low: NetworkCount
  /// By the curve one deviation lower: the most that could be needed.
  public let high: NetworkCount
}

/// cLL of deep ensembles by size, in nats.
public struct DeepEnsembleCurve: Sendable, Hashable {
  /// Numbers of networks, ascending from 1.
  public let sizes: [Int]
  /// D at each size.
  public let likelihoods: [Double]
  /// Standard deviation of D at each size.
  public let deviations: [Double]

  /// A curve over sizes that begin with 1 and ascend; deviations are zero where none are given.
  public init(sizes: [Int], likelihoods: [Double], deviations: [Double]? = nil) {
    let deviations = deviations ?? [Double](repeating: 0, count: sizes.count)
    precondition(sizes.first == 1, "a curve begins with one network")
    precondition(zip(sizes, sizes.dropFirst()).allSatisfy { $0 < $1 }, "sizes ascend")
    precondition(
      likelihoods.count == sizes.count && deviations.count == sizes.count, "one number per size")
    precondition(likelihoods.allSatisfy(\.isFinite), "a likelihood is finite")
    precondition(deviations.allSatisfy { $0 >= 0 }, "a deviation is not negative")
    self.sizes = sizes
    self.likelihoods = likelihoods
    self.deviations = deviations
  }

  /// The number of networks as good as `likelihood`, a cLL in nats, with that by the curves of one deviation more and less.
  public func equivalent(of likelihood: Double) -> DeepEnsembleEquivalent {
    DeepEnsembleEquivalent(
      value: size(reaching: likelihood, shift: 0), low: size(reaching: likelihood, shift: 1),
      high: size(reaching: likelihood, shift: -1))
  }

  /// The smallest n at which the curve, moved by `shift` deviations, reaches `likelihood`.
  private func size(reaching likelihood: Double, shift: Double) -> NetworkCount {
    precondition(!likelihood.isNaN, "a likelihood is a number")
    let curve = zip(likelihoods, deviations).map { $0 + shift * $1 }
    guard let place = curve.firstIndex(where: { $0 >= likelihood }) else {
      return .moreThan(sizes[sizes.count - 1])
    }
    if place == 0 { return .exactly(1) }
    let share = (likelihood - curve[place - 1]) / (curve[place] - curve[place - 1])
    return .exactly(Double(sizes[place - 1]) + share * Double(sizes[place] - sizes[place - 1]))
  }
}
