import Foundation
import Harness
import Metrics
import Networks
import Reports

/// Compression and error against the width of the network. The paper scales a VGG on CIFAR; here it is LeNet-5 on MNIST.
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
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    for seed in 1...UInt64(max(1, settings.seeds)) {
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
    }
  }

  private static func place(_ width: String, _ method: String) -> [String: String] {
    ["k": width, "method": method, "layer": "", "epoch": ""]
  }

  var claims: [Claim] {
    [
      Claim("svd.5") { results, tolerance in
        let widths = results.distinct("k", metric: "compression")
        guard widths.count > 1 else { return .notMeasured("a second width") }
        return .all(
          zip(widths, widths.dropFirst()).map { narrow, wide in
            results.test(
              ("compression", Self.place(wide, "sparse_vd")), .greater,
              ("compression", Self.place(narrow, "sparse_vd")), tolerance: tolerance)
          })
      },
      Claim("svd.6") { results, tolerance in
        .all(
          results.distinct("k", metric: "test_error").map { width in
            results.test(
              ("test_error", Self.place(width, "sparse_vd")), .less,
              ("test_error", Self.place(width, "original")), tolerance: 1 + tolerance)
          })
      },
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    let curves = EpochCurves(report: report)
    let widths = report.results.distinct("k", metric: "test_error")
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("k"), TableColumn("Weights", .number),
        TableColumn("Error, dense", unit: "%", .number),
        TableColumn("Error, Sparse VD", unit: "%", .number),
        TableColumn("Sparsity per layer", unit: "%"), TableColumn("|W| / |W≠0|", .number),
        TableColumn("|W≠0|", .number),
      ], note: "Mean ± standard deviation over seeds. The network is LeNet-5, not the paper's VGG.")
    for width in widths {
      let network = Architecture.scaledLeNet5(width: Double(width) ?? 1)
      func cell(_ quantity: Quantity?) -> TableCell { quantity.map { .number($0) } ?? .none }
      let sparse = Self.place(width, "sparse_vd")
      let ratios = report.results.values(metric: "compression", where: sparse).map(\.value)
      let kept = ratios.map { Double(network.weightCount) / $0 }
      table.append([
        .text(width), .number(Quantity(Double(network.weightCount), digits: 0)),
        cell(curves.quantity("test_error", Self.place(width, "original"), digits: 2)),
        cell(curves.quantity("test_error", sparse, digits: 2)),
        .text(
          network.weighted.compactMap { layer in
            curves.quantity(
              "layer_sparsity", sparse.merging(["layer": layer.name]) { $1 }, digits: 1
            )
            .map { Quantity($0.value, digits: 1).text }
          }.joined(separator: " – ")),
        cell(curves.quantity("compression", sparse, digits: 1)),
        kept.isEmpty
          ? .none
          : .number(
            Quantity(
              mean(kept), spread: kept.count > 1 ? standardDeviation(kept) : nil, digits: 0)),
      ])
    }
    _ = try table.write(named: "table", to: folder)

    func against(_ metric: String, _ method: String, _ name: String, _ style: Int) -> Curve? {
      let data = widths.compactMap { width -> Datum? in
        let values = report.results.values(metric: metric, where: Self.place(width, method))
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
    _ = try Figure(
      name: "width", title: "Compression and error against width",
      summary:
        "Compression and test error against the width of LeNet-5, and the paper's for a VGG.",
      panelHeight: 120,
      panels: [
        [
          .curves(
            title: "LeNet-5 on MNIST (ours)", x: k, y: Axis("compression |W| / |W≠0|"),
            curves: [against("compression", "sparse_vd", "Sparse VD", 1)].compactMap { $0 }),
          .curves(
            title: "LeNet-5 on MNIST (ours)", x: k, y: Axis("test error", unit: "%"),
            curves: [
              against("test_error", "original", "dense", 0),
              against("test_error", "sparse_vd", "Sparse VD", 1),
            ].compactMap { $0 }),
        ],
        [
          .curves(
            title: "VGG-like (paper)", x: k, y: Axis("compression |W| / |W≠0|"),
            curves: [
              paper("compression", "cifar-10", "sparse_vd", "Sparse VD, CIFAR-10, paper", 2),
              paper("compression", "cifar-100", "sparse_vd", "Sparse VD, CIFAR-100, paper", 3),
            ].compactMap { $0 }),
          .curves(
            title: "VGG-like (paper)", x: k, y: Axis("test error", unit: "%"),
            curves: [
              paper("test_error", "cifar-10", "binary_dropout", "dense, CIFAR-10, paper", 4),
              paper("test_error", "cifar-10", "sparse_vd", "Sparse VD, CIFAR-10, paper", 2),
              paper("test_error", "cifar-100", "binary_dropout", "dense, CIFAR-100, paper", 5),
              paper("test_error", "cifar-100", "sparse_vd", "Sparse VD, CIFAR-100, paper", 3),
            ].compactMap { $0 }),
        ],
      ],
      note: curves.note
    ).write(to: folder)
  }
}
