import Foundation
import Harness
import Methods
import Metrics
import Networks
import Reports

/// Variational dropout with θ and σ² trained against θ and α: sparsity and loss over epochs, and the variance of the
/// gradient of θ, which is the paper's reason for the former.
struct SparseVDParametrization: Experiment {
  static let id = "sparse-vd-parametrization"

  struct Settings: Codable, Sendable {
    var dataset: String
    /// `test`, or `validation` to make a choice: a part of the training images is held out and scored instead.
    var split: DigitData.Split
    var seeds: Int
    var network: String
    var batch: Int
    var epochs: Int
    var rate: Double
    var initialLogVariance: Double
    var klStart: Double
    var klStep: Double
    /// Epochs after which the variance of the gradient is measured, and steps it is taken over.
    var gradientEpochs: [Int]
    var gradientDraws: Int
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    for seed in 1...UInt64(max(1, settings.seeds)) {
      for parametrisation in VariationalDropout.Parametrisation.allCases {
        try plan.add(
          TrainVariationalDropout(
            dataset: settings.dataset, split: settings.split, pixels: .minusMeanImage,
            network: settings.network, parametrisation: parametrisation, ratio: .paper,
            initialiser: .xavierNormal,
            initialLogVariance: settings.initialLogVariance, batch: settings.batch,
            epochs: settings.epochs, rate: settings.rate, rateCuts: [], rateFactor: 1,
            noiseRate: 1, klStart: settings.klStart, klStep: settings.klStep,
            gradientEpochs: settings.gradientEpochs, gradientDraws: settings.gradientDraws),
          seed: seed,
          factors: [
            "dataset": settings.dataset, "network": settings.network, "method": "sparse_vd",
            "parametrisation": parametrisation.rawValue,
          ])
      }
    }
  }

  /// Per seed, the first epoch with 90 % of the weights removed; one more than was run where none has.
  static func epochsToSparsity(_ results: Results, _ parametrisation: String) -> [UInt64: Double] {
    let rows = results.rows(
      metric: "sparsity", where: ["parametrisation": parametrisation, "layer": ""])
    var reached: [UInt64: Double] = [:]
    var last: [UInt64: Double] = [:]
    for row in rows {
      guard let epoch = row.columns["epoch"].flatMap(Double.init) else { continue }
      last[row.seed] = max(last[row.seed] ?? 0, epoch)
      if row.value >= 90 { reached[row.seed] = min(reached[row.seed] ?? .infinity, epoch) }
    }
    return last.merging(reached.mapValues { $0 - 1 }) { $1 }.mapValues { $0 + 1 }
  }

  /// Per seed, epochs that were run.
  static func epochsRun(_ results: Results, _ parametrisation: String) -> [UInt64: Double] {
    results.rows(metric: "sparsity", where: ["parametrisation": parametrisation, "layer": ""])
      .reduce(into: [:]) { last, row in
        guard let epoch = row.columns["epoch"].flatMap(Double.init) else { return }
        last[row.seed] = max(last[row.seed] ?? 0, epoch)
      }
  }

  var claims: [Claim] {
    [
      Claim("svd.9") { results, tolerance in
        let additive = Self.epochsToSparsity(results, "additive")
        let multiplicative = Self.epochsToSparsity(results, "multiplicative")
        let differences = additive.sorted { $0.key < $1.key }.compactMap { seed, epochs in
          multiplicative[seed].map { epochs - 0.5 * $0 }
        }
        var outcome = ClaimOutcome.test(
          differences: differences, .less, bound: tolerance,
          what: "epochs to 90 % removed, additive − half of multiplicative")
        // Who never got there may have been far away: a bound from below can show the claim, not refute it.
        let ran = Self.epochsRun(results, "multiplicative")
        if outcome.verdict == .deviates,
          multiplicative.contains(where: { $0.value > ran[$0.key] ?? 0 })
        {
          outcome.verdict = .inconclusive
          outcome.why += "; the multiplicative training ended before it had removed 90 %"
        }
        return outcome
      }
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    let curves = EpochCurves(report: report)
    let kinds = VariationalDropout.Parametrisation.allCases
    func over(_ metric: String, ours: Bool) -> [Curve] {
      kinds.enumerated().compactMap { style, kind in
        let place = ["parametrisation": kind.rawValue, "layer": ""]
        return ours
          ? curves.ours(metric, place, name: kind.rawValue, style: style)
          : curves.printed(metric, place, name: kind.rawValue, style: style)
      }
    }
    let epochs = Axis("epoch")
    let measured = report.results.distinct("epoch", metric: "gradient_variance")
    let last = measured.last ?? ""
    // The variances of both gradients at the posteriors that one of the trainings ended at.
    func variances(_ training: VariationalDropout.Parametrisation) -> Panel {
      let found = kinds.enumerated().map { style, kind in
        var bins: [Double: [Double]] = [:]
        for row in report.results.rows(
          metric: "gradient_variance",
          where: ["parametrisation": training.rawValue, "gradient": kind.rawValue, "epoch": last])
        {
          guard let bin = row.columns["log_alpha"].flatMap(Double.init) else { continue }
          bins[bin, default: []].append(row.value)
        }
        return Curve(
          kind.rawValue, styleIndex: style,
          data: bins.sorted { $0.key < $1.key }.map { Datum(x: $0, y: mean($1)) })
      }
      return .curves(
        title: "dL/dθ after \(training.rawValue) training", x: Axis("log α"),
        y: Axis("variance", scale: .log), curves: found.filter { !$0.data.isEmpty })
    }
    _ = try Figure(
      name: "parametrisations", title: "Additive against multiplicative parametrisation",
      summary: "Sparsity, loss and variance of the gradient of the means under both.",
      panelHeight: 110,
      panels: [
        [
          .curves(
            title: "weights removed", x: epochs, y: Axis("removed", unit: "%", range: 0...104),
            curves: over("sparsity", ours: true)),
          .curves(
            title: "poster: weights removed", x: epochs,
            y: Axis("removed", unit: "%", range: 0...104), curves: over("sparsity", ours: false)),
        ],
        [
          .curves(
            title: "loss", x: epochs, y: Axis("loss per image", unit: "nats", scale: .log),
            curves: over("training_loss", ours: true)),
          .curves(
            title: "poster: loss", x: epochs, y: Axis("loss", unit: "10⁵ nats"),
            curves: over("train_loss_1e5", ours: false)),
        ], [variances(.additive), variances(.multiplicative)],
      ],
      note: curves.note
        + " The poster does not name its network. Variances of the gradient of θ in either form, at the same posterior after epoch \(last): mean over the weights of one log α and over seeds."
    ).write(to: folder)

    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Parametrisation"), TableColumn("Epochs to 90 % removed", .number),
        TableColumn("Removed", unit: "%", .number),
        TableColumn("Test accuracy", unit: "%", .number),
        TableColumn("Loss per image", unit: "nats", .number),
        TableColumn("Variance of dL/dθ, multiplicative / additive", .number),
      ],
      note:
        "Mean ± standard deviation over seeds after the last epoch. The last column: median over weights at the posterior of that training after epoch \(last)."
    )
    for kind in kinds {
      let place = ["parametrisation": kind.rawValue, "layer": "", "epoch": ""]
      let reached = Self.epochsToSparsity(report.results, kind.rawValue).sorted { $0.key < $1.key }
        .map(\.value)
      let ran = Self.epochsRun(report.results, kind.rawValue).values.max() ?? 0
      func cell(_ quantity: Quantity?) -> TableCell { quantity.map { .number($0) } ?? .none }
      table.append([
        .text(kind.rawValue),
        reached.isEmpty
          ? .none
          : reached.contains { $0 > ran }
            ? .text("> \(Int(ran))")
            : .number(
              Quantity(
                mean(reached), spread: reached.count > 1 ? standardDeviation(reached) : nil,
                digits: 1
              )
            ),
        cell(curves.quantity("sparsity", place, digits: 1)),
        cell(curves.quantity("test_accuracy", place, digits: 2)),
        cell(curves.quantity("training_loss", place, digits: 3)),
        cell(
          curves.quantity(
            "gradient_variance_ratio", place.merging(["epoch": last]) { $1 }, digits: 1)),
      ])
    }
    _ = try table.write(named: "table", to: folder)
  }
}
