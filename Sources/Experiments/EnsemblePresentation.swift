import Foundation
import Harness
import Metrics
import Reports

/// The table and the figures of ensembles with and without test-time augmentation.
struct EnsemblePresentation {
  let report: ReportData
  /// Whose numbers these are, where there are several networks.
  var network: String?

  /// Ends the names of files.
  private var suffix: String { network.map { "-\($0)" } ?? "" }
  /// Ends titles.
  private var whose: String { network.map { ", \($0)" } ?? "" }

  private typealias Method = EnsembleMethods.Method
  private var curves: EpochCurves { EpochCurves(report: report) }
  private let central = TTANLLCIFAR.central
  private let augmented = TTANLLCIFAR.augmented

  private var seeds: String { curves.seeds == 1 ? "one seed" : "\(curves.seeds) seeds" }

  /// Methods that were measured, with their names and their place among all.
  private var methods: [(index: Int, method: EnsembleMethods.Method, title: String)] {
    TTANLLCIFAR.titles.enumerated().compactMap { index, entry in
      sizes(entry.0, central).isEmpty ? nil : (index, entry.0, entry.1)
    }
  }

  private func sizes(_ method: EnsembleMethods.Method, _ augmentation: String) -> [Int] {
    TTANLLCIFAR.sizes(report.results, method, augmentation)
  }

  private func place(_ method: EnsembleMethods.Method, _ augmentation: String, _ n: Int)
    -> [String: String]
  { TTANLLCIFAR.place(method, augmentation, n) }

  func writeFigures(to folder: URL) throws {
    for (metric, name, title, unit) in [
      ("negative_cll", "likelihood", "Negative calibrated log-likelihood", "nats"),
      ("test_error", "error", "Test error", "%"),
    ] {
      _ = try bySize(metric, name: name, title: title, unit: unit).write(to: folder)
    }
    _ = try equivalents().write(to: folder)
    _ = try arrows().write(to: folder)
  }

  /// One table of all networks, each a group of rows.
  static func table(of parts: [EnsemblePresentation], titled title: String) -> Table {
    let names = parts.contains { $0.network != nil } ? [TableColumn("Network")] : []
    var table = Table(
      title: title,
      columns: names + [
        TableColumn("Method"), TableColumn("Samples", .number),
        TableColumn("Negative cLL", unit: "nats", .number),
        TableColumn("Test error", unit: "%", .number),
        TableColumn("Deep ensemble equivalent", .compared),
        TableColumn("Views", .number), TableColumn("Negative cLL, views", unit: "nats", .number),
        TableColumn("Test error, views", unit: "%", .number),
      ],
      note:
        "Mean ± standard deviation over \(parts.first?.seeds ?? "no seed"); each method at its largest number of samples of whole pictures, and of random crops and flips. In parentheses the deep ensemble equivalent that the paper shows at 100 samples, a mean over other networks. With >, some seeds lie beyond the largest deep ensemble and count as it."
    )
    for part in parts {
      if part.network != nil { table.startGroup() }
      part.append(to: &table)
    }
    return table
  }

  private func append(to table: inout Table) {
    func cell(_ metric: String, _ place: [String: String], digits: Int) -> TableCell {
      curves.quantity(metric, place, digits: digits).map { .number($0) } ?? .none
    }
    for (_, method, title) in methods {
      guard let n = sizes(method, central).last else { continue }
      let whole = place(method, central, n)
      let views = sizes(method, augmented).last
      let shown = views.map { place(method, augmented, $0) }
      let bounds = report.results.values(metric: "dee_is_bound", where: whole).count
      let printed =
        report.references.references.first {
          $0.metric == "dee" && $0.place["method"] == method.rawValue
        }?.printed.text ?? ""
      let networks = curves.quantity("dee", whole, digits: 1)
      let dee: TableCell =
        bounds > 0
        ? .text(
          "> \(networks.map { String(format: "%.1f", $0.value) } ?? "")"
            + (printed.isEmpty ? "" : " (\(printed))"))
        : networks.map { .compared($0, paper: printed) } ?? .none
      table.append(
        (network.map { [.text($0)] } ?? []) + [
          .text(title), .number(Quantity(Double(n), digits: 0)),
          cell("negative_cll", whole, digits: 3), cell("test_error", whole, digits: 2), dee,
          views.map { .number(Quantity(Double($0), digits: 0)) } ?? .none,
          shown.map { cell("negative_cll", $0, digits: 3) } ?? .none,
          shown.map { cell("test_error", $0, digits: 2) } ?? .none,
        ])
    }
  }

  /// Ours of a metric over numbers of samples.
  private func data(
    _ metric: String, _ method: EnsembleMethods.Method, _ augmentation: String
  ) -> [Datum] {
    sizes(method, augmentation).compactMap { n in
      let values = report.results.values(metric: metric, where: place(method, augmentation, n))
        .map(\.value)
      return values.isEmpty
        ? nil : Datum(x: Double(n), y: mean(values), yInterval: curves.interval(values))
    }
  }

  private func bySize(_ metric: String, name: String, title: String, unit: String) -> Figure {
    let panels = [(central, "whole pictures"), (augmented, "random crops and flips")].map {
      augmentation, heading in
      Panel(
        title: heading, x: Axis("samples", scale: .log), y: Axis(title.lowercased(), unit: unit),
        series: methods.flatMap { index, method, name -> [Series] in
          let data = data(metric, method, augmentation)
          guard !data.isEmpty else { return [] }
          // A line in every case, so that a method has one entry in the legend.
          let bare = data.map { Datum(x: $0.x, y: $0.y) }
          return [
            Series(name, .line, style: .of(index), data: bare),
            Series(name, .points, style: .of(index), data: data, inLegend: false),
          ]
        })
    }
    return Figure(
      name: name + suffix, title: "\(title) against the number of samples\(whose)",
      summary: "\(title) of every ensembling method, with and without test-time augmentation.",
      panels: [panels], note: "Mean over \(seeds) with its 95 % confidence interval.")
  }

  private func equivalents() -> Figure {
    let largest = sizes(.deepEnsemble, central).last ?? 1
    let panels = [(central, "whole pictures"), (augmented, "random crops and flips")].map {
      augmentation, heading in
      Panel(
        title: heading, x: Axis("samples", scale: .log),
        y: Axis("deep ensemble equivalent", unit: "networks"),
        series: methods.compactMap { index, method, name in
          let data = data("dee", method, augmentation)
          return data.isEmpty ? nil : Series(name, .points, style: .of(index), data: data)
        } + [
          Series(
            "largest deep ensemble", .rule, style: .of(methods.count),
            data: [Datum(x: 1, y: Double(largest))])
        ])
    }
    return Figure(
      name: "equivalents" + suffix, title: "Deep ensemble equivalent\(whose)",
      summary: "How many independent networks are as good as each ensemble.", panels: [panels],
      note:
        "By calibrated log-likelihood of whole pictures. What lies on the line may lie beyond it. Mean over \(seeds)."
    )
  }

  /// The thesis's own form. Views are compared with whole pictures of as many samples at least.
  private func arrows() -> Figure {
    func mean(_ method: Method, _ augmentation: String, _ n: Int?) -> ViewArrows.Row.Mean? {
      guard let n else { return nil }
      let values = report.results.values(
        metric: "negative_cll", where: place(method, augmentation, n)
      ).map(\.value)
      return values.isEmpty
        ? nil : (Metrics.mean(values), curves.interval(values))
    }
    return ViewArrows(
      rows: methods.map { _, method, title in
        let whole = sizes(method, central).last
        let views = sizes(method, augmented).first { $0 >= max(10, whole ?? 0) }
        return .init(
          title: title + (whole.map { $0 > 1 ? " \($0)" : "" } ?? ""),
          central: mean(method, central, whole), few: mean(method, augmented, views),
          many: mean(method, augmented, 50))
      },
      name: "views" + suffix, few: "10 random views, cSGLD 15", many: "50 random views",
      note:
        "Lower is better. Beside a method the number of its samples of whole pictures. Mean over \(seeds) with its 95 % confidence interval."
    ).figure
  }
}
