import Harness
import Networks

/// Trials of the convolutional autoencoder of MNIST, one for each way its convolutions may start: Fig. 4 of the deep
/// weight prior measures them, Fig. 6 shows what they draw.
struct AutoencoderPlan: Codable, Sendable {
  var dataset: String
  var latent: Int
  /// For each convolution that starts from kernels, the layer of the source networks that they come from.
  var kernels: [String: String]
  var batch: Int
  var rate: Double
  /// None leaves it out.
  var scores: [Int]
  var scored: Int
  var draws: [Int]
  var pictures: Int

  /// Plans them, and the priors they need.
  func plan(seeds: Int, priors: KernelPriorPlan, into plan: inout PlanBuilder) throws {
    guard let last = scores.last else { return }
    try SettingsCheck.requireCounts(
      ("vae.latent", latent), ("vae.batch", batch), ("vae.scored", scored),
      ("vae.pictures", pictures))
    try SettingsCheck.requireRising("vae.scores", scores)
    try SettingsCheck.requireRising("vae.draws", draws, upTo: last)
    let network = ConvVAE.mnist(latent: latent)
    let sizes = Dictionary(
      uniqueKeysWithValues: network.encoder.map { ($0.name, $0.kernel) }
        + network.decoder.map { ($0.name, $0.kernel) })
    let learned = try priors.plan(into: &plan)
    var start: [String: Ref<TrainedKernelPrior>] = [:]
    for (layer, source) in kernels.sorted(by: { $0.key < $1.key }) {
      guard let size = sizes[layer] else {
        throw HarnessError.wrongType(
          setting: "vae.kernels", expected: "one of \(sizes.keys.sorted())", found: layer)
      }
      guard let prior = learned[source], priors.layers[source]?.size == size else {
        throw HarnessError.wrongType(
          setting: "vae.kernels.\(layer)", expected: "a layer with a prior of \(size) x \(size)",
          found: source)
      }
      start[layer] = prior
    }
    for method in InitialKernels.allCases {
      for seed in 1...UInt64(max(1, seeds)) {
        try plan.add(
          TrainAutoencoder(
            dataset: dataset, latent: latent, method: method,
            priors: method == .xavier ? [:] : start, batch: batch, rate: rate, scores: scores,
            scored: scored, draws: draws, pictures: pictures),
          seed: seed, factors: ["dataset": dataset, "method": method.rawValue])
      }
    }
  }
}
