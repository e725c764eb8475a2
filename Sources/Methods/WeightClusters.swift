import Foundation

/// A mixture of Gaussians over single weights, by which weights are made equal.
public struct WeightClusters: Sendable, Equatable {
  /// Component means.
  public var means: [Double]
  /// Logarithms of component precisions.
  public var logPrecisions: [Double]
  /// Component shares.
  public var shares: [Double]

  /// A mixture.
  public init(means: [Double], logPrecisions: [Double], shares: [Double]) {
    precondition(
      means.count == logPrecisions.count && means.count == shares.count && !means.isEmpty,
      "a mean, a precision and a share for each component")
    self.means = means
    self.logPrecisions = logPrecisions
    self.shares = shares
  }

  /// KL(a || b) + KL(b || a) of two components.
  public func divergence(_ a: Int, _ b: Int) -> Double {
    let (p, q) = (exp(logPrecisions[a]), exp(logPrecisions[b]))
    let distance = means[a] - means[b]
    return 0.5 * (q / p + p / q - 2 + (p + q) * distance * distance)
  }

  /// The mixture with components that nearly coincide made one, over chains of them: shares add up; mean and precision
  /// are averages by share. A component with the first one, which stands at zero, stays at zero.
  public func merged(below bound: Double = 1e-10) -> WeightClusters {
    var group = Array(means.indices)  // the smallest index of the chain
    for b in means.indices {
      for a in 0..<b where divergence(a, b) < bound {
        let (low, high) = (min(group[a], group[b]), max(group[a], group[b]))
        for i in group.indices where group[i] == high { group[i] = low }
      }
    }
    var result = WeightClusters(means: [0], logPrecisions: [0], shares: [0])
    (result.means, result.logPrecisions, result.shares) = ([], [], [])
    for first in means.indices where group[first] == first {
      let members = means.indices.filter { group[$0] == first }
      let share = members.reduce(0) { $0 + shares[$1] }
      let mean = members.reduce(0) { $0 + shares[$1] * means[$1] } / share
      let precision = members.reduce(0) { $0 + shares[$1] * exp(logPrecisions[$1]) } / share
      result.means.append(first == 0 ? means[0] : mean)
      result.logPrecisions.append(log(precision))
      result.shares.append(share)
    }
    return result
  }

  /// Each weight at the mean of the component with the largest responsibility for it, the first of equal ones.
  public func quantised(_ weights: [Float]) -> [Float] {
    let scores = zip(shares, logPrecisions).map { log($0) + 0.5 * $1 }
    let halves = logPrecisions.map { 0.5 * exp($0) }
    return weights.map { weight in
      var best = (score: -Double.infinity, component: 0)
      for j in means.indices {
        let distance = Double(weight) - means[j]
        let score = scores[j] - halves[j] * distance * distance
        if score > best.score { best = (score, j) }
      }
      return Float(means[best.component])
    }
  }
}
