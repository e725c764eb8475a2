import Compute
import Experiments
import Files
import Foundation
import Harness
import Metrics
import Testing

/// The claims about ensembles and test-time augmentation on made-up numbers that meet and miss them, and what their plan predicts.
struct EnsembleClaimTests {
  private static let methods = [
    "single_model", "deep_ensemble", "sse", "csgld", "fge", "swag", "swa", "dropout", "vi_ffg",
    "kfac_laplace",
  ]

  private func verdict(
    _ claim: String, _ rows: [ResultRow], of experiment: String = "tta-nll-cifar"
  ) throws -> Verdict {
    let found = try #require(
      Registry.experiments.experiment(experiment).claims.first { $0.id == claim })
    let results = Results(
      experiment: experiment, tier: .desktop, rows: rows,
      factors: ["dataset", "network", "method", "augmentation"])
    return try found.evaluate(results, 0).verdict
  }

  /// One row per seed, its values apart by a scatter that is another for every n.
  private func rows(
    _ metric: String, _ value: Double, _ method: String, _ augmentation: String, _ n: Int
  ) -> [ResultRow] {
    (1...3).map { seed in
      let scatter = 0.002 * Double((seed * seed * n + seed * method.count) % 5 - 2)
      return ResultRow(
        columns: ["method": method, "augmentation": augmentation, "n": "\(n)"],
        seed: UInt64(seed), metric: metric, value: value + scatter, unit: "")
    }
  }

  /// What the paper sees: deep ensembles best, one view worse, many views better.
  private func likelihoods(
    deep: Double = 0.4, oneView: Double = 0.9, manyViews: Double = 0.3, fifty: Double = 0.35
  ) -> [ResultRow] {
    Self.methods.flatMap { method in
      let own = method == "deep_ensemble" ? deep : method == "single_model" ? 0.8 : 0.5
      let n = ["single_model", "swa"].contains(method) ? 1 : 5
      return rows("negative_cll", own, method, "none", n)
        + rows("negative_cll", oneView, method, "crop_flip", 1)
        + rows("negative_cll", manyViews, method, "crop_flip", 10)
        + (method == "single_model" ? rows("negative_cll", fifty, method, "crop_flip", 50) : [])
    }
  }

  @Test func likelihoodsDecide() throws {
    for claim in ["pit.2", "pit.5", "pit.6", "pit.7"] {
      #expect(try verdict(claim, likelihoods()) == .reproduced, "\(claim)")
    }
    #expect(try verdict("pit.2", likelihoods(deep: 0.6)) == .deviates)
    #expect(try verdict("pit.5", likelihoods(oneView: 0.7)) == .deviates)
    #expect(try verdict("pit.6", likelihoods(manyViews: 0.45)) == .deviates)
    #expect(try verdict("pit.7", likelihoods(fifty: 0.6)) == .deviates)
    // Closer than seeds are apart.
    #expect(try verdict("pit.2", likelihoods(deep: 0.499)) == .inconclusive)
    #expect(try verdict("pit.7", likelihoods(fifty: 0.499)) == .inconclusive)
  }

  @Test func everyRivalCounts() throws {
    let all = likelihoods()
    // One that was not measured was not beaten.
    #expect(
      try verdict("pit.2", all.filter { $0.columns["method"] != "csgld" }) == .inconclusive)
    let others = all.filter {
      $0.columns["method"] != "sse" || $0.columns["augmentation"] != "none"
    }
    #expect(
      try verdict("pit.2", others + rows("negative_cll", 0.2, "sse", "none", 5)) == .deviates)
    // Views must be better at every number of them from 10 on.
    #expect(
      try verdict("pit.6", all + rows("negative_cll", 0.9, "csgld", "crop_flip", 15)) == .deviates)
  }

  private func equivalents(_ one: Double, _ many: Double) -> [ResultRow] {
    Self.methods.flatMap { method in
      rows("negative_cll", 0.5, method, "none", 5)
        + rows("dee", ["sse", "csgld"].contains(method) ? many : one, method, "none", 5)
    }
  }

  @Test func equivalentsDecide() throws {
    #expect(try verdict("pit.3", equivalents(1.5, 4)) == .reproduced)
    #expect(try verdict("pit.3", equivalents(3, 4)) == .deviates)
    #expect(try verdict("pit.4", equivalents(1.5, 4)) == .reproduced)
    #expect(try verdict("pit.4", equivalents(4, 2)) == .deviates)
  }

  @Test func photosDecideByTheirInterval() throws {
    func gains(_ one: ClosedRange<Double>, _ many: ClosedRange<Double>) -> [ResultRow] {
      [(1, one), (10, many), (50, many)].flatMap { n, range in
        [
          ("gain", (range.lowerBound + range.upperBound) / 2), ("gain_low", range.lowerBound),
          ("gain_high", range.upperBound),
        ].map { metric, value in
          ResultRow(columns: ["n": "\(n)"], seed: 1, metric: metric, value: value, unit: "nats")
        }
      }
    }
    func verdict(_ claim: String, _ rows: [ResultRow]) throws -> Verdict {
      try self.verdict(claim, rows, of: "tta-nll-imagenet")
    }
    let (worse, better, unclear) = (-0.2 ... -0.1, 0.1...0.2, -0.1...0.1)
    #expect(try verdict("pit.5", gains(worse, better)) == .reproduced)
    #expect(try verdict("pit.5", gains(better, better)) == .deviates)
    #expect(try verdict("pit.5", gains(unclear, better)) == .inconclusive)
    #expect(try verdict("pit.6", gains(worse, better)) == .reproduced)
    #expect(try verdict("pit.6", gains(worse, worse)) == .deviates)
    #expect(try verdict("pit.6", gains(worse, unclear)) == .inconclusive)
    #expect(try verdict("pit.6", []) == .notComparable)
  }

  /// The intervals of the committed report again, from the gain of each photo.
  @Test func theReportOfPhotosFollowsFromItsRecords() throws {
    let folder = root.appendingPathComponent("reports/tta-nll-imagenet/desktop/records")
    let trial = try #require(
      FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .first {
          FileManager.default.fileExists(atPath: $0.appendingPathComponent("gains.npy.gz").path)
        })
    let gains = try NPY.parse(
      Gzip.decompress(file: trial.appendingPathComponent("gains.npy.gz"), limit: 1 << 20))
    let results = try Results(fromRecords: RecordFolder(report: folder.deletingLastPathComponent()))
    let sizes = results.distinct("n", metric: "gain").compactMap(Int.init).sorted()
    #expect(gains.shape == [sizes.count, 1000])
    for (row, n) in sizes.enumerated() {
      let own = gains.floats()[row * 1000..<(row + 1) * 1000].map(Double.init)
      func value(_ metric: String) throws -> Double {
        try #require(results.values(metric: metric, where: ["n": "\(n)"]).first?.value)
      }
      #expect(abs(try value("gain") - mean(own)) < 1e-6)
      // Other draws than the report's: its ends move by a few hundredths of the interval's width.
      var generator = RandomStream(seed: 77, "recomputed").generator
      let interval = bootstrapInterval(ofMean: own, using: &generator)
      let width = interval.high - interval.low
      #expect(abs(try value("gain_low") - interval.low) < 0.05 * width)
      #expect(abs(try value("gain_high") - interval.high) < 0.05 * width)
    }
  }

  @Test func whatIsNotTrainedIsNotCompared() throws {
    #expect(try verdict("pit.1", likelihoods()) == .notComparable)
    #expect(try verdict("pit.7", []) == .notComparable)
  }

  /// With several networks a claim is one of each.
  @Test func everyNetworkMustAgree() throws {
    func named(_ rows: [ResultRow], _ network: String) -> [ResultRow] {
      rows.map { row in
        var row = row
        row.columns["network"] = network
        return row
      }
    }
    // Of a kind without dropout.
    let good = named(likelihoods(), "preresnet110").filter { $0.columns["method"] != "dropout" }
    for claim in ["pit.2", "pit.5", "pit.6", "pit.7"] {
      #expect(try verdict(claim, good + named(likelihoods(), "vgg16-bn")) == .reproduced)
    }
    #expect(
      try verdict("pit.5", good + named(likelihoods(oneView: 0.7), "vgg16-bn")) == .deviates)
    #expect(
      try verdict("pit.7", good + named(likelihoods(fifty: 0.6), "vgg16-bn")) == .deviates)
    // One that could have dropout and has no numbers of it is not done.
    let missing = named(likelihoods(), "vgg16-bn").filter { $0.columns["method"] != "dropout" }
    #expect(try verdict("pit.6", good + missing) == .inconclusive)

    // Both stand in one table, each has its own figures.
    let writer = try ReportWriter(
      experiment: Registry.experiments.experiment("tta-nll-cifar"),
      folder: root.appendingPathComponent("experiments/tta-nll-cifar"))
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("networks-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try writer.experiment.present(
      ReportData(
        definition: writer.definition, tier: .paper,
        results: Results(
          experiment: "tta-nll-cifar", tier: .paper,
          rows: good + named(likelihoods(), "vgg16-bn"),
          factors: ["dataset", "network", "method", "augmentation"]),
        references: References(), verdicts: []),
      into: folder)
    let table = try String(
      contentsOf: folder.appendingPathComponent("table.md"), encoding: .utf8)
    #expect(table.contains("| preresnet110 | SSE |") && table.contains("| vgg16-bn | dropout |"))
    #expect(!table.contains("| preresnet110 | dropout |"))
    for network in ["preresnet110", "vgg16-bn"] {
      #expect(
        try !Bytes.read(folder.appendingPathComponent("likelihood-\(network).png")).isEmpty)
    }
  }

  /// The paper tier has both of the paper's networks, and dropout where there is such a network.
  @Test func paperTierHasBothNetworks() throws {
    let writer = try ReportWriter(
      experiment: Registry.experiments.experiment("tta-nll-cifar"),
      folder: root.appendingPathComponent("experiments/tta-nll-cifar"))
    var builder = PlanBuilder(numericMode: "plain") { "digest of \($0)" }
    try writer.experiment.plan(writer.definition, tier: .paper, into: &builder)
    func methods(_ network: String) -> Set<String> {
      Set(
        builder.plan.trials.flatMap(\.places).filter { $0["network"] == network }
          .compactMap { $0["method"] })
    }
    #expect(methods("vgg16-bn") == Set(Self.methods))
    #expect(methods("preresnet110") == Set(Self.methods).subtracting(["dropout"]))
    #expect(
      builder.plan.trials.allSatisfy {
        $0.recipe != "train-classifier" || $0.estimatedSeconds != nil
      })
  }

  /// Every network sees every kind of view in one trial only.
  @Test func nothingIsPredictedTwice() throws {
    let writer = try ReportWriter(
      experiment: Registry.experiments.experiment("tta-nll-cifar"),
      folder: root.appendingPathComponent("experiments/tta-nll-cifar"))
    for tier in [Tier.smoke, .desktop, .paper] {
      var builder = PlanBuilder(numericMode: "plain") { "digest of \($0)" }
      try writer.experiment.plan(writer.definition, tier: tier, into: &builder)
      var seen: Set<[String]> = []
      let predictions = builder.plan.trials.filter { $0.recipe == "predict-members" }
      #expect(!predictions.isEmpty)
      for trial in predictions {
        guard case .object(let fields) = trial.fields, case .string(let view) = fields["view"]
        else {
          Issue.record("a prediction without a view")
          continue
        }
        for network in trial.needs {
          #expect(seen.insert([network.short, view]).inserted, "\(tier) \(network.short) \(view)")
        }
      }
    }
  }
}
