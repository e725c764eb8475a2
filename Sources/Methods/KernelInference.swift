import Compute
import Networks

/// Variational inference over the kernels of a convolutional network under a prior of kernels (Atanov et al. 2019,
/// Algorithm 1). Every weight of a convolution has a posterior `N(μ, σ²)`; dense layers and biases are plain numbers.
///
/// Minimised is `mean cross-entropy + klShare · Σ_layers Σ_kernels KL`, with klShare `1/N`. Under the implicit prior the
/// divergence of a kernel is bounded by `-Σ ½ log(2πe σ²) + KL(r(z|ŵ) ‖ N(0, I)) - log p(ŵ|ẑ)` with one `ŵ ∼ q` and one
/// `ẑ ∼ r(·|ŵ)` (eq. 7 and 8).
public struct KernelInference: Sendable {
  /// The network.
  public let architecture: Architecture
  /// The prior of each convolution, by the name of the layer.
  public let priors: [String: KernelPrior]
  /// Kernels of a layer that a step estimates the implicit prior's part of the divergence from; all of them where nil.
  /// The estimate is unbiased: their sum counts for all. The entropy is always that of all kernels, so that under Adam,
  /// which divides by the size of gradients, posteriors open as fast as under other priors.
  public let subset: Int?

  /// Inference in a network.
  public init(_ architecture: Architecture, priors: [String: KernelPrior], subset: Int? = nil) {
    let names = architecture.weighted.filter { $0.shape.count == 4 }.map(\.name)
    precondition(Set(names) == Set(priors.keys), "a prior for each of \(names)")
    precondition(subset.map { $0 > 0 } ?? true, "at least one kernel")
    self.architecture = architecture
    self.priors = priors
    self.subset = subset
  }

  /// The convolutions, in order.
  public var convolutions: [WeightedLayer] { architecture.weighted.filter { $0.shape.count == 4 } }

  /// Kernels of a layer.
  public func kernels(_ layer: WeightedLayer) -> Int { layer.shape[0] * layer.shape[1] }

  /// Kernels of a layer that each step takes by themselves; nil where the divergence is computed weight by weight.
  public func drawn(_ layer: WeightedLayer) -> Int? {
    guard let prior = priors[layer.name], prior.isByKernel else { return nil }
    if case .implicit = prior { return min(subset ?? .max, kernels(layer)) }
    return kernels(layer)
  }

  /// The name under which a layer's kernels of a step are bound.
  public func indices(_ layer: WeightedLayer) -> String { "\(layer.name).kernels" }

  /// The training program: inputs `x`, `labels`, `klShare`, and for layers of which a part is drawn their `indices`; taps
  /// `crossEntropy` and, with a posterior, `divergence`.
  ///
  /// - Parameter noise: standard normal numbers of the shape of a value for ŵ and ẑ; drawn afresh where nil.
  public func trainingProgram(
    batch: Int, threads: Int = 1, noise: ((Trace, Value, String) -> Value)? = nil
  ) -> Program {
    Program(batch: batch, threads: threads) { t in
      var divergence: Value?
      let logits = forward(t) { layer, prior, posterior in
        let term = self.divergence(layer, prior, posterior, in: t, noise: noise)
        divergence = divergence.map { $0 + term } ?? term
      }
      let crossEntropy = mean(softmaxCrossEntropy(logits, t.labels("labels")))
      t.tap("crossEntropy", crossEntropy)
      guard let divergence else { return crossEntropy }
      t.tap("divergence", divergence)
      return crossEntropy + scaled(divergence, by: t.scalar("klShare"))
    }
  }

  /// The program of one stochastic pass: input `x`, tap `logProbabilities`. In mode `.sampling` every example meets noise of
  /// its own in what each convolution gives, position by position, as in training (the authors' predictions are means of
  /// such passes); in mode `.evaluation` it is the network of the means.
  public func passProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      t.tap("logProbabilities", logSoftmax(forward(t) { _, _, _ in }))
      return nil
    }
  }

  /// The logits of input `x`, convolutions with a posterior sampled by local reparametrization.
  private func forward(
    _ t: Trace, meeting visit: (WeightedLayer, KernelPrior, Posterior) -> Void
  ) -> Value {
    architecture.forward(t.input("x", architecture.input)) { layer, x in
      guard let prior = priors[layer.name] else { return layer.apply(x, in: t) }
      if case .point = prior { return layer.apply(x, in: t) }
      let posterior = posterior(layer, prior, in: t)
      visit(layer, prior, posterior)
      let bias = layer.hasBias ? t.parameter("\(layer.name).bias", [layer.shape[0]]) : nil
      return sampleGaussian(
        mean: layer.apply(x, weight: posterior.mean, bias: bias),
        variance: layer.apply(square(x), weight: posterior.variance, bias: nil))
    }
  }

  private struct Posterior {
    let mean: Value
    /// log σ², or a for α = sigmoid(a).
    let noise: Value
    let variance: Value
  }

  private func posterior(_ layer: WeightedLayer, _ prior: KernelPrior, in t: Trace) -> Posterior {
    let mean = t.parameter("\(layer.name).weight", layer.shape)
    if case .logUniform = prior {
      let noise = t.parameter("\(layer.name).logitAlpha", layer.shape)
      return Posterior(mean: mean, noise: noise, variance: sigmoid(noise) * square(mean))
    }
    let noise = t.parameter("\(layer.name).logVariance", layer.shape)
    return Posterior(mean: mean, noise: noise, variance: exp(noise))
  }

  private func divergence(
    _ layer: WeightedLayer, _ prior: KernelPrior, _ posterior: Posterior, in t: Trace,
    noise: ((Trace, Value, String) -> Value)?
  ) -> Value {
    switch prior {
    case .point: preconditionFailure("no posterior")
    case .logUniform:
      let alpha = sigmoid(posterior.noise)
      let (c1, c2, c3) = KernelPrior.polynomial
      let alpha2 = square(alpha)
      return -sum(0.5 * log(alpha) + c1 * alpha + c2 * alpha2 + c3 * (alpha2 * alpha))
    case .logUniformAdditive:
      return logUniformDivergence(posterior.mean, logVariance: posterior.noise)
    case .standardNormal:
      return sum(
        0.5 * (posterior.variance + square(posterior.mean) - posterior.noise - 1))
    case .gaussian(let gaussian):
      return estimated(layer, posterior, in: t) { mean, logVariance in
        gaussian.divergence(
          mean: mean, logVariance: logVariance, name: "\(layer.name).prior", in: t)
      }
    case .implicit(let vae, let trainsEncoder):
      let halfLog2PiE: Float = 1.418_938_53
      let entropy = sum(0.5 * posterior.noise + halfLog2PiE)
      let rest = estimated(layer, posterior, in: t) { mean, logVariance in
        let vae = vae.named("\(layer.name).prior.")
        func draw(_ x: Value, _ name: String) -> Value {
          noise?(t, x, "\(layer.name).\(name)") ?? gaussian(like: x)
        }
        let kernel = mean + exp(0.5 * logVariance) * draw(mean, "kernel")
        let code =
          trainsEncoder ? vae.encode(kernel, in: t) : t.frozen { vae.encode(kernel, in: t) }
        let z = code.mean + sqrt(code.variance) * draw(code.mean, "code")
        let decoded = t.frozen { vae.decode(z, in: t) }
        return gaussianEnergy(
          kernel.reshaped(vae.input), mean: decoded.mean, variance: decoded.variance)
          + standardNormalDivergence(mean: code.mean, variance: code.variance)
      }
      return rest - entropy
    }
  }

  /// The sum over all kernels of a layer, from those of the step.
  private func estimated(
    _ layer: WeightedLayer, _ posterior: Posterior, in t: Trace, _ term: (Value, Value) -> Value
  ) -> Value {
    let count = drawn(layer)!
    let parts = t.examples(
      of: [posterior.mean, posterior.noise], axes: 2, count: count, indices: indices(layer))
    return (Float(kernels(layer)) / Float(count)) * sumExamples(term(parts[0], parts[1]))
  }

  /// Binds the kernels of a step; which they are follows from the stream.
  public func bindKernels(_ program: Program, stream: RandomStream) {
    for layer in convolutions where drawn(layer) != nil {
      program.bind(indices: indices(layer), kernelsOfStep(layer, stream: stream))
    }
  }

  /// The kernels of a layer that a step takes, drawn without repetition.
  public func kernelsOfStep(_ layer: WeightedLayer, stream: RandomStream) -> [Int32] {
    let all = kernels(layer)
    let count = drawn(layer) ?? 0
    guard count < all else { return Array(0..<Int32(all)) }
    var generator = stream.child(layer.name).generator
    return Array(permutation(all, using: &generator).prefix(count))
  }

  /// Parameters at the start: Xavier normal weights, but kernels of layers with a trained autoencoder are means of decoded
  /// codes `z ∼ N(0, I)`; log σ² as given, a = -2.
  ///
  /// - Parameter trained: the layers' autoencoders with their parameters; the implicit prior needs them.
  public func start(
    _ program: Program, stream: RandomStream, logVariance: Float = -10,
    priors trained: [String: (vae: KernelVAE, set: ParameterSet)] = [:]
  ) -> ParameterSet {
    let set = ParameterSet(program.parameters)
    Initialiser.xavierNormal.fill(set, architecture, stream: stream.child("weights"))
    for layer in convolutions {
      if let prior = trained[layer.name] {
        set["\(layer.name).weight"] = prior.vae.samples(
          kernels(layer), from: prior.set, stream: stream.child("kernels").child(layer.name))
      }
      switch priors[layer.name]! {
      case .point: break
      case .logUniform:
        set["\(layer.name).logitAlpha"] = Array(repeating: -2, count: layer.weights)
      case .gaussian(let gaussian):
        gaussian.fill(set, name: "\(layer.name).prior")
        set["\(layer.name).logVariance"] = Array(repeating: logVariance, count: layer.weights)
      case .implicit:
        guard let prior = trained[layer.name]?.set else {
          preconditionFailure("\(layer.name): the prior's parameters are missing")
        }
        for entry in prior.layout.entries {
          set["\(layer.name).prior.\(entry.name)"] = prior[entry.name]
        }
        set["\(layer.name).logVariance"] = Array(repeating: logVariance, count: layer.weights)
      case .logUniformAdditive, .standardNormal:
        set["\(layer.name).logVariance"] = Array(repeating: logVariance, count: layer.weights)
      }
    }
    return set
  }

  /// One network drawn from the posterior, as parameters of the plain one.
  public func sample(_ set: ParameterSet, into plain: ParameterSet, stream: RandomStream) {
    plain.copyValues(from: set)
    for layer in convolutions {
      let name = "\(layer.name).weight"
      let noise: [Float]
      switch priors[layer.name]! {
      case .point: continue
      case .logUniform:
        noise = zip(set[name], set["\(layer.name).logitAlpha"]).map { mean, a in
          abs(mean) * Float((1 / (1 + _exp(-Double(a)))).squareRoot())
        }
      default: noise = set["\(layer.name).logVariance"].map { Float(_exp(0.5 * Double($0))) }
      }
      var generator = stream.child(layer.name).generator
      plain[name] = zip(set[name], noise).map { $0 + $1 * Float(generator.normal()) }
    }
  }
}

extension KernelVAE {
  /// Means of kernels decoded from codes `z ∼ N(0, I)`, `[count, size, size]`.
  public func samples(_ count: Int, from set: ParameterSet, stream: RandomStream) -> [Float] {
    let program = decodingProgram(batch: min(count, 256))
    var generator = stream.generator
    var all: [Float] = []
    all.reserveCapacity(count * size * size)
    while all.count < count * size * size {
      let rows = min(program.capacity, count - all.count / (size * size))
      program.bind("z", (0..<rows * latent).map { _ in Float(generator.normal()) })
      program.run(set, mode: .evaluation, examples: rows)
      all += program.read("mean")
    }
    return all
  }
}
