import Foundation
import Harness
import Metrics
import Reports

/// The tables and figures of photos.
struct GPSImageNetPresentation {
  let report: ReportData

  private typealias Method = GPSCorruption.Method
  private let methods: [GPSCorruption.Method] = [.central, .cropAndFlip, .gps]

  private func value(_ metric: String, _ method: GPSCorruption.Method, _ n: Int) -> Double? {
    report.results.values(
      metric: metric,
      where: [
        "method": method.rawValue, "n": "\(n)", "against": "", "corruption": "", "severity": "",
      ]
    ).first?.value
  }

  private func gain(_ metric: String, _ method: GPSCorruption.Method, _ n: Int) -> [Double] {
    [metric, "\(metric)_low", "\(metric)_high"].compactMap {
      report.results.values(
        metric: $0,
        where: [
          "method": method.rawValue, "against": Method.central.rawValue, "n": "\(n)",
        ]
      ).first?.value
    }
  }

  private func title(_ method: GPSCorruption.Method) -> String {
    method == .cropAndFlip
      ? "random resized crops" : method == .gps ? "the authors' policy" : method.title
  }

  private func sizes(_ metric: String, _ method: GPSCorruption.Method) -> [Int] {
    report.results.distinct("n", metric: metric, where: ["method": method.rawValue, "against": ""])
      .compactMap(Int.init).sorted()
  }

  func write(to folder: URL) throws {
    _ = try table().write(named: "table", to: folder)
    _ = try recorded().write(named: "recorded", to: folder)
    _ = try figure().write(to: folder)
  }

  private func table() -> Table {
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Shown as"), TableColumn("Views", .number),
        TableColumn("Negative cLL, clean", unit: "nats", .number),
        TableColumn("Test error, clean", unit: "%", .number),
        TableColumn("cLL above the central crop", unit: "nats"),
        TableColumn("mCE", unit: "%", .number),
        TableColumn("Mean error, corrupted", unit: "%", .number),
        TableColumn("mCE below the central crop", unit: "%"),
      ],
      note:
        "mCE: the mean over corruptions of the error, here of a few severities, over AlexNet's mean error over all five, so it is comparable within this table only. Gains over the central crop with 90 % intervals over photos."
    )
    func cell(_ value: Double?, digits: Int) -> TableCell {
      value.map { .number(Quantity($0, digits: digits)) } ?? .none
    }
    func text(_ gain: [Double], _ format: String) -> TableCell {
      gain.count < 3 ? .none : .text(String(format: format, gain[0], gain[1], gain[2]))
    }
    for method in methods {
      table.startGroup()
      for n in Set(sizes("negative_cll", method) + sizes("mu_ce", method)).sorted() {
        table.append([
          .text(title(method)), .number(Quantity(Double(n), digits: 0)),
          cell(value("negative_cll", method, n), digits: 3),
          cell(value("test_error", method, n), digits: 2),
          text(gain("likelihood_gain", method, n), "%+.3f (%+.3f to %+.3f)"),
          cell(value("mce", method, n), digits: 2), cell(value("mu_ce", method, n), digits: 2),
          text(gain("corruption_gain", method, n), "%+.2f (%+.2f to %+.2f)"),
        ])
      }
    }
    return table
  }

  private func recorded() -> Table {
    var table = Table(
      title: "Mean corruption errors of ImageNet-C from the authors' recorded accuracies",
      columns: [
        TableColumn("Network"), TableColumn("Shown as"), TableColumn("Views", .number),
        TableColumn("mCE", unit: "%", .number),
      ],
      note:
        "The mean over 15 corruptions of the mean error over five severities, divided by AlexNet's. Accuracies that are recorded twice count with their mean."
    )
    var last = ""
    for row in RecordedCorruptionError.all(report.references) {
      if row.network != last { table.startGroup() }
      last = row.network
      table.append([
        .text(row.network), .text(Method(rawValue: row.method)?.title ?? row.method),
        .number(Quantity(Double(row.views), digits: 0)),
        .number(Quantity(row.meanCorruptionError, digits: 3)),
      ])
    }
    return table
  }

  private func figure() -> Figure {
    func panel(_ title: String, _ y: Axis, _ metric: String) -> Panel {
      let rule =
        value(metric, .central, 1).map {
          [Series(self.title(.central), .rule, style: .of(0), data: [Datum(x: 1, y: $0)])]
        } ?? []
      return Panel(
        title: title, x: Axis("views", scale: .log), y: y,
        series: rule
          + [(Method.cropAndFlip, 1), (.gps, 4)].flatMap { method, style -> [Series] in
            let data = sizes(metric, method).compactMap { n in
              value(metric, method, n).map { Datum(x: Double(n), y: $0) }
            }
            guard !data.isEmpty else { return [] }
            let points = Series(self.title(method), .points, style: .of(style), data: data)
            if data.count == 1 { return [points] }
            return [
              Series(self.title(method), .line, style: .of(style), data: data),
              Series(self.title(method), .points, style: .of(style), data: data, inLegend: false),
            ]
          })
    }
    return Figure(
      name: "views", title: "A learned policy on photos, clean and corrupted",
      summary:
        "Calibrated log-likelihood on clean photos and mean corruption error against the number of views.",
      panels: [
        [
          panel("clean", Axis("negative calibrated log-likelihood", unit: "nats"), "negative_cll"),
          panel("corrupted", Axis("mean corruption error", unit: "% of AlexNet's"), "mce"),
        ]
      ], note: "Lower is better.")
  }
}
