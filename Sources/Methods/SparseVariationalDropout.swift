import Compute
import Networks

/// Sparse variational dropout (Molchanov, Ashukha and Vetrov 2017).
///
/// Every weight has a posterior N(θ, σ²), log α = log σ² - log θ², under the log-uniform prior. Minimised is
/// `mean cross-entropy + klWeight / N · Σ KL(α)`: eq. 4 divided by the number of training objects N.
/// Weights of log α >= 3 are removed.
public struct SparseVariationalDropout: Sendable {
  /// log α at and above which a weight is removed.
  public static let threshold: Float = 3

  /// The network.
  public let architecture: Architecture
  /// Whether the means of removed weights are zeroed while training too, as the authors' LeNet code does.
  public let zeroesRemovedMeans: Bool

  /// The method for a network.
  public init(_ architecture: Architecture, zeroesRemovedMeans: Bool = true) {
    self.architecture = architecture
    self.zeroesRemovedMeans = zeroesRemovedMeans
  }

  /// The training program: inputs `x`, `labels`, `klShare` (the weight of the divergence over N);
  /// taps `crossEntropy`, `divergence`.
  public func trainingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      let x = t.input("x", architecture.input)
      var divergence: Value?
      let logits = architecture.forward(x) { layer, x in
        let mean = t.parameter("\(layer.name).weight", layer.shape)
        let logVariance = t.parameter("\(layer.name).logVariance", layer.shape)
        let bias = layer.hasBias ? t.parameter("\(layer.name).bias", [layer.shape[0]]) : nil
        let term = logUniformDivergence(mean, logVariance: logVariance)
        divergence = divergence.map { $0 + term } ?? term
        return localReparametrization(
          layer, x,
          mean: zeroesRemovedMeans
            ? keptMean(mean, logVariance: logVariance, threshold: Self.threshold) : mean,
          variance: exp(logVariance), bias: bias)
      }
      let crossEntropy = mean(softmaxCrossEntropy(logits, t.labels("labels")))
      t.tap("crossEntropy", crossEntropy)
      t.tap("divergence", divergence!)
      return crossEntropy + scaled(divergence!, by: t.scalar("klShare"))
    }
  }

  /// The output of a layer with Gaussian weights, drawn per example and position rather than per weight:
  /// `b = A θ + sqrt(A² σ² + 1e-8) ε` (Kingma et al. 2015; section 4.2 of the paper).
  public func localReparametrization(
    _ layer: WeightedLayer, _ x: Value, mean: Value, variance: Value, bias: Value?
  ) -> Value {
    sampleGaussian(
      mean: layer.apply(x, weight: mean, bias: bias),
      variance: layer.apply(square(x), weight: variance, bias: nil))
  }

  /// Parameters at the start: means from `initialiser`, log σ² = `logVariance`.
  public func start(
    _ program: Program, initialiser: Initialiser, stream: RandomStream, logVariance: Float = -10
  ) -> ParameterSet {
    let set = ParameterSet(program.parameters)
    initialiser.fill(set, architecture, stream: stream)
    for layer in architecture.weighted {
      set["\(layer.name).logVariance"] = Array(repeating: logVariance, count: layer.weights)
    }
    return set
  }

  /// Weight by weight, whether it is kept: unclipped log α < 3.
  public func kept(_ set: ParameterSet, _ layer: WeightedLayer) -> [Bool] {
    zip(set["\(layer.name).weight"], set["\(layer.name).logVariance"]).map { mean, logVariance in
      Double(logVariance) - _log(Double(mean) * Double(mean) + 1e-8) < Double(Self.threshold)
    }
  }

  /// The pruned network as parameters of the plain one: removed weights are zero, the rest their means.
  public func pruned(_ set: ParameterSet, into plain: ParameterSet) {
    plain.copyValues(from: set)
    for layer in architecture.weighted {
      let mask = kept(set, layer)
      plain["\(layer.name).weight"] = zip(set["\(layer.name).weight"], mask).map { $1 ? $0 : 0 }
    }
  }
}
