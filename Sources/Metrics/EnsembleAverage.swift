import Foundation

/// The prediction of an ensemble that grows member by member: the mean of their probabilities, kept as a logarithm.
///
///     log p̄ = log (1/S Σ_s exp(log p_s))
///
/// Members may be networks, weight samples, or augmentations of the object. The mean over the first n members is there
/// after n of them, so a curve over n needs one pass.
public struct EnsembleAverage: Sendable {
  /// S, members so far.
  public private(set) var members = 0
  /// log Σ_s p_s.
  private var sums: [Double]

  /// An ensemble without members, for tables of `entries` numbers.
  public init(entries: Int) {
    sums = [Double](repeating: -.infinity, count: entries)
  }

  /// Takes in a member's log-probabilities, normalised.
  public mutating func add(logProbabilities: [Double]) {
    precondition(logProbabilities.count == sums.count, "members have the same shape")
    members += 1
    for i in sums.indices { sums[i] = Self.logSum(sums[i], logProbabilities[i]) }
  }

  /// Takes in a member's log-probabilities of single precision, normalised.
  public mutating func add(logProbabilities: [Float]) {
    precondition(logProbabilities.count == sums.count, "members have the same shape")
    members += 1
    for i in sums.indices { sums[i] = Self.logSum(sums[i], Double(logProbabilities[i])) }
  }

  /// log p̄ of the members so far, in nats.
  ///
  /// - Precondition: there is a member.
  public var logProbabilities: [Double] {
    precondition(members > 0, "nobody to average")
    let shift = log(Double(members))
    return sums.map { $0 - shift }
  }

  /// log(eᵃ + eᵇ) without overflow.
  private static func logSum(_ a: Double, _ b: Double) -> Double {
    let (large, small) = a > b ? (a, b) : (b, a)
    return small == -.infinity ? large : large + log1p(exp(small - large))
  }
}
