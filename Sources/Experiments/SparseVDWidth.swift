import Foundation
import Harness
import Metrics
import Networks
import Reports

/// Compression and error against the width of the network: LeNet-5 on MNIST, and the paper's VGG on whitened CIFAR where
/// there is time for it.
struct SparseVDWidth: Experiment {
  static let id = "sparse-vd-width"

  struct Settings: Codable, Sendable {
    var dataset: String
    /// `test`, or `validation` to make a choice: a part of the training images is held out and scored instead.
    var split: DigitData.Split
    var seeds: Int
    /// Factors on the channels and hidden units of LeNet-5, rising.
    var widths: [Double]
    var batch: Int
    var denseEpochs: Int
    var denseRate: Double
    var denseHoldEpochs: Double
    var denseDecay: Double
    var epochs: Int
    var rate: Double
    var holdEpochs: Double
    var initialLogVariance: Double
    var warmUpFrom: Double
    var warmUpTo: Double
    var vgg: VGG

    /// The VGG-like network: binary dropout first, then sparse variational dropout from there.
    struct VGG: Codable, Sendable {
      /// Names in the catalogue; none leaves these rows out.
      var datasets: [String]
      var widths: [Double]
      var denseEpochs: Int
      var denseRate: Double
      var dropoutRate: Double
      var epochs: Int
      var rate: Double
      var holdEpochs: Double
      var initialLogVariance: Double
    }
  }

  /// What the paper calls a data set.
  private static let paperNames = ["cifar10": "cifar-10", "cifar100-coarse": "cifar-100"]
  private static let vgg = "VGG-like"

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try SettingsCheck.requireCounts(
      ("seeds", settings.seeds), ("batch", settings.batch), ("denseEpochs", settings.denseEpochs),
      ("epochs", settings.epochs), ("vgg.denseEpochs", settings.vgg.denseEpochs),
      ("vgg.epochs", settings.vgg.epochs))
    try SettingsCheck.require("widths", each: settings.widths, in: 0.05...100)
    try SettingsCheck.require("vgg.widths", each: settings.vgg.widths, in: 0.05...10)
    try SettingsCheck.require("vgg.dropoutRate", settings.vgg.dropoutRate, in: 0...0.99)
    for seed in 1...UInt64(settings.seeds) {
      for width in settings.widths {
        let network = Architecture.scaledLeNet5(width: width)
        let factors = { (method: String) in
          [
            "dataset": settings.dataset, "network": Architecture.leNet5.name, "method": method,
            "k": "\(width)",
          ]
        }
        let dense = try plan.add(
          TrainDense(
            dataset: settings.dataset, split: settings.split, network: network.name,
            initialiser: .xavierNormal, batch: settings.batch, epochs: settings.denseEpochs,
            rate: settings.denseRate, holdEpochs: settings.denseHoldEpochs,
            decay: settings.denseDecay),
          seed: seed, factors: factors("original"))
        try plan.add(
          TrainSparse(
            dataset: settings.dataset, split: settings.split, network: network.name, start: dense,
            initialiser: .normal001, initialLogVariance: settings.initialLogVariance,
            zeroesRemovedMeans: true, batch: settings.batch, epochs: settings.epochs,
            rate: settings.rate, holdEpochs: settings.holdEpochs, logVarianceRate: 1,
            warmUpFrom: settings.warmUpFrom, warmUpTo: settings.warmUpTo),
          seed: seed, factors: factors("sparse_vd"))
      }
      for dataset in settings.vgg.datasets {
        for width in settings.vgg.widths {
          try add(settings, dataset, width, seed, into: &plan)
        }
      }
    }
  }

  /// Plans a VGG-like network of a width.
  private func add(
    _ settings: Settings, _ dataset: String, _ width: Double, _ seed: UInt64,
    into plan: inout PlanBuilder
  ) throws {
    let vgg = settings.vgg
    let network = Architecture.vggLike(
      width: width, classes: dataset == "cifar100-coarse" ? 20 : 10)
    let factors = { (method: String) in
      [
        "dataset": Self.paperNames[dataset] ?? dataset, "network": Self.vgg, "method": method,
        "k": "\(width)",
      ]
    }
    let dense = try plan.add(
      TrainDense(
        dataset: dataset, split: settings.split, network: network.name,
        initialiser: .heNormal, batch: settings.batch, epochs: vgg.denseEpochs,
        rate: vgg.denseRate, holdEpochs: Double(vgg.denseEpochs) / 2, decay: settings.denseDecay,
        pixels: .whitened, dropoutRate: vgg.dropoutRate),
      seed: seed, factors: factors("binary_dropout"))
    try plan.add(
      TrainSparse(
        dataset: dataset, split: settings.split, network: network.name, start: dense,
        initialiser: .normal001, initialLogVariance: vgg.initialLogVariance,
        zeroesRemovedMeans: false, batch: settings.batch, epochs: vgg.epochs, rate: vgg.rate,
        holdEpochs: vgg.holdEpochs, logVarianceRate: 1, warmUpFrom: settings.warmUpFrom,
        warmUpTo: settings.warmUpTo, pixels: .whitened),
      seed: seed, factors: factors("sparse_vd"))
  }

  /// One kind of network on one data set.
  struct Series: Hashable {
    var dataset: String
    var network: String
    /// What the sparse network is compared with.
    var dense: String { network == SparseVDWidth.vgg ? "binary_dropout" : "original" }

    func place(_ width: String, _ method: String) -> [String: String] {
      [
        "dataset": dataset, "network": network, "k": width, "method": method, "layer": "",
        "epoch": "",
      ]
    }
    func widths(_ results: Results, _ metric: String) -> [String] {
      results.distinct("k", metric: metric, where: ["dataset": dataset, "network": network])
    }
    func architecture(_ width: Double) -> Architecture {
      network == SparseVDWidth.vgg
        ? .vggLike(width: width, classes: dataset == "cifar-100" ? 20 : 10)
        : .scaledLeNet5(width: width)
    }
  }

  /// The kinds that were measured, in the order of the plan.
  private static func series(_ results: Results) -> [Series] {
    results.distinct("network", metric: "test_error").flatMap { network in
      results.distinct("dataset", metric: "test_error", where: ["network": network])
        .map { Series(dataset: $0, network: network) }
    }
  }

  var claims: [Claim] {
    [
      Claim("svd.5") { results, tolerance in
        let outcomes = Self.series(results).flatMap { series in
          let widths = series.widths(results, "compression")
          return zip(widths, widths.dropFirst()).map { narrow, wide in
            results.test(
              ("compression", series.place(wide, "sparse_vd")), .greater,
              ("compression", series.place(narrow, "sparse_vd")), tolerance: tolerance)
          }
        }
        return outcomes.isEmpty ? .notMeasured("a second width") : .all(outcomes)
      },
      Claim("svd.6") { results, tolerance in
        .all(
          Self.series(results).flatMap { series in
            series.widths(results, "test_error").map { width in
              results.test(
                ("test_error", series.place(width, "sparse_vd")), .less,
                ("test_error", series.place(width, series.dense)), tolerance: 1 + tolerance)
            }
          })
      },
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    let curves = EpochCurves(report: report)
    let measured = Self.series(report.results)
    _ = try table(report, curves, measured).write(named: "table", to: folder)
    _ = try figure(report, curves, measured).write(to: folder)
  }

  private func table(_ report: ReportData, _ curves: EpochCurves, _ measured: [Series]) -> Table {
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Network"), TableColumn("Data"), TableColumn("k"),
        TableColumn("Weights", .number),
        TableColumn("Error, dense", unit: "%", .compared),
        TableColumn("Error, Sparse VD", unit: "%", .compared),
        TableColumn("Sparsity per layer", unit: "%"), TableColumn("|W| / |W≠0|", .compared),
        TableColumn("|W≠0|", .number),
      ],
      note:
        "Mean ± standard deviation over seeds; in parentheses what the paper's plot shows. The paper has no LeNet-5 of other widths."
    )
    for series in measured {
      table.startGroup()
      for width in series.widths(report.results, "test_error") {
        let network = series.architecture(Double(width) ?? 1)
        let sparse = series.place(width, "sparse_vd")
        let ratios = report.results.values(metric: "compression", where: sparse).map(\.value)
        let kept = ratios.map { Double(network.weightCount) / $0 }
        table.append([
          .text(series.network), .text(series.dataset), .text(width),
          .number(Quantity(Double(network.weightCount), digits: 0)),
          curves.compared("test_error", series.place(width, series.dense), digits: 2),
          curves.compared("test_error", sparse, digits: 2),
          .text(
            network.weighted.compactMap { layer in
              curves.quantity(
                "layer_sparsity", sparse.merging(["layer": layer.name]) { $1 }, digits: 1
              )
              .map { Quantity($0.value, digits: 1).text }
            }.joined(separator: " – ")),
          curves.compared("compression", sparse, digits: 1),
          kept.isEmpty
            ? .none
            : .number(
              Quantity(
                mean(kept), spread: kept.count > 1 ? standardDeviation(kept) : nil, digits: 0)),
        ])
      }
    }
    return table
  }

  private func figure(_ report: ReportData, _ curves: EpochCurves, _ measured: [Series]) -> Figure {
    func ours(_ metric: String, _ series: Series, _ method: String, _ name: String, _ style: Int)
      -> Curve?
    {
      let data = series.widths(report.results, metric).compactMap { width -> Datum? in
        let values = report.results.values(metric: metric, where: series.place(width, method))
          .map(\.value)
        guard let k = Double(width), !values.isEmpty else { return nil }
        return Datum(x: k, y: mean(values), yInterval: curves.interval(values))
      }
      return data.isEmpty ? nil : Curve(name, styleIndex: style, data: data)
    }
    func paper(_ metric: String, _ dataset: String, _ method: String, _ name: String, _ style: Int)
      -> Curve?
    {
      let data = report.references.references.compactMap { reference -> Datum? in
        guard reference.metric == metric, reference.place["dataset"] == dataset,
          reference.place["method"] == method, (reference.place["layer"] ?? "").isEmpty,
          let k = reference.place["k"].flatMap(Double.init)
        else { return nil }
        return Datum(x: k, y: reference.printed.value)
      }
      return data.isEmpty ? nil : Curve(name, styleIndex: style, data: data)
    }
    let k = Axis("width k")
    let names = ["cifar-10": "CIFAR-10", "cifar-100": "CIFAR-100"]
    let large = measured.filter { $0.network == Self.vgg }
    func vgg(_ metric: String, _ methods: [(method: String, name: String)]) -> [Curve] {
      var found: [Curve?] = []
      for (dataset, title) in names.sorted(by: { $0.key < $1.key }) {
        for (method, name) in methods {
          // The same kind of thing looks the same in both panels.
          let style = (dataset == "cifar-10" ? 2 : 3) + (method == "sparse_vd" ? 0 : 2)
          found.append(paper(metric, dataset, method, "\(name), \(title), paper", style))
          if let series = large.first(where: { $0.dataset == dataset }) {
            found.append(ours(metric, series, method, "\(name), \(title), ours", style + 7))
          }
        }
      }
      return found.compactMap { $0 }
    }
    let small = measured.filter { $0.network != Self.vgg }
    func leNet(_ metric: String, _ methods: [(method: String, name: String, style: Int)]) -> [Curve]
    {
      small.flatMap { series in
        methods.compactMap { ours(metric, series, $0.method, $0.name, $0.style) }
      }
    }
    let vggTitle = large.isEmpty ? "VGG-like (paper)" : "VGG-like (ours and the paper's)"
    return Figure(
      name: "width", title: "Compression and error against width",
      summary:
        "Compression and test error against the width of LeNet-5, and of the paper's VGG.",
      panelHeight: 120,
      panels: [
        [
          .curves(
            title: "LeNet-5 (ours)", x: k, y: Axis("compression |W| / |W≠0|"),
            curves: leNet("compression", [("sparse_vd", "Sparse VD", 1)])),
          .curves(
            title: "LeNet-5 (ours)", x: k, y: Axis("test error", unit: "%"),
            curves: leNet(
              "test_error", [("original", "dense", 0), ("sparse_vd", "Sparse VD", 1)])),
        ],
        [
          .curves(
            title: vggTitle, x: k, y: Axis("compression |W| / |W≠0|"),
            curves: vgg("compression", [("sparse_vd", "Sparse VD")])),
          .curves(
            title: vggTitle, x: k, y: Axis("test error", unit: "%"),
            curves: vgg("test_error", [("binary_dropout", "dense"), ("sparse_vd", "Sparse VD")])),
        ],
      ],
      note: curves.note)
  }
}
