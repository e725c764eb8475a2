import Harness
import Networks

/// Source networks and the priors learned from their kernels: trials of their own, which every experiment with the deep
/// weight prior shares.
struct KernelPriorPlan: Codable, Sendable {
  /// What the source networks learn, and which networks they are.
  var dataset: String
  var network: String
  var networks: Int
  var batch: Int
  var epochs: Int
  var rate: Double
  var penalty: Double
  /// The prior of each convolution, by the layer's name.
  var layers: [String: Layer]

  struct Layer: Codable, Sendable {
    var size: Int
    var hidden: Int
    var latent: Int
    var minimumNorm: Double
    var kernels: Int
    var batch: Int
    var epochs: Int
    var rate: Double
  }

  /// Plans all of them; the seed of a source network is its number, priors have seed 1.
  func plan(into plan: inout PlanBuilder) throws -> [String: Ref<TrainedKernelPrior>] {
    try SettingsCheck.requireCounts(
      ("priors.networks", networks), ("priors.batch", batch), ("priors.epochs", epochs))
    for (name, layer) in layers {
      let path = "priors.layers.\(name)"
      guard layer.size == 5 || layer.size == 7 else {
        throw HarnessError.wrongType(
          setting: "\(path).size", expected: "5 or 7", found: "\(layer.size)")
      }
      try SettingsCheck.requireCounts(
        ("\(path).hidden", layer.hidden), ("\(path).latent", layer.latent),
        ("\(path).kernels", layer.kernels), ("\(path).batch", layer.batch),
        ("\(path).epochs", layer.epochs))
    }
    var sources: [Ref<Weights>] = []
    for number in 1...UInt64(networks) {
      sources.append(
        try plan.add(
          TrainKernelSource(
            dataset: dataset, network: network, batch: batch, epochs: epochs, rate: rate,
            penalty: penalty),
          seed: number))
    }
    var priors: [String: Ref<TrainedKernelPrior>] = [:]
    for (name, layer) in layers.sorted(by: { $0.key < $1.key }) {
      priors[name] = try plan.add(
        FitKernelPrior(
          sources: sources, layer: name, size: layer.size, hidden: layer.hidden,
          latent: layer.latent, minimumNorm: layer.minimumNorm, kernels: layer.kernels,
          batch: layer.batch, epochs: layer.epochs, rate: layer.rate),
        seed: 1)
    }
    return priors
  }

  /// The layer whose kernels figures show.
  static let shownLayer = "conv1"

  /// Plans all of them and the trial that records kernels of the layer shown, `count` of each kind.
  func planDrawing(_ count: Int, into plan: inout PlanBuilder) throws {
    try SettingsCheck.require("count", count, in: 1...100_000)
    guard let prior = try self.plan(into: &plan)[Self.shownLayer] else {
      throw HarnessError.missingSetting("priors.layers.\(Self.shownLayer)", suggestion: nil)
    }
    try plan.add(DrawKernels(prior: prior, count: count), seed: 1, factors: ["dataset": dataset])
  }
}
