import Compute
import Files
import Foundation
import Harness
import Methods
import Networks

/// Learns a convolutional network from few images under a prior of its kernels, and scores the mean prediction of some
/// stochastic passes (Atanov et al. 2019, Fig. 2); beside it that of networks drawn from the posterior, and of its means.
struct InferKernels: Recipe {
  static let name = "infer-kernels"
  static let version = 2

  /// The prior, with the names of the reference numbers.
  enum Method: String, Codable, Sendable, CaseIterable {
    case dwp
    /// The encoder is trained with the posterior, as the paper's text has it; the authors' code freezes it.
    case dwpTrainedEncoder = "dwp_trained_encoder"
    case logUniform = "log_uniform"
    case logUniformAdditive = "log_uniform_additive"
    case standardNormal = "standard_normal"
    case gaussian = "gaussian_full_covariance"
    /// No posterior; kernels start as samples of the deep weight prior, all weights have an L2 penalty.
    case deterministic = "deterministic_l2"

    /// Whether kernels start as samples of the deep weight prior.
    var startsFromPrior: Bool {
      switch self {
      case .dwp, .dwpTrainedEncoder, .deterministic: true
      case .gaussian, .logUniform, .logUniformAdditive, .standardNormal: false
      }
    }

    /// Whether it needs what was learned from source networks.
    var needsPrior: Bool { startsFromPrior || self == .gaussian }
  }

  var dataset: String
  var split: DigitData.Split
  var network: String
  var method: Method
  /// The learned prior of each convolution, where the method needs one.
  var priors: [String: Ref<TrainedKernelPrior>]
  /// Training images, drawn by class with the trial's seed: the same for every method.
  var images: Int
  var batch: Int
  var steps: Int
  /// Adam's rate, linearly to zero.
  var rate: Double
  /// What the rates of log σ² add up to over the training, at least: from -10 a posterior opens by no more than that.
  var noiseRateSum: Double
  var initialLogVariance: Double
  /// L2 penalty of `deterministic_l2`.
  var decay: Double
  /// Kernels of a layer in each step's divergence, where it is a sum over kernels.
  var subset: Int
  /// Passes, or networks drawn, for a prediction.
  var samples: Int
  /// Steps from one score to the next.
  var scoreEvery: Int

  var datasets: [String] { [dataset] }

  /// Steps through the network and through the paper's autoencoders, and the predictions of 10,000 images.
  var estimatedSeconds: Double? {
    guard let network = Architecture.named(network) else { return nil }
    let isPlain = method == .deterministic
    let forward = 2 * Double(network.multiplyAdds)
    var step = (isPlain ? 3 : 6) * forward * Double(min(batch, images))
    if method == .dwp || method == .dwpTrainedEncoder {
      for layer in network.weighted where layer.shape.count == 4 {
        let kernels = min(subset, layer.shape[0] * layer.shape[1])
        step += 6 * Double(KernelVAE.paper(size: layer.shape[2]).multiplyAdds * kernels)
      }
    }
    let scores = Double(max(1, steps / max(1, scoreEvery))) * Double(isPlain ? 1 : samples)
    return (step * Double(steps) + scores * forward * 10_000) / TrainingCost.operationsPerSecond
  }

  func run(_ context: TrialContext) throws {
    let all = try context.digits(dataset, split, pixels: .unit)
    let architecture = try Architecture.known(network, for: all)
    guard images <= all.training.rows.count else {
      throw TrialFailure.other(
        "\(dataset): expected \(images) training images, found \(all.training.rows.count)")
    }
    let data = all.stratified(images, stream: RandomStream(seed: context.seed, "training images"))
    let stream = RandomStream(seed: context.seed, "infer-kernels")
    let learned =
      method.startsFromPrior ? try priors.mapValues { try context.kernelPrior($0) } : [:]
    let inference = KernelInference(
      architecture, priors: try kernelPriors(architecture, learned, context), subset: subset)
    let batch = min(batch, images)
    let program = inference.trainingProgram(batch: batch)
    let parameters = inference.start(
      program, stream: stream.child("start"), logVariance: Float(initialLogVariance),
      priors: learned)
    let trainer = EpochTrainer(
      program: program, parameters: parameters, data: data.training, batch: batch, stream: stream)
    if method != .deterministic {
      program.bind("klShare", 1 / Double(data.training.rows.count))
    }
    let epochs = max(1, steps / trainer.stepsPerEpoch)
    let schedule = Schedule.linearToZero(start: rate, hold: 0, end: Double(epochs))
    // Linearly to zero, rates add up to half of what they began with.
    let total = rate * Double(epochs * trainer.stepsPerEpoch) / 2
    let noiseRate = max(1, noiseRateSum / total)
    let passes = Scorer(
      inference.passProgram(batch: 496), classes: architecture.classes, rows: data.scored)
    let kernels = stream.child("kernels of a step")
    try context.train(trainer, epochs: epochs) { epoch in
      let loss = try trainer.runEpoch(
        rate: schedule.value(Double(epoch)), decay: method == .deterministic ? decay : 0,
        rateOf: { $0.hasSuffix(".logVariance") || $0.hasSuffix(".logitAlpha") ? noiseRate : 1 },
        beforeStep: { inference.bindKernels(program, stream: kernels.child($0)) })
      let step = (epoch + 1) * trainer.stepsPerEpoch
      let isLast = epoch + 1 == epochs
      guard isLast || step / scoreEvery > (step - trainer.stepsPerEpoch) / scoreEvery else {
        return String(format: "loss %.2f", loss)
      }
      passes.parameters.copyValues(from: parameters)
      let accuracy = accuracy(stream.child("prediction").child(epoch)) { passes.score(noise: $0) }
      let at = ["step": "\(step)"]
      try context.record("training_loss", loss, unit: "nats", coordinates: at)
      try context.record("test_accuracy", accuracy, unit: "fraction", coordinates: at)
      if isLast { try context.record("test_accuracy", accuracy, unit: "fraction") }
      return String(format: "loss %.2f, accuracy %.3f", loss, accuracy)
    }
    guard method != .deterministic else { return }
    let drawn = Scorer(architecture, rows: data.scored)
    let byNetwork = accuracy(stream.child("drawn networks")) {
      inference.sample(parameters, into: drawn.parameters, stream: $0)
      return drawn.score()
    }
    try context.record("drawn_accuracy", byNetwork, unit: "fraction")
    try context.record("mean_accuracy", 1 - passes.score().testError / 100, unit: "fraction")
  }

  /// The prior of each convolution.
  private func kernelPriors(
    _ architecture: Architecture, _ learned: [String: (vae: KernelVAE, set: ParameterSet)],
    _ context: TrialContext
  ) throws -> [String: KernelPrior] {
    var found: [String: KernelPrior] = [:]
    for layer in architecture.weighted where layer.shape.count == 4 {
      func vae() throws -> KernelVAE {
        guard let prior = learned[layer.name] else {
          throw TrialFailure.other("\(layer.name): no prior was learned for this layer")
        }
        return prior.vae
      }
      found[layer.name] =
        switch method {
        case .dwp: .implicit(try vae(), trainsEncoder: false)
        case .dwpTrainedEncoder: .implicit(try vae(), trainsEncoder: true)
        case .logUniform: .logUniform
        case .logUniformAdditive: .logUniformAdditive
        case .standardNormal: .standardNormal
        case .deterministic: .point
        case .gaussian:
          try gaussian(of: layer.name, context)
        }
    }
    return found
  }

  private func gaussian(of layer: String, _ context: TrialContext) throws -> KernelPrior {
    guard let ref = priors[layer] else {
      throw TrialFailure.other("\(layer): no kernels were collected for this layer")
    }
    let kernels = try context.sourceKernels(ref)
    return .gaussian(
      try KernelGaussian(fitting: kernels.numbers, size: kernels.size * kernels.size))
  }

  /// Share of right answers of the mean of some predictions, each with a stream of its own.
  private func accuracy(_ stream: RandomStream, _ predict: (RandomStream) -> Score) -> Double {
    let scores = (0..<(method == .deterministic ? 1 : samples)).map { predict(stream.child($0)) }
    return 1 - Score(mean: scores).testError / 100
  }
}

extension DigitData {
  /// Some of the training images, of each class equally many as far as it has them; what is scored stays as it is.
  func stratified(_ count: Int, stream: RandomStream) -> DigitData {
    precondition(count <= training.rows.count, "\(count) of \(training.rows.count) images")
    var byClass: [Int32: [Int32]] = [:]
    for row in training.rows { byClass[training.labels[Int(row)], default: []].append(row) }
    let classes = byClass.keys.sorted()
    var chosen: [Int32] = []
    for (place, label) in classes.enumerated() {
      // What does not divide goes to the first ones.
      let quota = count / classes.count + (place < count % classes.count ? 1 : 0)
      let rows = byClass[label]!
      var generator = stream.child(label).generator
      chosen += permutation(rows.count, using: &generator).prefix(quota).map { rows[Int($0)] }
    }
    return DigitData(
      training: TrainingRows(table: training.table, labels: training.labels, rows: chosen),
      scored: scored)
  }
}
