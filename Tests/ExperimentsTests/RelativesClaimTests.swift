import Experiments
import Foundation
import Harness
import Testing

/// The claims of the experiments around sparse variational dropout, on made-up numbers that meet and miss them.
struct RelativesClaimTests {
  private func verdict(_ experiment: String, _ claim: String, _ rows: [ResultRow]) throws -> Verdict
  {
    let found = try #require(
      Registry.experiments.experiment(experiment).claims.first { $0.id == claim })
    let results = Results(
      experiment: experiment, tier: .paper, rows: rows,
      factors: ["network", "method", "parametrisation", "k", "dataset", "n"])
    return try found.evaluate(results, 0).verdict
  }

  /// One row per seed, its values a little apart.
  private func rows(
    _ metric: String, _ value: Double, _ place: [String: String], spread: Double = 0.01
  ) -> [ResultRow] {
    (1...3).map {
      ResultRow(
        columns: place, seed: UInt64($0), metric: metric, value: value + spread * Double($0 - 2),
        unit: "")
    }
  }

  /// Sparsity that passes 90 % after an epoch, over ten epochs.
  private func rising(_ parametrisation: String, passes epoch: Int) -> [ResultRow] {
    (1...10).flatMap {
      rows(
        "sparsity", $0 >= epoch ? 95 : 50,
        ["parametrisation": parametrisation, "epoch": "\($0)"])
    }
  }

  @Test func additiveIsFarFaster() throws {
    func verdict(_ additive: Int, _ multiplicative: Int) throws -> Verdict {
      try self.verdict(
        "sparse-vd-parametrization", "svd.9",
        rising("additive", passes: additive) + rising("multiplicative", passes: multiplicative))
    }
    #expect(try verdict(2, 8) == .reproduced)
    #expect(try verdict(6, 8) == .deviates)
    // Half exactly is not less than half.
    #expect(try verdict(4, 8) != .reproduced)
    // Who never gets there counts one epoch more than was run: 5 < 11 / 2.
    #expect(try verdict(5, 99) == .reproduced)
    // It may have been far from getting there.
    #expect(try verdict(6, 99) == .inconclusive)
  }

  private func labels(
    removed: Double, sparse: Double, dropout: Double, convolutional: Double? = nil
  ) -> [ResultRow] {
    var found: [ResultRow] = []
    for network in ["FC", "LeNet-5-Caffe"] {
      let place = ["network": network, "method": "sparse_vd"]
      let sparsity = network == "FC" ? removed : convolutional ?? removed
      found += rows("sparsity", sparsity, place, spread: 0)
      found += rows("train_accuracy", sparse, place)
      found += rows("train_accuracy", dropout, ["network": network, "method": "binary_dropout"])
    }
    return found
  }

  @Test func randomLabelsRemoveEverything() throws {
    let id = "sparse-vd-random-labels"
    let good = labels(removed: 100, sparse: 10.4, dropout: 99)
    #expect(try verdict(id, "svd.7", good) == .reproduced)
    #expect(try verdict(id, "svd.8", good) == .reproduced)
    #expect(
      try verdict(id, "svd.7", labels(removed: 100, sparse: 10, dropout: 99, convolutional: 99))
        == .deviates)
    #expect(try verdict(id, "svd.8", labels(removed: 100, sparse: 20, dropout: 99)) == .deviates)
    #expect(try verdict(id, "svd.8", labels(removed: 100, sparse: 10, dropout: 90)) == .deviates)
  }

  @Test(arguments: [
    ["network": "LeNet-5-Caffe", "dataset": "mnist", "dense": "original"],
    ["network": "VGG-like", "dataset": "cifar-10", "dense": "binary_dropout"],
  ])
  func widthClaims(_ kind: [String: String]) throws {
    let id = "sparse-vd-width"
    func rows(_ ratios: [Double], gap: Double) -> [ResultRow] {
      var found: [ResultRow] = []
      for (width, ratio) in zip(["0.25", "1.0", "1.5"], ratios) {
        let place = ["k": width, "network": kind["network"]!, "dataset": kind["dataset"]!]
        let sparse = place.merging(["method": "sparse_vd"]) { $1 }
        let dense = place.merging(["method": kind["dense"]!]) { $1 }
        found += self.rows("compression", ratio, sparse)
        found += self.rows("compression", 1, dense, spread: 0)
        found += self.rows("test_error", 0.8 + gap, sparse)
        found += self.rows("test_error", 0.8, dense, spread: 0)
      }
      return found
    }
    #expect(try verdict(id, "svd.5", rows([20, 80, 100], gap: 0)) == .reproduced)
    #expect(try verdict(id, "svd.5", rows([20, 80, 70], gap: 0)) == .deviates)
    #expect(try verdict(id, "svd.6", rows([20, 80, 100], gap: 0.9)) == .reproduced)
    #expect(try verdict(id, "svd.6", rows([20, 80, 100], gap: 1.2)) == .deviates)
  }

  /// Accuracies of the five priors at numbers of images, best first where nothing else is said.
  private func accuracies(_ values: [String: [Double]], dataset: String = "mnist") -> [ResultRow] {
    values.flatMap { method, values in
      zip(["50", "100", "200", "500", "1000"], values).flatMap { n, value in
        rows(
          "test_accuracy", value, ["dataset": dataset, "method": method, "n": n], spread: 0.002)
      }
    }
  }

  @Test func claimsOfTheDeepWeightPrior() throws {
    let id = "dwp-fig2-accuracy"
    let good = [
      "dwp": [0.80, 0.87, 0.92, 0.945, 0.961], "log_uniform": [0.77, 0.84, 0.90, 0.938, 0.958],
      "deterministic_l2": [0.75, 0.83, 0.89, 0.926, 0.954],
      "standard_normal": [0.72, 0.82, 0.88, 0.937, 0.957],
      "gaussian_full_covariance": [0.60, 0.75, 0.85, 0.92, 0.952],
    ]
    for claim in ["dwp.acc.50", "dwp.acc.200", "dwp.acc.500", "dwp.gap", "dwp.order50"] {
      #expect(try verdict(id, claim, accuracies(good)) == .reproduced, "\(claim)")
    }
    var other = good
    other["standard_normal"] = [0.72, 0.82, 0.93, 0.937, 0.957]
    #expect(try verdict(id, "dwp.acc.200", accuracies(other)) == .deviates)
    #expect(try verdict(id, "dwp.acc.100", accuracies(other)) == .reproduced)
    // Ahead by 0.03 at 50 images and by 0.05 at 1000.
    other = good
    other["dwp"] = [0.80, 0.87, 0.92, 0.945, 1.008]
    #expect(try verdict(id, "dwp.gap", accuracies(other)) == .deviates)
    other = good
    other["deterministic_l2"] = [0.70, 0.83, 0.89, 0.926, 0.954]
    #expect(try verdict(id, "dwp.order50", accuracies(other)) == .deviates)
    // On CIFAR-10 the sizes are others, and the deep weight prior must be ahead at each.
    func cifar(_ last: Double) -> [ResultRow] {
      let values = [
        "dwp": [0.24, 0.30, 0.36], "log_uniform": [0.22, 0.29, last],
        "standard_normal": [0.22, 0.28, 0.35],
      ]
      return values.flatMap { method, values in
        zip(["50", "200", "500"], values).flatMap { n, value in
          rows(
            "test_accuracy", value, ["dataset": "cifar-10", "method": method, "n": n],
            spread: 0.002)
        }
      }
    }
    #expect(try verdict(id, "dwp.cifar", cifar(0.34)) == .reproduced)
    #expect(try verdict(id, "dwp.cifar", cifar(0.38)) == .deviates)
  }

  @Test func claimsOfRandomFeatures() throws {
    let id = "dwp-fig3-random-features"
    func found(_ values: [String: [Double]]) -> [ResultRow] {
      values.flatMap { method, values in
        zip(["1/16", "1/4", "1"], values).flatMap { k, value in
          rows(
            "test_accuracy", value, ["dataset": "mnist", "method": method, "k": k], spread: 0.0005)
        }
      }
    }
    let good = [
      "filters": [0.963, 0.977, 0.987], "dwp": [0.956, 0.975, 0.983],
      "xavier": [0.931, 0.968, 0.983],
    ]
    for claim in ["dwp.rfe.small", "dwp.rfe.order", "dwp.rfe.close"] {
      #expect(try verdict(id, claim, found(good)) == .reproduced, "\(claim)")
    }
    var other = good
    other["xavier"] = [0.931, 0.976, 0.978]
    #expect(try verdict(id, "dwp.rfe.small", found(other)) == .deviates)
    #expect(try verdict(id, "dwp.rfe.close", found(other)) == .deviates)
    other["dwp"] = [0.956, 0.979, 0.983]
    #expect(try verdict(id, "dwp.rfe.order", found(other)) == .deviates)
  }

  @Test func claimOfConvergence() throws {
    func found(_ values: [String: [Double]], step: String = "100") -> [ResultRow] {
      values.flatMap { method, values in
        zip([("elbo", "mnist"), ("test_accuracy", "mnist"), ("test_accuracy", "cifar-10")], values)
          .flatMap { kind, value in
            // Seeds are alike in what they add, so that a small lead counts.
            rows(
              kind.0, value, ["dataset": kind.1, "method": method, "step": step],
              spread: kind.0 == "elbo" ? 1 : 0.002)
          }
      }
    }
    let good = [
      "dwp": [-143.1, 0.974, 0.49], "filters": [-139, 0.977, 0.50],
      "xavier": [-199.7, 0.962, 0.36],
    ]
    func verdict(_ rows: [ResultRow]) throws -> Verdict {
      try self.verdict("dwp-fig4-convergence", "dwp.conv", rows)
    }
    #expect(try verdict(found(good)) == .reproduced)
    // Every part counts: the bound, both accuracies, and both ways to start.
    for (part, better) in [-120, 0.98, 0.55].enumerated() {
      var other = good
      other["xavier"]![part] = better
      #expect(try verdict(found(other)) == .deviates, "part \(part)")
    }
    for method in ["dwp", "filters"] {
      var other = good
      other[method]![1] = 0.95
      #expect(try verdict(found(other)) == .deviates, "\(method)")
    }
    // What holds at another step says nothing, and neither does a claim half measured.
    #expect(try verdict(found(good, step: "200")) == .notComparable)
    #expect(try verdict(found(good).filter { $0.metric == "elbo" }) == .inconclusive)
  }
}
