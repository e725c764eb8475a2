import Foundation
import Harness
import Metrics
import Networks
import Reports

/// Labels drawn at random: binary dropout learns them by heart, sparse variational dropout removes every weight.
struct SparseVDRandomLabels: Experiment {
  static let id = "sparse-vd-random-labels"

  struct Settings: Codable, Sendable {
    var dataset: String
    /// Training images taken for the fully connected network and for LeNet-5, and the seed of the draw of images and
    /// labels.
    var images: Int
    var convolutionalImages: Int
    var labelSeed: UInt64
    /// Seeds of the trials: those before the first were used to choose settings with.
    var firstSeed: UInt64
    var seeds: Int
    /// Units of each of the two hidden layers of the fully connected network.
    var width: Int
    var dropoutRate: Double
    var batch: Int
    var rate: Double
    /// Steps of binary dropout, which takes long to learn by heart, and of sparse variational dropout.
    var dropoutSteps: Int
    var sparseSteps: Int
    /// The same for convolutional networks, which learn by heart sooner and forget later.
    var convolutionalDropoutSteps: Int
    var convolutionalSparseSteps: Int
    var initialLogVariance: Double
    /// Steps between which the divergence comes in.
    var warmUpFrom: Int
    var warmUpTo: Int
    /// Steps from one score to the next.
    var scoreEvery: Int
    var vgg: VGG

    /// The VGG-like network on whitened CIFAR.
    struct VGG: Codable, Sendable {
      /// Names in the catalogue; none leaves these rows out.
      var datasets: [String]
      var images: Int
      /// Factor on the channels.
      var width: Double
    }
  }

  /// A network with its images.
  private struct Case {
    /// As reports call it.
    var name: String
    var dataset: String
    /// As the paper calls the data set.
    var paperDataset: String
    var architecture: Architecture
    var images: Int
    var pixels: DigitData.Pixels?
  }

  private func cases(_ settings: Settings) -> [Case] {
    [
      Case(
        name: "FC", dataset: settings.dataset, paperDataset: settings.dataset,
        architecture: .perceptron([784, settings.width, settings.width, 10]),
        images: settings.images),
      Case(
        name: Architecture.leNet5.name, dataset: settings.dataset, paperDataset: settings.dataset,
        architecture: .leNet5, images: settings.convolutionalImages),
    ]
      + settings.vgg.datasets.map {
        Case(
          name: "VGG-like", dataset: $0, paperDataset: ReferenceName.dataset($0),
          architecture: .vggLike(width: settings.vgg.width), images: settings.vgg.images,
          pixels: .whitened)
      }
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try check(settings)
    for seed in settings.firstSeed..<settings.firstSeed + UInt64(settings.seeds) {
      for one in cases(settings) {
        func epochs(_ steps: Int) -> Int { max(1, steps * settings.batch / one.images) }
        for method in TrainRandomLabels.Method.allCases {
          let isDense = one.name == "FC"
          let steps =
            switch method {
            case .binaryDropout:
              isDense ? settings.dropoutSteps : settings.convolutionalDropoutSteps
            case .sparseVD: isDense ? settings.sparseSteps : settings.convolutionalSparseSteps
            }
          try plan.add(
            TrainRandomLabels(
              dataset: one.dataset, images: one.images, labelSeed: settings.labelSeed,
              network: one.architecture.name, method: method, dropoutRate: settings.dropoutRate,
              initialLogVariance: settings.initialLogVariance,
              warmUpFrom: Double(epochs(settings.warmUpFrom)),
              warmUpTo: Double(epochs(settings.warmUpTo)), batch: settings.batch,
              epochs: epochs(steps),
              rate: settings.rate, scoreEvery: epochs(settings.scoreEvery), pixels: one.pixels),
            seed: seed,
            factors: [
              "dataset": one.paperDataset, "network": one.name, "method": method.rawValue,
            ])
        }
      }
    }
  }

  private func check(_ settings: Settings) throws {
    try SettingsCheck.requireCounts(
      ("seeds", settings.seeds), ("images", settings.images),
      ("convolutionalImages", settings.convolutionalImages), ("batch", settings.batch),
      ("dropoutSteps", settings.dropoutSteps), ("sparseSteps", settings.sparseSteps),
      ("convolutionalDropoutSteps", settings.convolutionalDropoutSteps),
      ("convolutionalSparseSteps", settings.convolutionalSparseSteps),
      ("scoreEvery", settings.scoreEvery), ("vgg.images", settings.vgg.images))
    try SettingsCheck.require("firstSeed", settings.firstSeed, in: 1...1_000_000_000)
    try SettingsCheck.require("width", settings.width, in: 1...100_000)
    try SettingsCheck.require("dropoutRate", settings.dropoutRate, in: 0...0.99)
    try SettingsCheck.require("vgg.width", settings.vgg.width, in: 0.05...10)
  }

  /// The measured networks as reports call them.
  private static func networks(_ results: Results) -> [String] {
    let found = results.distinct("network", metric: "train_accuracy")
    return ["FC", Architecture.leNet5.name, "VGG-like"].filter(found.contains)
  }

  /// Whether a number lies on one side of a bound on every network, tested over seeds.
  private static func bounded(
    _ results: Results, _ metric: String, _ method: TrainRandomLabels.Method,
    _ alternative: Alternative, _ bound: Double
  ) -> [ClaimOutcome] {
    networks(results).map { network in
      .test(
        differences: results.values(
          metric: metric,
          where: ["network": network, "method": method.rawValue, "layer": "", "epoch": ""]
        ).map(\.value), alternative, bound: bound,
        what: "\(metric) of \(method.rawValue) on \(network)")
    }
  }

  var claims: [Claim] {
    [
      Claim("svd.7") { results, tolerance in
        .all(Self.bounded(results, "sparsity", .sparseVD, .greater, 99.9 + tolerance))
      },
      Claim("svd.8") { results, tolerance in
        .all(
          Self.bounded(results, "train_accuracy", .sparseVD, .less, 15 + tolerance)
            + Self.bounded(results, "train_accuracy", .binaryDropout, .greater, 95))
      },
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    let curves = EpochCurves(report: report)
    let titles = ["Binary dropout", "Sparse VD"]
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Network"), TableColumn("Method"),
        TableColumn("Accuracy on training images", unit: "%", .compared),
        TableColumn("on test images", unit: "%", .compared),
        TableColumn("Weights removed", unit: "%", .compared),
      ],
      note:
        "Ours, mean ± standard deviation over seeds; in parentheses what the poster prints. Labels of training images are random, those of test images true."
    )
    var panels: [[Panel]] = []
    for network in Self.networks(report.results) {
      table.startGroup()
      for (method, title) in zip(TrainRandomLabels.Method.allCases, titles) {
        let place = ["network": network, "method": method.rawValue, "layer": "", "epoch": ""]
        table.append([
          .text(network), .text(title), curves.compared("train_accuracy", place, digits: 1),
          curves.compared("test_accuracy", place, digits: 1),
          curves.compared("sparsity", place, digits: 2),
        ])
      }
      func curve(_ metric: String, _ method: TrainRandomLabels.Method) -> Curve? {
        let index = method == .sparseVD ? 1 : 0
        return curves.ours(
          metric, ["network": network, "method": method.rawValue, "layer": ""],
          name: titles[index], style: index)
      }
      panels.append([
        .curves(
          title: "\(network): accuracy on random labels", x: Axis("epoch"),
          y: Axis("training accuracy", unit: "%", range: 0...104),
          curves: TrainRandomLabels.Method.allCases.compactMap { curve("train_accuracy", $0) }),
        .curves(
          title: "\(network): weights removed", x: Axis("epoch"),
          y: Axis("removed", unit: "%", range: 0...104),
          curves: [curve("sparsity", .sparseVD)].compactMap { $0 }),
      ])
    }
    _ = try table.write(named: "table", to: folder)
    _ = try Figure(
      name: "random_labels", title: "Training on random labels",
      summary:
        "Binary dropout learns random labels, sparse variational dropout removes every weight.",
      panelHeight: 110, panels: panels, note: curves.note
    ).write(to: folder)
  }
}
