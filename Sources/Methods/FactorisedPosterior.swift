import Compute
import Networks

/// A Gaussian posterior with its own variance for every weight of a picture network's convolutions and dense layers, fitted from
/// a trained network (the fully factorised Gaussian of Ashukha et al. 2020).
///
/// The loss is `mean cross-entropy + share · Σ_w (σ² / (2 s²) - log σ + log s - ½)`: the divergence from the prior `N(0, s²)` less
/// the part of the means, which is the optimiser's weight decay. A convolution draws its weights once a batch, a dense layer by
/// local reparametrization.
public struct FactorisedPosterior: Sendable {
  /// The network.
  public let network: any PictureNetwork
  /// Variance s² of the prior.
  public let priorVariance: Double

  /// A posterior over the weights of a network.
  public init(_ network: any PictureNetwork, priorVariance: Double) {
    precondition(priorVariance > 0, "priorVariance: must be positive")
    self.network = network
    self.priorVariance = priorVariance
  }

  /// The training program: inputs `x`, `labels` and `klShare`; parameters of the network and `name.logDeviation` beside every
  /// weight; taps `logits` and `divergence`.
  public func trainingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      var divergence: Value?
      let logits = t.replacing { layer in
        let logDeviation = t.parameter("\(layer.name).logDeviation", layer.weight.shape)
        let variance = exp(2 * logDeviation)
        let constant = Float(_log(priorVariance) / 2 - 0.5)
        let term = sum(Float(1 / (2 * priorVariance)) * variance - logDeviation + constant)
        divergence = divergence.map { $0 + term } ?? term
        if layer.weight.shape.count == 2 {
          return sampleGaussian(
            mean: layer.apply(layer.input, layer.weight, layer.bias),
            variance: layer.apply(square(layer.input), variance, nil))
        }
        let drawn = layer.weight + exp(logDeviation) * gaussian(like: layer.weight)
        return layer.apply(layer.input, drawn, layer.bias)
      } in: {
        network.forward(t.input("x", network.input), in: t)
      }
      t.tap("logits", logits)
      let crossEntropy = mean(softmaxCrossEntropy(logits, t.labels("labels")))
      guard let divergence else { preconditionFailure("a network without weights") }
      t.tap("divergence", divergence)
      return crossEntropy + scaled(divergence, by: t.scalar("klShare"))
    }
  }

  /// Parameters at the start: those of a trained network, every log σ as given.
  public func start(
    _ program: Program, from trained: ParameterSet, logDeviation: Double
  ) -> ParameterSet {
    let set = ParameterSet(program.parameters)
    set.copyValues(from: trained)
    for entry in set.layout.entries where entry.name.hasSuffix(Self.suffix) {
      set[entry.name] = Array(repeating: Float(logDeviation), count: entry.count)
    }
    return set
  }

  /// Whether a parameter is a log σ.
  public static func isDeviation(_ name: String) -> Bool { name.hasSuffix(suffix) }
  private static let suffix = ".logDeviation"

  /// Puts a draw into the parameters of the plain network.
  public func fillDraw(_ plain: ParameterSet, from set: ParameterSet, stream: RandomStream) {
    plain.copyValues(from: set)
    for entry in set.layout.entries where Self.isDeviation(entry.name) {
      let name = String(entry.name.dropLast(Self.suffix.count)) + ".weight"
      var generator = stream.child(name).generator
      plain[name] = zip(set[name], set[entry.name]).map {
        $0 + Float(_exp(Double($1)) * generator.normal())
      }
    }
  }
}
