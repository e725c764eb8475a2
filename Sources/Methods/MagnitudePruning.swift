import Compute
import Networks

/// Pruning by magnitude, with retraining (Han, Pool, Tran and Dally 2015).
///
/// In every round the weights of a layer that are no larger than `factor · std(weights)` are removed for good, and what
/// is left is trained on. The factors are the layer's sensitivity: small where removing hurts.
public struct MagnitudePruning: Masking {
  /// The network with its masks; what is removed stays removed, and biases are kept.
  public let network: MaskedNetwork
  /// Factor of the last round, layer by layer.
  public let factors: [Double]

  /// The method for a network: one factor per layer with weights.
  public init(_ architecture: Architecture, factors: [Double]) {
    precondition(factors.count == architecture.weighted.count, "\(factors.count) factors")
    network = MaskedNetwork(architecture, regrows: false, masksBiases: false)
    self.factors = factors
  }

  /// `factor · std(weights)`: the standard deviation over all weights of a layer, removed ones being zero.
  public static func threshold(_ weights: [Float], factor: Double) -> Float {
    Float(factor * populationDeviation(weights))
  }

  /// Removes what lies at or under the thresholds, with every factor scaled by `share` (r / R in round r of R).
  public func prune(_ set: ParameterSet, share: Double) {
    for (layer, factor) in zip(architecture.weighted, factors) {
      let name = "\(layer.name).weight"
      let weights = network.masked(set, name)
      let threshold = Self.threshold(weights, factor: share * factor)
      set[name] = weights.map { abs($0) > threshold ? $0 : 0 }
      set[MaskedNetwork.mask(name)] = weights.map { abs($0) > threshold ? 1 : 0 }
    }
  }
}
