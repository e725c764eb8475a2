import Foundation
import Harness
import Metrics
import Networks
import Reports

/// Table 1 of sparse variational dropout (Molchanov, Ashukha and Vetrov 2017): error, sparsity per layer and
/// compression on MNIST, of the dense network and of four methods that remove weights.
struct SparseVDTable1: Experiment {
  static let id = "sparse-vd-table1"

  struct Settings: Codable, Sendable {
    var dataset: String
    /// `test`, or `validation` to make a choice: a part of the training images is held out and scored instead.
    var split: DigitData.Split
    var seeds: Int
    var batch: Int
    var denseEpochs: Int
    var denseRate: Double
    var denseHoldEpochs: Double
    var denseDecay: Double
    /// Epochs of sparse variational dropout on each network.
    var leNet300Epochs: Int
    var leNet5Epochs: Int
    var rate: Double
    /// Epochs before the rate of sparse variational dropout begins to fall.
    var leNet300HoldEpochs: Double
    var leNet5HoldEpochs: Double
    var initialLogVariance: Double
    /// Factor on the rate of log σ².
    var logVarianceRate: Double
    var warmUpFrom: Double
    var warmUpTo: Double
    /// The methods that the paper compares with.
    var baselines: SparseVDBaselines
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    for seed in 1...UInt64(max(1, settings.seeds)) {
      for network in [Architecture.leNet300, .leNet5] {
        let factors = { (method: String) in
          ["dataset": settings.dataset, "network": network.name, "method": method]
        }
        let dense = try plan.add(
          TrainDense(
            dataset: settings.dataset, split: settings.split, network: network.name,
            initialiser: .xavierNormal,
            batch: settings.batch, epochs: settings.denseEpochs, rate: settings.denseRate,
            holdEpochs: settings.denseHoldEpochs, decay: settings.denseDecay),
          seed: seed, factors: factors("original"))
        let isConvolutional = network.name == Architecture.leNet5.name
        try plan.add(
          TrainSparse(
            dataset: settings.dataset, split: settings.split, network: network.name,
            start: isConvolutional ? dense : nil, initialiser: .normal001,
            initialLogVariance: settings.initialLogVariance, zeroesRemovedMeans: true,
            batch: settings.batch,
            epochs: isConvolutional ? settings.leNet5Epochs : settings.leNet300Epochs,
            rate: settings.rate,
            holdEpochs: isConvolutional ? settings.leNet5HoldEpochs : settings.leNet300HoldEpochs,
            logVarianceRate: settings.logVarianceRate, warmUpFrom: settings.warmUpFrom,
            warmUpTo: settings.warmUpTo),
          seed: seed, factors: factors("sparse_vd"))
        try settings.baselines.plan(
          from: .init(
            dataset: settings.dataset, split: settings.split, batch: settings.batch,
            network: network, dense: dense),
          seed: seed, into: &plan, factors: factors)
      }
    }
  }

  var claims: [Claim] {
    [
      Claim("svd.1") { results, _ in
        let place = ["network": Architecture.leNet300.name, "epoch": ""]
        let sparse = place.merging(["method": "sparse_vd"]) { a, _ in a }
        let dense = place.merging(["method": "original"]) { a, _ in a }
        let rivals = ["pruning", "dns"].map { rival in
          results.test(
            ("compression", sparse), .greater,
            ("compression", place.merging(["method": rival]) { a, _ in a }))
        }
        return .all(
          rivals + [
            results.test(("test_error", sparse), .less, ("test_error", dense), tolerance: 0.4)
          ])
      },
      Claim("svd.2") { results, tolerance in
        .all(
          Architecture.all.map { network in
            results.test(
              ("test_error", ["network": network.name, "method": "sparse_vd", "epoch": ""]), .less,
              ("test_error", ["network": network.name, "method": "original", "epoch": ""]),
              tolerance: 0.4 + tolerance)
          })
      },
      Claim("svd.3") { results, _ in
        Self.layers(results, .leNet300, least: "fc3", others: ["fc1", "fc2"])
      },
      Claim("svd.4") { results, _ in
        .all([
          Self.layers(results, .leNet5, least: "conv1", others: ["conv2", "fc1", "fc2"]),
          .all(
            ["conv1", "conv2", "fc2"].map {
              Self.layers(results, .leNet5, least: $0, others: ["fc1"])
            }),
        ])
      },
    ]
  }

  /// Whether a layer is less sparse than each of the others, for every method that removes weights.
  private static func layers(
    _ results: Results, _ network: Architecture, least: String, others: [String]
  ) -> ClaimOutcome {
    let methods = results.distinct(
      "method", metric: "layer_sparsity", where: ["network": network.name])
    guard !methods.isEmpty else { return .notMeasured("sparsity") }
    return .all(
      methods.flatMap { method in
        others.map { other in
          let place = ["network": network.name, "method": method, "epoch": ""]
          return results.test(
            ("layer_sparsity", place.merging(["layer": least]) { a, _ in a }), .less,
            ("layer_sparsity", place.merging(["layer": other]) { a, _ in a }))
        }
      })
  }

  func present(_ report: ReportData, into folder: URL) throws {
    try SparseVDPresentation(report: report, folder: folder).write()
  }
}
