import Foundation
import Harness
import Metrics
import Networks
import Reports

/// Fig. 4 of the deep weight prior (Atanov et al. 2019): how fast an autoencoder and two classifiers learn when their
/// convolutions start in three ways.
struct DWPConvergence: Experiment {
  static let id = "dwp-fig4-convergence"

  struct Settings: Codable, Sendable {
    /// Its kernels are those of `mnist`.
    var vae: AutoencoderPlan
    var vaeSeeds: Int
    var mnist: Part
    var cifar: Part
  }

  /// One classifier.
  struct Part: Codable, Sendable {
    var dataset: String
    var network: String
    var seeds: Int
    var batch: Int
    var rate: Double
    /// None leaves it out.
    var scores: [Int]
    var scored: Int
    var priors: KernelPriorPlan
  }

  private static let methods = InitialKernels.allCases

  /// What is measured, in the order of the paper's subfigures.
  private static let measured = [
    (metric: "elbo", dataset: "mnist", title: "MNIST, autoencoder", digits: 1),
    (metric: "test_accuracy", dataset: "mnist", title: "MNIST", digits: 4),
    (metric: "test_accuracy", dataset: "cifar-10", title: "CIFAR-10", digits: 3),
  ]

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try SettingsCheck.requireCounts(("vaeSeeds", settings.vaeSeeds))
    try settings.vae.plan(
      seeds: settings.vaeSeeds, priors: settings.mnist.priors, into: &plan)
    for part in [settings.mnist, settings.cifar] where !part.scores.isEmpty {
      try SettingsCheck.requireCounts(
        ("seeds", part.seeds), ("batch", part.batch), ("scored", part.scored))
      try SettingsCheck.requireRising("scores", part.scores)
      let priors = try part.priors.plan(into: &plan)
      for method in Self.methods {
        for seed in 1...UInt64(part.seeds) {
          try plan.add(
            TrainFromKernels(
              dataset: part.dataset, network: part.network, method: method,
              priors: method == .xavier ? [:] : priors, batch: part.batch, rate: part.rate,
              scores: part.scores, scored: part.scored),
            seed: seed,
            factors: [
              "dataset": ReferenceName.dataset(part.dataset),
              "method": method.rawValue,
            ])
        }
      }
    }
  }

  private static func place(_ dataset: String, _ method: InitialKernels, _ step: Int) -> [String:
    String]
  {
    ["dataset": dataset, "method": method.rawValue, "step": "\(step)"]
  }

  var claims: [Claim] {
    [
      Claim("dwp.conv") { results, tolerance in
        .all(
          Self.measured.flatMap { part in
            [InitialKernels.dwp, .filters].map { method in
              results.test(
                (part.metric, Self.place(part.dataset, method, 100)), .greater,
                (part.metric, Self.place(part.dataset, .xavier, 100)), tolerance: tolerance)
            }
          })
      }
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    let curves = EpochCurves(report: report, over: "step")
    var table = Table(
      title: report.definition.title,
      columns: [TableColumn("Data"), TableColumn("Step", .number)]
        + Self.methods.map { TableColumn($0.title, .compared) },
      note:
        "Lower bound of test images in nats for the autoencoder, test accuracy for the classifiers; mean ± standard deviation over \(curves.seeds) seeds; in parentheses the paper's, read from its figures."
    )
    var panels: [Panel] = []
    for part in shown(report) {
      let steps = report.results.distinct(
        "step", metric: part.metric, where: ["dataset": part.dataset]
      ).compactMap(Int.init).sorted()
      // The scored step nearest to each of these, and the last one.
      let rows = Set(
        [50, 100, 200].compactMap { wanted in steps.min { abs($0 - wanted) < abs($1 - wanted) } }
          + steps.suffix(1)
      ).sorted()
      table.startGroup()
      for step in rows {
        table.append(
          [.text(part.title), .number(Quantity(Double(step), digits: 0))]
            + Self.methods.map {
              curves.compared(
                part.metric, Self.place(part.dataset, $0, step), digits: part.digits)
            })
      }
      var series: [Series] = []
      for (style, method) in Self.methods.enumerated() {
        let place = ["dataset": part.dataset, "method": method.rawValue]
        if let printed = curves.printed(part.metric, place, name: "", style: style) {
          series.append(
            Series(
              "\(method.title), paper", .reference, style: .of(style), data: printed.data,
              inLegend: false))
        }
        if let ours = curves.ours(part.metric, place, name: method.title, style: style) {
          series.append(Series(method.title, .line, style: .of(style), data: ours.data))
        }
      }
      panels.append(
        Panel(
          title: part.title, x: Axis("step"),
          y: part.metric == "elbo"
            ? Axis("lower bound", unit: "nats") : Axis("test accuracy"), series: series))
    }
    _ = try table.write(named: "table", to: folder)
    guard !panels.isEmpty else { return }
    _ = try Figure(
      name: "convergence", title: "Convergence from three initialisations",
      summary:
        "Lower bound of an autoencoder and accuracy of classifiers against the step of training.",
      panels: [panels],
      note: curves.note + (panels.contains(where: Self.showsPaper) ? " Open: the paper's." : "")
    ).write(to: folder)
  }

  private static func showsPaper(_ panel: Panel) -> Bool {
    panel.series.contains { $0.kind == .reference }
  }

  /// What was measured; other data than the paper's stand under their own name.
  private func shown(_ report: ReportData) -> [(
    metric: String, dataset: String, title: String, digits: Int
  )] {
    ["elbo", "test_accuracy"].flatMap { metric in
      report.results.distinct("dataset", metric: metric)
        .sorted { ($0.hasPrefix("cifar") ? 1 : 0, $0) < ($1.hasPrefix("cifar") ? 1 : 0, $1) }
        .map { dataset in
          Self.measured.first { $0.metric == metric && $0.dataset == dataset }
            ?? (metric, dataset, dataset + (metric == "elbo" ? ", autoencoder" : ""), 3)
        }
    }
  }
}
