import Compute
import Networks

/// Sparse variational dropout in plain operations, as its authors' minimal notebook has it, with a choice of what is
/// trained beside the means θ. Minimised is `mean cross-entropy + klShare · Σ KL(α)`.
///
/// `SparseVariationalDropout` is the same method with fused operations, additive only; there log α is clipped to
/// [-8, 8], here to [-10, 10].
public struct VariationalDropout: Sendable {
  /// How the posterior N(θ, σ²) of a weight is written; log α = log σ² - log θ².
  public enum Parametrisation: String, Codable, Sendable, CaseIterable {
    /// θ and log σ² are trained: w = θ + σ ε, so that the noise of dw/dθ is none.
    case additive
    /// θ and log α are trained: w = θ (1 + √α ε), so that dw/dθ is as noisy as α is large.
    case multiplicative

    /// Ending of the name of what is trained beside `weight`.
    public var noiseParameter: String {
      switch self {
      case .additive: "logVariance"
      case .multiplicative: "logAlpha"
      }
    }
  }

  /// What log α is computed as from log σ² and θ.
  public enum Ratio: String, Codable, Sendable {
    /// log σ² - log θ², as in the paper.
    case paper
    /// log σ² - log 2|θ|, as the notebook of the repository sparse-vd-pytorch had it when its log was made: the 2 that
    /// belongs before the logarithm stands inside it.
    case notebook
  }

  /// log α at and above which a weight is removed.
  public static let threshold = 3.0
  /// Where log α is held in the divergence.
  public static let clipped: ClosedRange<Float> = -10...10
  /// Constants of the sigmoid approximation.
  public static let (k1, k2, k3): (Float, Float, Float) = (0.63576, 1.87320, 1.48695)

  /// The network.
  public let architecture: Architecture
  /// What is trained.
  public let parametrisation: Parametrisation
  /// What log α is.
  public let ratio: Ratio

  /// The method for a network; the notebook's ratio goes with additive parameters only.
  public init(
    _ architecture: Architecture, _ parametrisation: Parametrisation = .additive,
    ratio: Ratio = .paper
  ) {
    precondition(
      ratio == .paper || parametrisation == .additive, "the notebook's log α is of additive weights"
    )
    self.architecture = architecture
    self.parametrisation = parametrisation
    self.ratio = ratio
  }

  private func noiseName(_ layer: WeightedLayer) -> String {
    "\(layer.name).\(parametrisation.noiseParameter)"
  }

  /// The training program: inputs `x`, `labels`, `klShare` (the weight of the divergence over the number of
  /// training objects); taps `logits`, `crossEntropy`, `divergence`.
  public func trainingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      var divergence: Value?
      let logits = architecture.forward(t.input("x", architecture.input)) { layer, x in
        let mean = t.parameter("\(layer.name).weight", layer.shape)
        let noise = t.parameter(noiseName(layer), layer.shape)
        let bias = layer.hasBias ? t.parameter("\(layer.name).bias", [layer.shape[0]]) : nil
        let logAlpha: Value
        let variance: Value
        switch parametrisation {
        case .additive:
          logAlpha =
            switch ratio {
            case .paper: noise - log(square(mean) + 1e-16)
            // log 2|θ| is half of log 4θ².
            case .notebook: noise - 0.5 * log(4 * square(mean) + 1e-32)
            }
          variance = exp(noise)
        case .multiplicative:
          logAlpha = noise
          variance = exp(noise) * square(mean)
        }
        let term = Self.divergence(logAlpha: clip(logAlpha, Self.clipped))
        divergence = divergence.map { $0 + term } ?? term
        return sampleGaussian(
          mean: layer.apply(x, weight: mean, bias: bias),
          variance: layer.apply(square(x), weight: variance, bias: nil))
      }
      let crossEntropy = mean(softmaxCrossEntropy(logits, t.labels("labels")))
      t.tap("logits", logits)
      t.tap("crossEntropy", crossEntropy)
      t.tap("divergence", divergence!)
      return crossEntropy + scaled(divergence!, by: t.scalar("klShare"))
    }
  }

  /// `Σ k1 (1 - sigmoid(k2 + k3 log α)) + log(1 + 1/α) / 2`, eq. 14 of the paper up to the constant that makes it vanish
  /// as α grows.
  private static func divergence(logAlpha: Value) -> Value {
    sum(k1 * sigmoid(-(k3 * logAlpha + k2)) + 0.5 * softplus(-logAlpha))
  }

  /// Parameters at the start: means from `initialiser`, the same variance for every weight in either parametrisation.
  public func start(
    _ program: Program, initialiser: Initialiser, stream: RandomStream, logVariance: Double
  ) -> ParameterSet {
    let set = ParameterSet(program.parameters)
    initialiser.fill(set, architecture, stream: stream)
    for layer in architecture.weighted {
      set[noiseName(layer)] =
        switch parametrisation {
        case .additive: Array(repeating: Float(logVariance), count: layer.weights)
        case .multiplicative:
          set["\(layer.name).weight"].map { Float(logVariance - Self.logSquare($0)) }
        }
    }
    return set
  }

  /// log α of every weight of a layer, not clipped.
  public func logAlpha(_ set: ParameterSet, _ layer: WeightedLayer) -> [Double] {
    let noise = set[noiseName(layer)].map(Double.init)
    switch parametrisation {
    case .additive:
      let means = set["\(layer.name).weight"]
      return switch ratio {
      case .paper: zip(noise, means).map { $0 - Self.logSquare($1) }
      case .notebook: zip(noise, means).map { $0 - _log(2 * abs(Double($1)) + 1e-16) }
      }
    case .multiplicative: return noise
    }
  }

  /// The same posterior for another parametrisation, where log α is the paper's.
  public func convert(
    _ set: ParameterSet, to other: Parametrisation, into target: ParameterSet
  ) {
    precondition(ratio == .paper, "the notebook's log α is of additive weights")
    target.copyValues(from: set)
    for layer in architecture.weighted {
      let means = set["\(layer.name).weight"]
      let logAlpha = logAlpha(set, layer)
      target["\(layer.name).\(other.noiseParameter)"] =
        switch other {
        case .additive: zip(logAlpha, means).map { Float($0 + Self.logSquare($1)) }
        case .multiplicative: logAlpha.map { Float($0) }
        }
    }
  }

  /// The pruned network as parameters of the plain one: weights of log α >= 3 are zero, the rest their means.
  ///
  /// - Returns: weights left, by layer.
  @discardableResult
  public func prune(_ set: ParameterSet, into plain: ParameterSet) -> [(layer: String, left: Int)] {
    plain.copyValues(from: set)
    return architecture.weighted.map { layer in
      var left = 0
      plain["\(layer.name).weight"] = zip(set["\(layer.name).weight"], logAlpha(set, layer)).map {
        guard $1 < Self.threshold else { return 0 }
        left += 1
        return $0
      }
      return (layer.name, left)
    }
  }

  private static func logSquare(_ mean: Float) -> Double {
    _log(Double(mean) * Double(mean) + 1e-16)
  }
}
