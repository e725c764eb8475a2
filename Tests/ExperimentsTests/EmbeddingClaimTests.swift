import Compute
import Datasets
import Experiments
import Files
import Foundation
import Harness
import Images
import Metrics
import Networks
import Testing

/// The claims about mean embeddings on made-up numbers that meet and miss them.
struct EmbeddingClaimTests {
  private static let sources = [
    ("supervised", "resnet8w8", "1x"), ("supervised", "resnet8", "2x"),
    ("self-supervised", "resnet8w8", "1x"), ("self-supervised", "resnet8", "2x"),
  ]

  private func verdict(
    _ claim: String, _ rows: [ResultRow], of experiment: String = "metta-table2-linear-probe"
  ) throws -> Verdict {
    let found = try #require(
      Registry.experiments.experiment(experiment).claims.first { $0.id == claim })
    let results = Results(
      experiment: experiment, tier: .desktop, rows: rows,
      factors: ["dataset", "network", "features", "width", "trained_on"])
    return try found.evaluate(results, 0).verdict
  }

  /// One row per seed, a little apart, by chance that the name of the number seeds.
  private func rows(
    _ metric: String, _ value: Double, _ source: (String, String, String),
    _ place: [String: String]
  ) -> [ResultRow] {
    let name = (place.map { "\($0.key)=\($0.value)" }.sorted() + [source.0, source.2, metric])
      .joined(separator: " ")
    return (1...3).map { (seed: UInt64) in
      var generator = RandomStream(seed: seed, name).generator
      return ResultRow(
        columns: place.merging([
          "features": source.0, "network": source.1, "width": source.2, "dataset": "cifar10",
        ]) { a, _ in a },
        seed: seed, metric: metric, value: value + 0.02 * generator.normal(), unit: "")
    }
  }

  private func accuracies(
    ten: Double = 72, many: Double = 74, wide: Double = 73, trainedOn: String = "mean"
  ) -> [ResultRow] {
    Self.sources.flatMap { source in
      let last = source.2 == "2x" ? wide : many
      return rows(
        "linear_eval_top1", 70, source,
        ["trained_on": "central", "method": "central_crop", "n": "1"])
        + rows(
          "linear_eval_top1", ten, source,
          ["trained_on": trainedOn, "method": "mean_embedding", "n": "10"])
        + rows(
          "linear_eval_top1", last, source,
          ["trained_on": trainedOn, "method": "mean_embedding", "n": "32"])
    }
  }

  @Test(arguments: ["mean", "central"]) func accuraciesDecide(trainedOn: String) throws {
    func verdict(_ claim: String, _ rows: [ResultRow]) throws -> Verdict {
      try self.verdict(trainedOn == "mean" ? claim : "\(claim)-central", rows)
    }
    let good = accuracies(trainedOn: trainedOn)
    #expect(try verdict("met.1", good) == .reproduced)
    #expect(try verdict("met.2", good) == .reproduced)
    #expect(try verdict("met.1", accuracies(ten: 69, trainedOn: trainedOn)) == .deviates)
    #expect(try verdict("met.1", accuracies(ten: 75, trainedOn: trainedOn)) == .deviates)
    #expect(try verdict("met.1", accuracies(ten: 70.01, trainedOn: trainedOn)) == .inconclusive)
    #expect(try verdict("met.2", accuracies(wide: 76, trainedOn: trainedOn)) == .deviates)
    #expect(try verdict("met.2", accuracies(wide: 74.01, trainedOn: trainedOn)) == .inconclusive)
    // A loss that is smaller than the other network's is no gain.
    #expect(
      try verdict("met.2", accuracies(many: 69, wide: 67, trainedOn: trainedOn)) == .deviates)
    // One source of several decides, and one way of fitting says nothing of the other.
    let others = good.filter { $0.columns["width"] != "2x" || $0.columns["n"] != "32" }
    #expect(
      try verdict(
        "met.1",
        others
          + Self.sources.filter { $0.2 == "2x" }.flatMap {
            rows(
              "linear_eval_top1", 71, $0,
              ["trained_on": trainedOn, "method": "mean_embedding", "n": "32"])
          }) == .deviates)
    #expect(try verdict("met.1", good.filter { $0.columns["n"] != "32" }) == .notComparable)
    #expect(
      try verdict("met.2", good.filter { $0.columns["features"] == "supervised" })
        == .notComparable)
    let other = trainedOn == "mean" ? "met.1-central" : "met.1"
    #expect(try self.verdict(other, good) != .reproduced)
  }

  /// The three experiments train and embed the same, in every tier.
  @Test func trainingsAreShared() throws {
    func keys(_ id: String, _ tier: Tier) throws -> Set<TrialKey> {
      let writer = try ReportWriter(
        experiment: Registry.experiments.experiment(id),
        folder: root.appendingPathComponent("experiments/\(id)"))
      var builder = PlanBuilder(numericMode: "plain") { "digest of \($0)" }
      try writer.experiment.plan(writer.definition, tier: tier, into: &builder)
      return Set(
        builder.plan.trials.filter { $0.recipe.hasPrefix("train-") || $0.recipe == "embed" }
          .map(\.key))
    }
    for tier in [Tier.smoke, .desktop, .paper] {
      let table = try keys("metta-table2-linear-probe", tier)
      #expect(!table.isEmpty)
      #expect(try keys("metta-fig8-interpolation", tier) == table, "\(tier)")
      #expect(try keys("metta-fig7", tier) == table, "\(tier)")
    }
  }

  private func ways(
    middle: Double = 1.1, central: Double = 1.2, single: Double = 1.5, accuracy: Double = 0
  ) -> [ResultRow] {
    let points: [(String, String, Double)] = [
      ("central", "0.0", 1), ("central", "0.5", middle), ("central", "1.0", central),
      ("single", "0.0", 1), ("single", "0.5", 1.2), ("single", "1.0", single),
    ]
    return Self.sources.flatMap { source in
      points.flatMap { towards, alpha, value in
        let place = ["trained_on": "mean", "towards": towards, "alpha": alpha]
        return rows("negative_ll", 10 * value, source, place)
          + rows(
            "linear_eval_top1", 80 - 10 * value + (alpha == "0.0" ? 0 : accuracy), source, place)
      }
    }
  }

  @Test func waysDecide() throws {
    func verdict(_ rows: [ResultRow], _ claim: String = "met.3") throws -> Verdict {
      try self.verdict(claim, rows, of: "metta-fig8-interpolation")
    }
    #expect(try verdict(ways()) == .reproduced)
    #expect(try verdict(ways(), "met.3-central") != .reproduced)
    #expect(try verdict(ways(middle: 0.9)) == .deviates)
    #expect(try verdict(ways(central: 0.95)) == .deviates)
    #expect(try verdict(ways(single: 1.15)) == .deviates)
    #expect(try verdict(ways(single: 1.2005)) == .inconclusive)
    // Accuracy must follow.
    #expect(try verdict(ways(accuracy: 3)) == .deviates)
    #expect(try verdict(ways().filter { $0.columns["alpha"] != "0.5" }) == .notComparable)
  }
}

/// Embeddings of views: what they are of, and how much memory they take.
struct ViewEmbedderTests {
  /// Generated pictures, made anew each time.
  private struct Shapes: LabelledPictures {
    let count: Int
    var labels: [Int32] { (0..<count).map { Int32(ShapesMini.label($0).rawValue) } }
    let classNames = ShapeClass.allCases.map { "\($0)" }
    let files: [ImageDataset.UsedFile] = []
    func picture(_ index: Int) throws(DataError) -> Picture {
      ShapesMini.picture(index % 40, of: .test)
    }
  }

  private func embedder(batch: Int, threads: Int = 1, view: RandomView = .cropAndFlip)
    -> ViewEmbedder
  {
    let named = NamedNetwork("resnet8w8", classes: 10)!
    let weights = ParameterSet(named.network.parameters)
    Initialiser.heNormal.fill(weights, stream: RandomStream(seed: 1, "weights"))
    return ViewEmbedder(
      named, weights, view: view, stream: RandomStream(seed: 1, "views"), threads: threads,
      batch: batch)
  }

  private func all(
    _ embedder: ViewEmbedder, _ pictures: Shapes, sizes: [Int]
  ) throws -> (central: [Float], means: [[Float]], single: [Float]) {
    var found: (central: [Float], means: [[Float]], single: [Float]) = (
      [], sizes.map { _ in [] }, []
    )
    try embedder.stream(pictures, sizes: sizes) { _, central, means, single in
      found.central += central
      found.single += single
      for (place, numbers) in means.enumerated() { found.means[place] += numbers }
    }
    return found
  }

  @Test func meansAreThoseOfTheirViews() throws {
    let pictures = Shapes(count: 7)
    let one = embedder(batch: 16)
    let found = try all(one, pictures, sizes: [1, 2, 5])
    #expect(one.features == 32 && found.central.count == 7 * 32)
    let views = try (0..<6).map { try one.one($0, pictures, 0..<7) }
    #expect(found.means[0] == views[0])
    #expect(found.single == views[5])
    for place in found.central.indices {
      var sum = 0.0
      for view in views.prefix(5) { sum += Double(view[place]) }
      let mean = sum / 5
      #expect(abs(Double(found.means[2][place]) - mean) < 1e-6)
    }
    #expect(try found.central == one.central(pictures, 0..<7))
    #expect(views[0] != views[1] && found.central != views[0])
  }

  @Test func batchesAndThreadsChangeNothing() throws {
    let pictures = Shapes(count: 37)
    let whole = try all(embedder(batch: 64), pictures, sizes: [1, 3])
    for (batch, threads) in [(16, 1), (16, 3), (37, 2)] {
      let parts = try all(embedder(batch: batch, threads: threads), pictures, sizes: [1, 3])
      #expect(parts == whole)
    }
  }

  @Test func memoryDoesNotGrowWithPicturesAndViews() throws {
    let embedder = embedder(batch: 32)
    var largest = 0
    func run(_ pictures: Int, _ views: Int) throws {
      try embedder.stream(Shapes(count: pictures), sizes: [1, views]) {
        range, central, means, single in
        largest = max(largest, central.count + single.count + means.joined().count)
        #expect(range.count <= 32)
      }
    }
    try run(64, 4)
    #expect(largest == 32 * 32 * 4)
    let before = try residentBytes()
    try run(1600, 16)
    // 25,600 views of 12 kB would take 315 MB; other tests run beside this one.
    #expect(try residentBytes() - before < 150 << 20)
    #expect(largest == 32 * 32 * 4)
  }

  private func residentBytes() throws -> Int {
    #if os(Linux)
      let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
      return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    #else
      return 0
    #endif
  }
}
