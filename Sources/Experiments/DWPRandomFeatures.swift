import Foundation
import Harness
import Metrics
import Networks
import Reports

/// Fig. 3 of the deep weight prior (Atanov et al. 2019): accuracy over frozen convolutions that were initialised in three
/// ways, against the size of the network.
struct DWPRandomFeatures: Experiment {
  static let id = "dwp-fig3-random-features"

  struct Settings: Codable, Sendable {
    var mnist: Part
    var cifar: Part
  }

  /// One data set.
  struct Part: Codable, Sendable {
    var dataset: String
    /// Filters of each convolution at k = 1.
    var filters: [Int]
    /// k as the paper writes it, such as `1/16`; none leaves the data set out.
    var scales: [String]
    var runs: Int
    var batch: Int
    var epochs: Int
    var rate: Double
    var priors: KernelPriorPlan
  }

  private static let methods = InitialKernels.allCases

  /// The number that `1/16` stands for.
  ///
  /// - Throws: `HarnessError.wrongType` where it stands for none above 0.
  private static func number(_ scale: String) throws -> Double {
    let parts = scale.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
    let value: Double? =
      switch (parts.count, parts.first ?? nil, parts.last ?? nil) {
      case (1, let whole?, _): whole
      case (2, let top?, let bottom?): top / bottom
      default: nil
      }
    guard let value, value > 0, value <= 4 else {
      throw HarnessError.wrongType(
        setting: "scales", expected: "a size such as 1/16", found: scale)
    }
    return value
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    for part in [settings.mnist, settings.cifar] where !part.scales.isEmpty {
      try SettingsCheck.requireCounts(
        ("runs", part.runs), ("batch", part.batch), ("epochs", part.epochs))
      try SettingsCheck.require("filters", each: part.filters, in: 1...10_000)
      guard [2, 3].contains(part.filters.count) else {
        throw HarnessError.wrongType(
          setting: "filters", expected: "2 numbers for grey images, 3 for colours",
          found: "\(part.filters.count)")
      }
      let priors = try part.priors.plan(into: &plan)
      let isColoured = part.filters.count == 3
      for scale in part.scales {
        let k = try Self.number(scale)
        let filters = part.filters.map { max(1, Int(k * Double($0))) }
        let network =
          isColoured
          ? Architecture.dwpCIFARNet(filters: filters) : .dwpConvNet(filters: filters)
        for method in Self.methods {
          for seed in 1...UInt64(part.runs) {
            try plan.add(
              TrainOnFeatures(
                dataset: part.dataset, network: network.name, method: method,
                priors: method == .xavier ? [:] : priors, batch: part.batch, epochs: part.epochs,
                rate: part.rate),
              seed: seed,
              factors: [
                "dataset": ReferenceName.dataset(part.dataset),
                "method": method.rawValue, "k": scale,
              ])
          }
        }
      }
    }
  }

  private static func place(_ dataset: String, _ method: InitialKernels, _ k: String)
    -> [String: String]
  {
    ["dataset": dataset, "method": method.rawValue, "k": k, "epoch": ""]
  }

  /// Sizes that were measured on a data set, smallest first.
  private static func scales(_ results: Results, _ dataset: String) -> [String] {
    results.distinct("k", metric: "test_accuracy", where: ["dataset": dataset])
      .sorted { ((try? number($0)) ?? 0) < ((try? number($1)) ?? 0) }
  }

  private static func compared(
    _ results: Results, _ dataset: String, _ a: InitialKernels, _ b: InitialKernels,
    _ k: String, tolerance: Double = 0
  ) -> ClaimOutcome {
    results.test(
      ("test_accuracy", place(dataset, a, k)), .greater, ("test_accuracy", place(dataset, b, k)),
      tolerance: tolerance)
  }

  var claims: [Claim] {
    [
      Claim("dwp.rfe.small") { results, _ in
        let small = Self.scales(results, "mnist").filter {
          ((try? Self.number($0)) ?? 1) <= 0.25
        }
        return .all(
          small.flatMap { k in
            [InitialKernels.dwp, .filters].map {
              Self.compared(results, "mnist", $0, .xavier, k)
            }
          })
      },
      Claim("dwp.rfe.order") { results, _ in
        .all(
          ["mnist", "cifar-10"].flatMap { dataset in
            Self.scales(results, dataset).map {
              Self.compared(results, dataset, .filters, .dwp, $0)
            }
          })
      },
      Claim("dwp.rfe.close") { results, _ in
        // Within 0.003 either way: two one-sided tests.
        .all([
          Self.compared(results, "mnist", .dwp, .xavier, "1", tolerance: -0.003),
          Self.compared(results, "mnist", .xavier, .dwp, "1", tolerance: -0.003),
        ])
      },
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    let curves = EpochCurves(report: report)
    let names = ["mnist": "MNIST", "cifar-10": "CIFAR-10"]
    let datasets = report.results.distinct("dataset", metric: "test_accuracy")
      .sorted { ($0.hasPrefix("cifar") ? 1 : 0, $0) < ($1.hasPrefix("cifar") ? 1 : 0, $1) }
    var table = Table(
      title: report.definition.title,
      columns: [TableColumn("Data"), TableColumn("k")]
        + Self.methods.map { TableColumn($0.title, .compared) },
      note:
        "Test accuracy, mean ± standard deviation over runs; in parentheses the paper's. k scales the filters of every convolution."
    )
    var panels: [Panel] = []
    for dataset in datasets {
      let scales = Self.scales(report.results, dataset)
      table.startGroup()
      for k in scales {
        table.append(
          [.text(names[dataset] ?? dataset), .text(k)]
            + Self.methods.map {
              curves.compared("test_accuracy", Self.place(dataset, $0, k), digits: 4)
            })
      }
      var series: [Series] = []
      for (index, method) in Self.methods.enumerated() {
        let data = scales.enumerated().compactMap { place, k -> Datum? in
          let values = report.results.values(
            metric: "test_accuracy", where: Self.place(dataset, method, k)
          ).map(\.value)
          return values.isEmpty
            ? nil : Datum(x: Double(place), y: mean(values), yInterval: curves.interval(values))
        }
        let printed = scales.enumerated().compactMap { place, k -> Datum? in
          report.references.references.first {
            $0.place["dataset"] == dataset && $0.place["method"] == method.rawValue
              && $0.place["k"] == k
          }.map { Datum(x: Double(place), y: $0.printed.value) }
        }
        let title = method.title
        series.append(
          Series(
            title, .line, style: .of(index), data: data.map { Datum(x: $0.x, y: $0.y) }))
        series.append(Series(title, .points, style: .of(index), data: data, inLegend: false))
        if !printed.isEmpty {
          series.append(
            Series("\(title), paper", .reference, style: .of(index), data: printed, inLegend: false)
          )
        }
      }
      panels.append(
        Panel(
          title: names[dataset] ?? dataset, x: Axis("k", scale: .categories(scales)),
          y: Axis("test accuracy"), series: series))
    }
    _ = try table.write(named: "table", to: folder)
    guard !panels.isEmpty else { return }
    _ = try Figure(
      name: "random_features", title: "Accuracy over frozen convolutions",
      summary: "Accuracy against the size of the network for three initialisations.",
      panels: [panels],
      note: "Filled: ours, mean over runs with its 95 % confidence interval. Open: the paper's."
    ).write(to: folder)
  }
}
