import Foundation
import Harness
import Metrics
import Reports

/// Linear probes of mean embeddings against those of whole pictures (Ashukha et al. 2021; thesis, Table 2).
struct MeTTALinearProbe: Experiment {
  static let id = "metta-table2-linear-probe"

  struct Settings: Codable, Sendable {
    var seeds: Int
    var embeddings: EmbeddingPlan
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try SettingsCheck.requireCounts(("seeds", settings.seeds))
    for seed in 1...UInt64(settings.seeds) {
      for features in try settings.embeddings.plan(seed: seed, into: &plan) {
        _ = try settings.embeddings.probes(features, seed: seed, isShown: true, into: &plan)
      }
    }
  }

  /// Every source has more at 32 views than at 10, and at 10 more than on whole pictures.
  private static func moreViewsHelp(
    _ results: Results, _ trainedOn: ProbeTable, _ tolerance: Double
  ) -> ClaimOutcome {
    let sources = EmbeddingSources(results)
    guard sources.sizes.contains(10), sources.sizes.contains(32) else {
      return .notMeasured("10 or 32 views")
    }
    return .all(
      sources.all.flatMap { source -> [ClaimOutcome] in
        func mean(_ n: Int) -> [String: String] { EmbeddingSources.mean(source, trainedOn, n) }
        return [(mean(32), mean(10)), (mean(10), EmbeddingSources.central(source))].map {
          more, fewer in
          results.test(
            ("linear_eval_top1", more), .greater, ("linear_eval_top1", fewer),
            tolerance: tolerance)
        }
      })
  }

  /// Self-supervised features gain in the narrowest network, and more than in the widest.
  private static func narrowGainsMore(
    _ results: Results, _ trainedOn: ProbeTable, _ tolerance: Double
  ) -> ClaimOutcome {
    let sources = EmbeddingSources(results)
    let own = sources.all.filter { $0.features == "self-supervised" }
    guard let narrow = own.first, let wide = own.last, narrow != wide,
      sources.sizes.contains(32)
    else { return .notMeasured("the gain at 32 views of self-supervised features of two widths") }
    let (small, large) = (
      sources.gains(narrow, trainedOn, 32), sources.gains(wide, trainedOn, 32)
    )
    return .all([
      .test(
        differences: small.keys.sorted().map { small[$0]! }, .greater, bound: tolerance,
        what: "gain of 32 views \(narrow.width), percentage points"),
      .test(
        differences: small.keys.sorted().compactMap { seed in
          large[seed].map { small[seed]! - $0 }
        }, .greater, bound: tolerance,
        what: "gain of 32 views \(narrow.width) − \(wide.width), percentage points"),
    ])
  }

  var claims: [Claim] {
    [
      Claim("met.1") { Self.moreViewsHelp($0, .mean, $1) },
      Claim("met.1-central") { Self.moreViewsHelp($0, .central, $1) },
      Claim("met.2") { Self.narrowGainsMore($0, .mean, $1) },
      Claim("met.2-central") { Self.narrowGainsMore($0, .central, $1) },
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    let sources = EmbeddingSources(report.results)
    let curves = EpochCurves(report: report)
    let seeds = curves.seeds == 1 ? "one seed" : "\(curves.seeds) seeds"
    _ = try table(report, sources, curves, seeds).write(named: "table", to: folder)
    for (metric, name, title, unit) in [
      ("linear_eval_top1", "accuracy", "accuracy of the probe", "%"),
      ("negative_ll", "likelihood", "negative log-likelihood", "nats"),
    ] {
      _ = try figure(
        metric, name: name, title: title, unit: unit, sources, curves, report.results, seeds
      ).write(to: folder)
    }
  }

  private func table(
    _ report: ReportData, _ sources: EmbeddingSources, _ curves: EpochCurves, _ seeds: String
  ) -> Table {
    let shown = [10, 32].filter(sources.sizes.contains)
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Features"), TableColumn("Network"), TableColumn("Width"),
        TableColumn("Probe fitted on"), TableColumn("Central crop", unit: "%", .number),
      ]
        + shown.flatMap {
          [
            TableColumn("\($0) views", unit: "%", .number),
            TableColumn("Gain of \($0)", unit: "points", .number),
          ]
        },
      note:
        "Accuracy on test pictures, mean ± standard deviation over \(seeds); a gain is the difference to the central crop of the same seed. Rows in parentheses are the paper's, of 1.28 million photos of ImageNet in 1,000 classes: another scale, compared with nothing. SK: selective kernels."
    )
    for source in sources.all {
      for trainedOn in ProbeTable.allCases.reversed() {
        let central = EmbeddingSources.central(source)
        table.append(
          [
            .text(source.features), .text(source.network), .text(source.width),
            .text(trainedOn == .mean ? "mean" : "central crop"),
            curves.quantity("linear_eval_top1", central, digits: 2).map { .number($0) } ?? .none,
          ]
            + shown.flatMap { n -> [TableCell] in
              let place = EmbeddingSources.mean(source, trainedOn, n)
              let gains = sources.gains(source, trainedOn, n).values.sorted()
              return [
                curves.quantity("linear_eval_top1", place, digits: 2).map { .number($0) } ?? .none,
                gains.isEmpty
                  ? .none
                  : .number(
                    Quantity(
                      mean(gains), spread: gains.count > 1 ? standardDeviation(gains) : nil,
                      digits: 2)),
              ]
            })
      }
    }
    table.startGroup()
    var printed: [[String: String]] = []
    for reference in report.references.references {
      let own = reference.place.filter {
        ["features", "network", "width", "params"].contains($0.key)
      }
      if !printed.contains(own) { printed.append(own) }
    }
    for own in printed {
      func value(_ method: String, _ n: Int) -> PrintedNumber? {
        report.references.references.first { reference in
          reference.metric == "linear_eval_top1" && reference.place["method"] == method
            && reference.place["n"] == "\(n)"
            && own.allSatisfy { reference.place[$0.key] == $0.value }
        }?.printed
      }
      let kernels =
        report.references.references.first { reference in
          own.allSatisfy { reference.place[$0.key] == $0.value }
        }?.place["selective_kernels"] == "yes"
      let central = value(ProbeEmbeddings.central, 1)
      func text(_ number: PrintedNumber?) -> TableCell {
        number.map { .text("(\($0.text))") } ?? .none
      }
      table.append(
        [
          .text("(\(own["features"] ?? ""))"),
          .text("(\(own["network"] ?? "")\(kernels ? ", SK" : ""))"),
          .text("(\(own["width"] ?? ""))"), .text("(not said)"), text(central),
        ]
          + shown.flatMap { n -> [TableCell] in
            let own = value(ProbeEmbeddings.mean, n)
            let gain = own.flatMap { own in central.map { own.value - $0.value } }
            return [
              text(own), gain.map { .text(String(format: "(%+.1f)", $0)) } ?? .none,
            ]
          })
    }
    return table
  }

  private func figure(
    _ metric: String, name: String, title: String, unit: String, _ sources: EmbeddingSources,
    _ curves: EpochCurves, _ results: Results, _ seeds: String
  ) -> Figure {
    let panels = ProbeTable.allCases.reversed().map { trainedOn in
      Panel(
        title: trainedOn == .mean
          ? "fitted on means of as many views" : "fitted on the central crop",
        x: Axis("views averaged over", scale: .log), y: Axis(title, unit: unit),
        series: sources.all.enumerated().flatMap { index, source -> [Series] in
          let data = sources.sizes.compactMap { n -> Datum? in
            let values = results.values(
              metric: metric, where: EmbeddingSources.mean(source, trainedOn, n)
            ).map(\.value)
            return values.isEmpty
              ? nil : Datum(x: Double(n), y: mean(values), yInterval: curves.interval(values))
          }
          let whole = results.values(metric: metric, where: EmbeddingSources.central(source))
            .map(\.value)
          return [
            Series(
              source.title, .line, style: .of(index),
              data: data.map { Datum(x: $0.x, y: $0.y) }),
            Series(source.title, .points, style: .of(index), data: data, inLegend: false),
            Series(
              "\(source.title), central crop", .rule, style: .of(index),
              data: whole.isEmpty ? [] : [Datum(x: 1, y: mean(whole))], inLegend: false),
          ]
        })
    }
    return Figure(
      name: name, title: "Linear probes of mean embeddings: \(title)",
      summary: "\(title) against the number of views, for probes fitted in two ways.",
      panels: [Array(panels)], sharesY: true,
      legend: [LegendEntry("central crop, fitted on central crops", .rule)],
      note: "Mean over \(seeds) with its 95 % confidence interval.")
  }
}
