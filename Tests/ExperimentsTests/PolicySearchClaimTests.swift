import Experiments
import Files
import Foundation
import Harness
import Metrics
import Testing

/// The claims about greedy policy search on made-up numbers that meet and miss them, and the table of recorded errors.
struct PolicySearchClaimTests {
  private func verdict(
    _ claim: String, _ rows: [ResultRow], of experiment: String = "gps-fig6-mce"
  ) throws -> Verdict {
    let found = try #require(
      Registry.experiments.experiment(experiment).claims.first { $0.id == claim })
    let results = Results(
      experiment: experiment, tier: .desktop, rows: rows,
      factors: ["dataset", "network", "method", "against"])
    return try found.evaluate(results, 0).verdict
  }

  /// One row per seed, its values apart by a small scatter of their own.
  private func seeds(_ metric: String, _ value: Double, _ method: String, _ n: Int) -> [ResultRow] {
    (1...3).map { seed in
      let scatter =
        0.0002 * Double((seed * seed * n + seed * method.utf8.map { Int($0) }.reduce(0, +)) % 5 - 2)
      return ResultRow(
        columns: ["dataset": "d", "network": "many", "method": method, "n": "\(n)"],
        seed: UInt64(seed), metric: metric, value: value + scatter, unit: "")
    }
  }

  /// What resampling pictures says about one network.
  private func gain(
    _ metric: String, _ range: ClosedRange<Double>, _ first: String, _ second: String, _ n: Int,
    dataset: String = "d", network: String = "one"
  ) -> [ResultRow] {
    [
      (metric, (range.lowerBound + range.upperBound) / 2), ("\(metric)_low", range.lowerBound),
      ("\(metric)_high", range.upperBound),
    ].map { metric, value in
      ResultRow(
        columns: [
          "dataset": dataset, "network": network, "method": first, "against": second, "n": "\(n)",
        ],
        seed: 1, metric: metric, value: value, unit: "")
    }
  }

  private func one(_ metric: String, _ value: Double, _ method: String, _ n: Int) -> [ResultRow] {
    [
      ResultRow(
        columns: ["dataset": "d", "network": "one", "method": method, "n": "\(n)"], seed: 1,
        metric: metric, value: value, unit: "")
    ]
  }

  /// In domain: what the paper sees, over seeds.
  private func likelihoods(
    gps: Double = 0.30, best: Double = 0.31, crops: Double = 0.33, training: Double = 0.36,
    likelihood: Double = 0.32, accuracy: Double = 0.34
  ) -> [ResultRow] {
    [
      ("gps", gps), ("randaugment_best_M", best), ("crop_flip", crops),
      ("as_in_training", training), ("gps_log_likelihood", likelihood), ("gps_accuracy", accuracy),
    ].flatMap { seeds("negative_cll", $1, $0, 100) }
  }

  @Test func likelihoodsDecide() throws {
    for claim in ["gps.1", "gps.2", "gps.3"] {
      #expect(try verdict(claim, likelihoods()) == .reproduced, "\(claim)")
    }
    #expect(try verdict("gps.1", likelihoods(gps: 0.335)) == .deviates)
    // As good as the best magnitude is good enough, a little worse is too.
    #expect(try verdict("gps.1", likelihoods(gps: 0.3105)) == .reproduced)
    #expect(try verdict("gps.1", likelihoods(gps: 0.315)) == .deviates)
    #expect(try verdict("gps.1", likelihoods(best: 0.3305)) == .reproduced)
    #expect(try verdict("gps.1", likelihoods(best: 0.335)) == .deviates)
    #expect(try verdict("gps.1", likelihoods(gps: 0.3304, best: 0.33)) == .inconclusive)
    #expect(try verdict("gps.2", likelihoods(likelihood: 0.29)) == .deviates)
    #expect(try verdict("gps.2", likelihoods(accuracy: 0.31)) == .deviates)
    #expect(try verdict("gps.3", likelihoods(training: 0.32)) == .deviates)
    #expect(try verdict("gps.3", likelihoods(training: 0.3301)) == .inconclusive)
  }

  @Test func everyNetworkCounts() throws {
    func both(_ gps: ClosedRange<Double>, _ training: ClosedRange<Double>) -> [ResultRow] {
      likelihoods()
        + ["gps", "randaugment_best_M", "crop_flip", "as_in_training"].flatMap {
          one("negative_cll", 0.4, $0, 100)
        }
        + gain("likelihood_gain", gps, "gps", "crop_flip", 100)
        + gain("likelihood_gain", -0.001...0.01, "gps", "randaugment_best_M", 100)
        + gain("likelihood_gain", -0.001...0.01, "randaugment_best_M", "crop_flip", 100)
        + gain("likelihood_gain", training, "crop_flip", "as_in_training", 100)
    }
    let (better, worse, unclear) = (0.01...0.02, -0.02 ... -0.01, -0.01...0.01)
    #expect(try verdict("gps.1", both(better, better)) == .reproduced)
    #expect(try verdict("gps.1", both(worse, better)) == .deviates)
    #expect(try verdict("gps.1", both(unclear, better)) == .inconclusive)
    // Published weights were not trained with random transforms.
    #expect(try verdict("gps.3", both(better, worse)) == .reproduced)
    let published =
      one("negative_cll", 0.4, "gps", 100)
      + gain("likelihood_gain", better, "gps", "crop_flip", 100)
    #expect(try verdict("gps.3", published) == .notComparable)
    // Ensembles are in no claim.
    let ensemble = gain(
      "likelihood_gain", worse, "gps", "crop_flip", 100, network: "3 x many")
    #expect(try verdict("gps.1", both(better, better) + ensemble) == .reproduced)
  }

  private func errors(
    gps: Double = 20, crops: Double = 22, central: Double = 24, early: Double = 22.5
  ) -> [ResultRow] {
    seeds("mu_ce", gps, "gps", 10) + seeds("mu_ce", crops, "crop_flip", 10)
      + seeds("mu_ce", early, "crop_flip", 5) + seeds("mu_ce", 30, "gps", 5)
      + seeds("mu_ce", central, "central_crop", 1)
  }

  @Test func corruptionErrorsDecide() throws {
    #expect(try verdict("gps.4", errors()) == .reproduced)
    #expect(try verdict("gps.5", errors()) == .reproduced)
    #expect(try verdict("gps.4", errors(gps: 23)) == .deviates)
    #expect(try verdict("gps.5", errors(crops: 25)) == .deviates)
    // Five views count too.
    #expect(try verdict("gps.5", errors(early: 25)) == .deviates)
    #expect(try verdict("gps.4", errors(gps: 22.0001)) == .inconclusive)
    func both(_ range: ClosedRange<Double>) -> [ResultRow] {
      errors() + one("mu_ce", 20, "gps", 10) + one("mu_ce", 20, "crop_flip", 10)
        + gain("corruption_gain", range, "gps", "crop_flip", 10)
    }
    #expect(try verdict("gps.4", both(0.1...0.5)) == .reproduced)
    #expect(try verdict("gps.4", both(-0.5 ... -0.1)) == .deviates)
    #expect(try verdict("gps.4", both(-0.1...0.5)) == .inconclusive)
    #expect(try verdict("gps.4", []) == .notComparable)
  }

  @Test func temperaturesDecide() throws {
    func rows(_ temperature: Double, _ sharpness: ClosedRange<Double>) -> [ResultRow] {
      ["gps", "randaugment_best_M", "crop_flip"].flatMap { method in
        seeds("temperature", temperature, method, 100) + one("temperature", 0.8, method, 100)
          + gain("sharpness", sharpness, method, "another", 100)
      }
    }
    #expect(try verdict("gps.7", rows(0.8, 0.01...0.02)) == .reproduced)
    #expect(try verdict("gps.7", rows(1.2, 0.01...0.02)) == .deviates)
    #expect(try verdict("gps.7", rows(0.8, -0.02 ... -0.01)) == .deviates)
    #expect(try verdict("gps.7", rows(0.8, -0.01...0.01)) == .inconclusive)
  }

  @Test func photosDecideByTheirInterval() throws {
    func rows(_ crops: ClosedRange<Double>, _ policy: ClosedRange<Double>) -> [ResultRow] {
      gain("corruption_gain", crops, "crop_flip", "central_crop", 5)
        + gain("corruption_gain", policy, "gps", "central_crop", 20)
    }
    func verdict(_ rows: [ResultRow]) throws -> Verdict {
      try self.verdict("gps.8", rows, of: "gps-imagenet")
    }
    // A gain is how much the error is lower.
    let (lower, higher, unclear) = (1.0...2.0, -2.0 ... -1.0, -1.0...1.0)
    #expect(try verdict(rows(higher, lower)) == .reproduced)
    #expect(try verdict(rows(lower, lower)) == .deviates)
    #expect(try verdict(rows(higher, higher)) == .deviates)
    #expect(try verdict(rows(unclear, lower)) == .inconclusive)
    #expect(try verdict(rows(higher, unclear)) == .inconclusive)
    #expect(try verdict([]) == .notComparable)
  }

  @Test func anExceptionOfAnotherNetworkIsNotCompared() throws {
    #expect(try verdict("gps.6", likelihoods() + errors()) == .notComparable)
  }

  /// The mean corruption errors that follow from the authors' accuracies, against NumPy (`Tests/Oracles/metrics_imagenet_c.py`).
  @Test func recordedErrorsAreThoseOfNumPy() throws {
    let writer = try ReportWriter(
      experiment: Registry.experiments.experiment("gps-imagenet"),
      folder: root.appendingPathComponent("experiments/gps-imagenet"))
    let found = RecordedCorruptionError.all(writer.references)
    let text = try String(
      contentsOf: root.appendingPathComponent("Tests/Fixtures/Metrics/imagenet_c_mce.csv"),
      encoding: .utf8)
    let rows = text.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",").map(String.init)
    }
    #expect(rows.count == 15 && found.count == 15)
    for row in rows {
      let own = try #require(
        found.first { $0.network == row[0] && $0.method == row[1] && "\($0.views)" == row[2] })
      #expect(abs(own.meanCorruptionError - (try #require(Double(row[3])))) < 1e-9, "\(row)")
    }
  }

  /// Every network sees every view of the same pictures in one trial only, and every pool is searched in for all that need it.
  @Test func nothingIsPredictedTwice() throws {
    let writer = try ReportWriter(
      experiment: Registry.experiments.experiment("gps-fig6-mce"),
      folder: root.appendingPathComponent("experiments/gps-fig6-mce"))
    for tier in [Tier.smoke, .desktop] {
      var builder = PlanBuilder(numericMode: "plain") { "digest of \($0)" }
      try writer.experiment.plan(writer.definition, tier: tier, into: &builder)
      let predictions = builder.plan.trials.filter { $0.recipe == "predict-views" }
      let pools = predictions.filter { "\($0.fields)".contains("strongMagnitude") }
      let trainings = builder.plan.trials.count { $0.recipe == "train-classifier" }
      // One of each trained network, one of the published.
      #expect(pools.count == trainings + 1)
      let searches = builder.plan.trials.count { $0.recipe == "search-policy" }
      // Three criteria each; the ensemble and the published network by one.
      #expect(searches == 3 * trainings + 2)
    }
  }

  /// The policy that is drawn is the one that is scored.
  @Test func theDrawnPolicyIsTheSearchedOne() throws {
    for tier in [Tier.smoke, .desktop] {
      let keys = try ["gps-fig6-mce", "gps-fig5-policy"].map { id -> Set<TrialKey> in
        let writer = try ReportWriter(
          experiment: Registry.experiments.experiment(id),
          folder: root.appendingPathComponent("experiments").appendingPathComponent(id))
        var builder = PlanBuilder(numericMode: "plain") { "digest of \($0)" }
        try writer.experiment.plan(writer.definition, tier: tier, into: &builder)
        return Set(builder.plan.trials.filter { $0.recipe == "search-policy" }.map(\.key))
      }
      #expect(keys[1].count == 1 && keys[1].isSubset(of: keys[0]), "\(tier)")
    }
  }
}
