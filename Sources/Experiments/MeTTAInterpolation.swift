import Foundation
import Harness
import Metrics
import Reports

/// Probes on the way from mean embeddings to those of whole pictures and of single views (Ashukha et al. 2021; thesis, Fig. 8).
struct MeTTAInterpolation: Experiment {
  static let id = "metta-fig8-interpolation"

  struct Settings: Codable, Sendable {
    var seeds: Int
    var embeddings: EmbeddingPlan
    /// Views that the mean is over.
    var views: Int
    /// Places on the way, 0 to 1.
    var shares: [Double]
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try SettingsCheck.requireCounts(("seeds", settings.seeds))
    try SettingsCheck.require("shares", each: settings.shares, in: 0...1)
    guard settings.embeddings.sizes.contains(settings.views) else {
      throw HarnessError.wrongType(
        setting: "views", expected: "one of embeddings.sizes", found: "\(settings.views)")
    }
    for seed in 1...UInt64(settings.seeds) {
      for features in try settings.embeddings.plan(seed: seed, into: &plan) {
        for (trainedOn, place, probes) in try settings.embeddings.probes(
          features, seed: seed, isShown: false, into: &plan)
        {
          try plan.add(
            Interpolate(
              embeddings: features.embeddings, probes: probes, trainedOn: trainedOn,
              size: settings.views, shares: settings.shares),
            seed: seed, factors: place)
        }
      }
    }
  }

  private static func place(
    _ source: EmbeddingSources.Source, _ trainedOn: ProbeTable, _ towards: String, _ alpha: Double
  ) -> [String: String] {
    source.place.merging([
      "trained_on": trainedOn.rawValue, "towards": towards, "alpha": "\(alpha)",
    ]) { a, _ in a }
  }

  /// Towards the mean both scores improve, by halves of the way; one view is worse than the whole picture.
  private static func meansAreBest(
    _ results: Results, _ trainedOn: ProbeTable, _ tolerance: Double
  ) -> ClaimOutcome {
    let sources = EmbeddingSources(results)
    let alphas = Set(
      results.distinct("alpha", metric: "negative_ll").compactMap(Double.init))
    guard alphas.isSuperset(of: [0, 0.5, 1]) else {
      return .notMeasured("the beginning, the middle or the end of the way")
    }
    return .all(
      sources.all.flatMap { source -> [ClaimOutcome] in
        func better(_ a: (String, Double), _ b: (String, Double)) -> [ClaimOutcome] {
          [("negative_ll", Alternative.less), ("linear_eval_top1", .greater)].map {
            metric, side in
            results.test(
              (metric, place(source, trainedOn, a.0, a.1)), side,
              (metric, place(source, trainedOn, b.0, b.1)), tolerance: tolerance)
          }
        }
        return better(("central", 0), ("central", 0.5)) + better(("central", 0.5), ("central", 1))
          + better(("central", 1), ("single", 1))
      })
  }

  var claims: [Claim] {
    [
      Claim("met.3") { Self.meansAreBest($0, .mean, $1) },
      Claim("met.3-central") { Self.meansAreBest($0, .central, $1) },
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    let sources = EmbeddingSources(report.results)
    let curves = EpochCurves(report: report)
    let seeds = curves.seeds == 1 ? "one seed" : "\(curves.seeds) seeds"
    let ways = [("central", "whole picture"), ("single", "single view")]
    let alphas = report.results.distinct("alpha", metric: "negative_ll").compactMap(Double.init)
      .sorted()
    func data(
      _ metric: String, _ source: EmbeddingSources.Source, _ trainedOn: ProbeTable, _ way: String
    ) -> [Datum] {
      alphas.compactMap { alpha in
        let values = report.results.values(
          metric: metric, where: Self.place(source, trainedOn, way, alpha)
        ).map(\.value)
        return values.isEmpty
          ? nil : Datum(x: alpha, y: mean(values), yInterval: curves.interval(values))
      }
    }
    for trainedOn in ProbeTable.allCases {
      let rows = sources.all.map { source in
        [("negative_ll", "NLL", "nats"), ("linear_eval_top1", "accuracy", "%")].map {
          metric, title, unit in
          Panel(
            title: source.title, x: Axis("α"), y: Axis(title, unit: unit),
            series: ways.enumerated().map { index, way in
              Series(
                "towards the embedding of the \(way.1)", .line, style: .of(index),
                data: data(metric, source, trainedOn, way.0))
            })
        }
      }
      guard !sources.all.isEmpty else { return }
      _ = try Figure(
        name: "interpolation-\(trainedOn.rawValue)",
        title: "From mean embeddings to others",
        summary: "Likelihood and accuracy of a probe on interpolated embeddings.",
        panelHeight: 80, panels: rows, sharesX: true,
        note:
          "Probe fitted on \(trainedOn == .mean ? "mean embeddings" : "central crops"); α = 0 is the mean over views. Mean over \(seeds)\(curves.seeds > 1 ? ", bands: 95 % confidence interval" : "")."
      ).write(to: folder)
    }
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Features"), TableColumn("Probe fitted on"),
        TableColumn("Mean, NLL", unit: "nats", .number),
        TableColumn("Whole picture, NLL", unit: "nats", .number),
        TableColumn("Single view, NLL", unit: "nats", .number),
        TableColumn("Mean, accuracy", unit: "%", .number),
        TableColumn("Whole picture, accuracy", unit: "%", .number),
        TableColumn("Single view, accuracy", unit: "%", .number),
      ],
      note:
        "Ends of the ways: α = 0, and α = 1 of both. Mean ± standard deviation over \(seeds). The thesis prints no numbers."
    )
    for source in sources.all {
      for trainedOn in ProbeTable.allCases.reversed() {
        func cells(_ metric: String, digits: Int) -> [TableCell] {
          [("central", 0.0), ("central", 1), ("single", 1)].map { way, alpha in
            curves.quantity(
              metric, Self.place(source, trainedOn, way, alpha), digits: digits
            ).map { .number($0) } ?? .none
          }
        }
        table.append(
          [.text(source.title), .text(trainedOn == .mean ? "mean" : "central crop")]
            + cells("negative_ll", digits: 3) + cells("linear_eval_top1", digits: 2))
      }
    }
    _ = try table.write(named: "table", to: folder)
  }
}
