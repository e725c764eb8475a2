import Compute
import Networks

/// Dynamic network surgery (Guo, Yao and Chen 2016): weights are cut off and spliced in again while training goes on.
///
/// The network computes with W ⊙ T, T a mask, and its gradient there moves all of W. In step i, with probability
/// `(1 + γ i)^-power`, until surgery ends, the masks are renewed: T = 0 where `|w| <= 0.9 t`, T = 1 where
/// `|w| > 1.1 t`, unchanged between. The threshold of a layer is `t = max(μ + c s, 0)`, with μ and s the mean and standard
/// deviation of |w| over its weights and biases before the first step. Biases are masked like weights.
public struct DynamicNetworkSurgery: Masking {
  /// The network with its masks.
  public let network: MaskedNetwork
  /// c of every layer with weights.
  public let factors: [Double]
  /// γ: surgery grows rare after some 1 / γ steps.
  public let gamma: Double
  /// How fast it grows rare from there.
  public let power: Double

  /// The method for a network: one factor per layer with weights.
  public init(
    _ architecture: Architecture, factors: [Double], gamma: Double, power: Double
  ) {
    precondition(factors.count == architecture.weighted.count, "\(factors.count) factors")
    network = MaskedNetwork(architecture, regrows: true, masksBiases: true)
    self.factors = factors
    self.gamma = gamma
    self.power = power
  }

  /// `max(μ + factor · s, 0)` over the magnitudes of all numbers of a layer.
  public static func threshold(_ numbers: [Float], factor: Double) -> Float {
    let sizes = numbers.map { abs($0) }
    let mean = sizes.reduce(0.0) { $0 + Double($1) } / Double(sizes.count)
    return Float(max(mean + factor * populationDeviation(sizes), 0))
  }

  /// The threshold of every layer, from the network that is started with.
  public func thresholds(_ dense: ParameterSet) -> [Float] {
    zip(architecture.weighted, factors).map { layer, factor in
      Self.threshold(
        network.maskedNames(layer).flatMap { dense[$0] }, factor: factor)
    }
  }

  /// Surgery with fixed thresholds, as it is done between steps.
  public func surgeon(thresholds: [Float]) -> Surgeon {
    Surgeon(
      cuts: zip(architecture.weighted, thresholds).flatMap { layer, threshold in
        network.maskedNames(layer).map {
          .init(name: $0, mask: MaskedNetwork.mask($0), threshold: threshold)
        }
      })
  }

  /// Probability of surgery before a step.
  public func probability(step: Int) -> Double {
    _pow(1 + gamma * Double(step), -power)
  }

  /// Renews masks; allocates nothing.
  public struct Surgeon: Sendable {
    struct Cut: Sendable {
      let name: String
      let mask: String
      let threshold: Float
    }
    let cuts: [Cut]

    /// Renews every mask of a set.
    public func operate(on set: ParameterSet) {
      for cut in cuts {
        set.updateMask(
          cut.mask, of: cut.name, low: 0.9 * cut.threshold, high: 1.1 * cut.threshold)
      }
    }
  }
}
