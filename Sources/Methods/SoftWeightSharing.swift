import Compute
import Networks

/// Soft weight sharing (Nowlan and Hinton 1992; Ullrich, Meeds and Welling 2017): a mixture of Gaussians as the prior of
/// all weights, learned together with them, draws the weights into few clusters, most of them into one at zero.
///
/// Minimised is `mean cross-entropy + τ / N · (-Σ_w log Σ_j π_j N(w | μ_j, 1/λ_j) + Σ_j ((1 - a_j) log λ_j + b_j λ_j))`:
/// the last term is a Gamma prior on the precisions. Component 0 stays at zero with a fixed share. Biases have no prior.
public struct SoftWeightSharing: Sparsifying {
  /// The Gamma prior on a precision.
  struct PrecisionPrior {
    let shape: Float
    let rate: Float
    /// `(1 - a) log λ + b λ`.
    func energy(_ logPrecision: Value) -> Value {
      sum((1 - shape) * logPrecision + rate * exp(logPrecision))
    }
    static let zero = PrecisionPrior(shape: 5000, rate: 2)
    static let others = PrecisionPrior(shape: 250, rate: 0.1)
  }

  /// The network.
  public let architecture: Architecture
  /// Components, the one at zero included.
  public let components: Int
  /// π_0.
  public let zeroShare: Double

  /// The method for a network.
  public init(_ architecture: Architecture, components: Int = 16, zeroShare: Double = 0.99) {
    precondition(components > 2 && zeroShare > 0 && zeroShare < 1, "one cluster at zero, others")
    self.architecture = architecture
    self.components = components
    self.zeroShare = zeroShare
  }

  /// Parameters of the mixture: `[components - 1]`, but for the precision at zero.
  public enum Parameter {
    /// log λ_0.
    public static let zeroLogPrecision = "mixture.zeroLogPrecision"
    /// μ.
    public static let means = "mixture.means"
    /// log λ.
    public static let logPrecisions = "mixture.logPrecisions"
    /// Shares before the softmax.
    public static let logits = "mixture.logits"
  }

  /// The training program: inputs `x`, `labels`, `priorShare` (τ over N); taps `crossEntropy`, `prior`.
  public func trainingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      let count = [components - 1]
      let zeroLogPrecision = t.parameter(Parameter.zeroLogPrecision, [1])
      let means = t.parameter(Parameter.means, count)
      let logPrecisions = t.parameter(Parameter.logPrecisions, count)
      let logits = t.parameter(Parameter.logits, count)
      var prior =
        PrecisionPrior.zero.energy(zeroLogPrecision) + PrecisionPrior.others.energy(logPrecisions)
      let scores = architecture.forward(t.input("x", architecture.input)) { layer, x in
        let weight = t.parameter("\(layer.name).weight", layer.shape)
        prior =
          prior
          + mixtureEnergy(
            weight, zeroShare: Float(zeroShare), zeroLogPrecision: zeroLogPrecision, means: means,
            logPrecisions: logPrecisions, logits: logits)
        return layer.apply(x, in: t)
      }
      let crossEntropy = mean(softmaxCrossEntropy(scores, t.labels("labels")))
      t.tap("crossEntropy", crossEntropy)
      t.tap("prior", prior)
      return crossEntropy + scaled(prior, by: t.scalar("priorShare"))
    }
  }

  /// The trained network with a mixture of equal shares: means equally spaced over [-0.6, 0.6], deviations of 0.25.
  public func start(_ program: Program, from dense: ParameterSet) -> ParameterSet {
    let set = ParameterSet(program.parameters)
    set.copyValues(from: dense)
    let count = components - 1
    let logPrecision = Float(-2 * _log(0.25))
    set[Parameter.zeroLogPrecision] = [logPrecision]
    set[Parameter.means] = (0..<count).map { -0.6 + 1.2 * Float($0) / Float(count - 1) }
    set[Parameter.logPrecisions] = Array(repeating: logPrecision, count: count)
    set[Parameter.logits] = Array(repeating: 0, count: count)
    return set
  }

  /// The mixture as it stands, the component at zero first.
  public func clusters(_ set: ParameterSet) -> WeightClusters {
    let logits = set[Parameter.logits].map(Double.init)
    let shares = logits.map { _exp($0 - logits.max()!) }
    let mass = shares.reduce(0, +)
    return WeightClusters(
      means: [0] + set[Parameter.means].map(Double.init),
      logPrecisions: (set[Parameter.zeroLogPrecision] + set[Parameter.logPrecisions])
        .map(Double.init),
      shares: [zeroShare] + shares.map { (1 - zeroShare) * $0 / mass })
  }

  /// Every weight at the mean of its cluster, after clusters that coincide have become one.
  public func pruned(_ set: ParameterSet, into plain: ParameterSet) {
    plain.copyValues(from: set)
    let clusters = clusters(set).merged()
    for layer in architecture.weighted {
      let name = "\(layer.name).weight"
      plain[name] = clusters.quantised(set[name])
    }
  }
}
