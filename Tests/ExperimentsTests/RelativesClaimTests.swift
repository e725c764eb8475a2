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
      factors: ["network", "method", "parametrisation", "k"])
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
    #expect(try verdict(6, 99) == .deviates)
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

  @Test func widthClaims() throws {
    let id = "sparse-vd-width"
    func rows(_ ratios: [Double], gap: Double) -> [ResultRow] {
      var found: [ResultRow] = []
      for (width, ratio) in zip(["0.25", "1.0", "1.5"], ratios) {
        let sparse = ["k": width, "method": "sparse_vd"]
        let dense = ["k": width, "method": "original"]
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
}
