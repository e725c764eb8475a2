import Foundation
import Harness
import Methods
import Networks
import Reports

/// The authors' minimal notebook of sparse variational dropout, epoch by epoch against its own log.
struct SparseVDTrainingLog: Experiment {
  static let id = "sparse-vd-training-log"

  struct Settings: Codable, Sendable {
    var dataset: String
    /// `test`, or `validation` to make a choice: a part of the training images is held out and scored instead.
    var split: DigitData.Split
    var seeds: Int
    var network: String
    var batch: Int
    var epochs: Int
    var rate: Double
    /// Epochs after which the rate is cut, and by what.
    var rateCuts: [Int]
    var rateFactor: Double
    /// The notebook's log σ at the start.
    var initialLogDeviation: Double
    /// What log α is computed as: the notebook's formula, the paper's.
    var ratios: [VariationalDropout.Ratio]
    var klStart: Double
    var klStep: Double
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    for seed in 1...UInt64(max(1, settings.seeds)) {
      for ratio in settings.ratios {
        try plan.add(
          TrainVariationalDropout(
            dataset: settings.dataset, split: settings.split, pixels: .standardised,
            network: settings.network, parametrisation: .additive, ratio: ratio,
            initialiser: .normal002, initialLogVariance: 2 * settings.initialLogDeviation,
            batch: settings.batch, epochs: settings.epochs, rate: settings.rate,
            rateCuts: settings.rateCuts, rateFactor: settings.rateFactor, noiseRate: 2,
            klStart: settings.klStart, klStep: settings.klStep, gradientEpochs: [],
            gradientDraws: 0),
          seed: seed,
          factors: [
            "dataset": settings.dataset, "network": settings.network, "method": "sparse_vd",
            "log_alpha": ratio.rawValue,
          ])
      }
    }
  }

  /// Metric, layer, title, digits: what the log has.
  private static let logged = [
    ("layer_sparsity", "fc1", "weights removed in fc1", 1),
    ("layer_sparsity", "fc2", "weights removed in fc2", 1),
    ("test_accuracy", "", "test accuracy", 2),
    ("train_accuracy", "", "training accuracy, with noise", 2),
    ("train_loss_per_object", "", "training loss", 0),
    ("test_loss_per_object", "", "test loss", 0),
  ]

  func present(_ report: ReportData, into folder: URL) throws {
    let curves = EpochCurves(report: report)
    let panels = Self.logged.map { metric, layer, title, _ in
      Panel.curves(
        title: title, x: Axis("epoch"),
        y: metric.hasSuffix("per_object")
          ? Axis("loss", unit: "nats")
          : Axis(metric.hasSuffix("accuracy") ? "accuracy" : "removed", unit: "%"),
        curves: [
          curves.printed(metric, ["layer": layer], name: "the authors' log", style: 1),
          curves.ours(
            metric, ["layer": layer, "log_alpha": "notebook"], name: "ours, the notebook's log α",
            style: 0),
          curves.ours(
            metric, ["layer": layer, "log_alpha": "paper"], name: "ours, the paper's log α",
            style: 2),
        ].compactMap { $0 })
    }
    _ = try Figure(
      name: "log", title: "The notebook's log and ours",
      summary: "Sparsity per layer, accuracy and loss after every epoch, ours over the authors'.",
      panelHeight: 110, panels: [0, 2, 4].map { Array(panels[$0...$0 + 1]) },
      sharesX: true,
      note: curves.note + " Accuracy is logged to 0.1 %, loss to two significant digits."
    ).write(to: folder)

    let last =
      report.results.rows(metric: "compression").compactMap { $0.columns["epoch"] }
      .compactMap(Int.init).max() ?? 0
    func final(_ metric: String, _ layer: String, _ digits: Int, _ unit: String) -> String {
      let place = ["log_alpha": "paper", "epoch": "", "layer": layer]
      return curves.quantity(metric, place, digits: digits).map { "\($0.text)\(unit)" } ?? "not run"
    }
    let paper = [
      final("compression", "", 1, "×"), final("layer_sparsity", "fc1", 1, " % of fc1"),
      final("layer_sparsity", "fc2", 1, " % of fc2"), final("test_accuracy", "", 2, " % right"),
    ].joined(separator: ", ")
    var columns = [TableColumn("Epoch"), TableColumn("Compression", .compared)]
    for (metric, _, title, _) in Self.logged {
      columns.append(
        TableColumn(title, unit: metric.hasSuffix("per_object") ? "nats" : "%", .compared))
    }
    var table = Table(
      title: report.definition.title, columns: columns,
      note:
        "Ours with the notebook's log α, mean ± standard deviation over seeds; in parentheses what the log prints. With the paper's log α: \(paper)."
    )
    for epoch in [1, 2, 5, 10, 20, 30, 40, 50, 51, 60, 61, 70, 71, 80, 81, 90, 100]
    where epoch <= last {
      func cell(_ metric: String, _ layer: String, _ digits: Int) -> TableCell {
        curves.compared(
          metric, ["log_alpha": "notebook", "epoch": "\(epoch)", "layer": layer], digits: digits)
      }
      var row: [TableCell] = [.text("\(epoch)"), cell("compression", "", 1)]
      for (metric, layer, _, digits) in Self.logged { row.append(cell(metric, layer, digits)) }
      table.append(row)
    }
    _ = try table.write(named: "table", to: folder)
  }
}
