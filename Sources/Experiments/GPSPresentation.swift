import Foundation
import Harness
import Metrics
import Reports

/// Tables and figures of strategies in domain and on corrupted pictures.
struct GPSPresentation {
  let report: ReportData

  private typealias Method = GPSCorruption.Method
  private var curves: EpochCurves { EpochCurves(report: report) }

  private var subjects: [(dataset: String, network: String)] {
    report.results.distinct("dataset", metric: "negative_cll").flatMap { dataset in
      report.results.distinct("network", metric: "negative_cll", where: ["dataset": dataset])
        // Ensembles behind the networks that they are made of.
        .sorted {
          (GPSCorruption.isEnsemble($0) ? 1 : 0, $0) < (GPSCorruption.isEnsemble($1) ? 1 : 0, $1)
        }
        .map { (dataset, $0) }
    }
  }

  private func place(_ subject: (dataset: String, network: String), _ method: Method)
    -> [String: String]
  {
    ["dataset": subject.dataset, "network": subject.network, "method": method.rawValue]
  }

  private func sizes(_ metric: String, _ place: [String: String]) -> [Int] {
    report.results.distinct("n", metric: metric, where: place).compactMap(Int.init).sorted()
  }

  private func name(_ subject: (dataset: String, network: String)) -> String {
    Set(subjects.map(\.dataset)).count > 1
      ? "\(subject.network), \(subject.dataset)" : subject.network
  }

  private var note: String {
    curves.seeds > 1
      ? "mean over \(curves.seeds) seeds where there are several networks" : "one seed"
  }

  func write(to folder: URL) throws {
    _ = try table().write(named: "table", to: folder)
    _ = try inDomain().write(named: "in_domain", to: folder)
    _ = try searches().write(named: "search", to: folder)
    for figure in corruption() { _ = try figure.write(to: folder) }
    _ = try likelihood().write(to: folder)
  }

  // MARK: Tables

  /// The mean corruption error of every network by all strategies and numbers of views.
  private func table() -> Table {
    let shown = Array(
      Set(
        subjects.flatMap { subject in
          Method.compared.flatMap { sizes("mu_ce", place(subject, $0)) }
        })
    ).filter { $0 > 1 }.sorted()
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Network"), TableColumn("Shown as"), TableColumn("1 view", unit: "%", .number),
      ]
        + shown.map { TableColumn("\($0) views", unit: "%", .number) }
        + [TableColumn("Lower than by crop and flip", unit: "%")],
      note:
        "Mean corruption error, not normalised: the mean over corruptions of the mean over severities of the error; ± standard deviation over seeds, \(note). Last column, where there is one network or ensemble: by how much its error is lower at the largest number of views, with its 90 % interval over pictures."
    )
    for subject in subjects {
      table.startGroup()
      for method in Method.compared {
        let own = place(subject, method)
        func cell(_ n: Int) -> TableCell {
          curves.quantity("mu_ce", own.merging(["n": "\(n)"]) { a, _ in a }, digits: 2)
            .map { .number($0) } ?? .none
        }
        guard let last = sizes("mu_ce", own).last else { continue }
        let gain = ["corruption_gain", "corruption_gain_low", "corruption_gain_high"].compactMap {
          report.results.values(
            metric: $0,
            where: own.merging(["n": "\(last)", "against": Method.cropAndFlip.rawValue]) { a, _ in a
            }
          ).first?.value
        }
        table.append(
          [.text(name(subject)), .text(method.title), cell(1)] + shown.map(cell)
            + [
              gain.count < 3
                ? .none : .text(String(format: "%.2f (%.2f to %.2f)", gain[0], gain[1], gain[2]))
            ])
      }
    }
    return table
  }

  private func inDomain() -> Table {
    var table = Table(
      title: "In domain: clean test pictures",
      columns: [
        TableColumn("Network"), TableColumn("Shown as"), TableColumn("Views", .number),
        TableColumn("Negative cLL", unit: "nats", .number),
        TableColumn("Test error", unit: "%", .number), TableColumn("Temperature", .number),
        TableColumn("cLL above crop and flip", unit: "nats"),
      ],
      note:
        "At the largest number of views; ± standard deviation over seeds, \(note). Last column, where there is one network or ensemble: with its 90 % interval over pictures."
    )
    for subject in subjects {
      table.startGroup()
      for method in Method.allCases {
        let own = place(subject, method)
        guard let n = sizes("negative_cll", own).last else { continue }
        let at = own.merging(["n": "\(n)"]) { a, _ in a }
        func cell(_ metric: String, digits: Int) -> TableCell {
          curves.quantity(metric, at, digits: digits).map { .number($0) } ?? .none
        }
        let gain = ["likelihood_gain", "likelihood_gain_low", "likelihood_gain_high"].compactMap {
          report.results.values(
            metric: $0, where: at.merging(["against": Method.cropAndFlip.rawValue]) { a, _ in a }
          ).first?.value
        }
        table.append([
          .text(name(subject)), .text(method.title), .number(Quantity(Double(n), digits: 0)),
          cell("negative_cll", digits: 4), cell("test_error", digits: 2),
          cell("temperature", digits: 3),
          gain.count < 3
            ? .none : .text(String(format: "%+.4f (%+.4f to %+.4f)", gain[0], gain[1], gain[2])),
        ])
      }
    }
    return table
  }

  /// What was chosen.
  private func searches() -> Table {
    var table = Table(
      title: "What was chosen",
      columns: [
        TableColumn("Network"), TableColumn("Searched by"), TableColumn("Transformed", .number),
        TableColumn("Crop and flip", .number), TableColumn("Central", .number),
        TableColumn("Different", .number), TableColumn("Best M", .number),
      ],
      note:
        "Sub-policies of a policy by kind, and how many are different; best M: the magnitude of random sub-policies chosen on the same pictures; \(note)."
    )
    for subject in subjects {
      table.startGroup()
      for (method, name) in [
        (Method.gps, "calibrated log-likelihood"), (.gpsLikelihood, "log-likelihood"),
        (.gpsAccuracy, "accuracy"),
      ] {
        let own = place(subject, method)
        func cell(_ kind: String) -> TableCell {
          curves.quantity("picked", own.merging(["entries": kind]) { a, _ in a }, digits: 1)
            .map { .number($0) } ?? .none
        }
        guard !report.results.rows(metric: "picked", where: own).isEmpty else { continue }
        let magnitude =
          method == .gps
          ? curves.quantity("best_magnitude", place(subject, .bestMagnitude), digits: 1) : nil
        table.append([
          .text(self.name(subject)), .text(name), cell("transformed"), cell("crop_flip"),
          cell("central"), cell("different"), magnitude.map { .number($0) } ?? .none,
        ])
      }
    }
    return table
  }

  // MARK: Figures

  private func data(
    _ metric: String, _ place: [String: String], _ sizes: [Int], at x: (Int, Int) -> Double
  )
    -> [Datum]
  {
    sizes.enumerated().compactMap { index, n in
      let values = report.results.values(
        metric: metric, where: place.merging(["n": "\(n)"]) { a, _ in a }
      ).map(\.value)
      return values.isEmpty
        ? nil
        : Datum(x: x(index, n), y: mean(values), yInterval: curves.interval(values))
    }
  }

  /// The paper's form: the mean corruption error of each network by strategy, at each number of views; ours and the paper's.
  private func corruption() -> [Figure] {
    func panel(
      _ title: String, _ sizes: [Int], central: Double?, kind: Series.Kind,
      _ values: (Method, Int) -> (Double, Reports.Interval?)?
    ) -> Panel {
      let rule =
        central.map {
          [Series(Method.central.title, .rule, style: .of(0), data: [Datum(x: 0, y: $0)])]
        } ?? []
      let methods = Method.compared.filter { $0 != .central }
      let series = methods.enumerated().compactMap { index, method -> Series? in
        let data = sizes.enumerated().compactMap { place, n in
          values(method, n).map {
            // Strategies side by side.
            Datum(x: Double(place) + 0.14 * (Double(index) - 1.5), y: $0.0, yInterval: $0.1)
          }
        }
        return data.isEmpty
          ? nil : Series(method.title, kind, style: .of(index + 1), data: data)
      }
      return Panel(
        title: title, x: Axis("views", scale: .categories(sizes.map(String.init))),
        y: Axis("mean corruption error", unit: "%"), series: rule + series)
    }
    let ours = subjects.compactMap { subject -> Panel? in
      let shown = sizes("mu_ce", place(subject, .cropAndFlip))
      guard !shown.isEmpty else { return nil }
      func values(_ method: Method, _ n: Int) -> [Double] {
        report.results.values(
          metric: "mu_ce", where: place(subject, method).merging(["n": "\(n)"]) { a, _ in a }
        ).map(\.value)
      }
      let central = values(.central, 1)
      return panel(
        name(subject), shown, central: central.isEmpty ? nil : mean(central), kind: .points
      ) { method, n in
        let own = values(method, n)
        return own.isEmpty ? nil : (mean(own), curves.interval(own))
      }
    }
    let printed = report.references.references.filter { $0.metric == "mu_ce" }
    var seen: Set<String> = []
    let known = printed.map { ($0.place["dataset"] ?? "", $0.place["network"] ?? "") }
      .filter { seen.insert("\($0.0) \($0.1)").inserted }
    let theirs = known.map { dataset, network in
      func value(_ method: Method, _ n: Int) -> Double? {
        printed.first {
          $0.place["dataset"] == dataset && $0.place["network"] == network
            && $0.place["method"] == method.rawValue && $0.place["n"] == "\(n)"
        }?.printed.value
      }
      return panel(
        "\(network), \(dataset)", [5, 10, 100], central: value(.central, 1),
        kind: .reference
      ) { method, n in value(method, n).map { ($0, nil) } }
    }
    let form = "Mean corruption error by strategy of test-time augmentation"
    return [
      ours.isEmpty
        ? nil
        : Figure(
          name: "mu_ce", title: form,
          summary:
            "Mean corruption error of each network, shown as crops and flips, random transforms or a learned policy.",
          panels: Self.rows(ours),
          note:
            "Not normalised, lower is better; \(note), with 95 % confidence intervals of the mean over seeds."
        ),
      theirs.isEmpty
        ? nil
        : Figure(
          name: "mu_ce_paper", title: "\(form), the paper's",
          summary: "The paper's mean corruption errors, in the same form.",
          panels: Self.rows(theirs), note: "Larger networks, all pictures and severities."),
    ].compactMap(\.self)
  }

  /// Panels in rows of equal length.
  private static func rows(_ panels: [Panel]) -> [[Panel]] {
    let width =
      panels.count <= 3
      ? panels.count : [2, 3].first { panels.count.isMultiple(of: $0) } ?? 1
    return stride(from: 0, to: panels.count, by: width).map { Array(panels[$0..<$0 + width]) }
  }

  private func likelihood() -> Figure {
    let panels = subjects.map { subject in
      let central = report.results.values(
        metric: "negative_cll", where: place(subject, .central).merging(["n": "1"]) { a, _ in a }
      ).map(\.value)
      let rule =
        central.isEmpty
        ? []
        : [
          Series(Method.central.title, .rule, style: .of(0), data: [Datum(x: 1, y: mean(central))])
        ]
      let lines = Method.compared.enumerated().flatMap { index, method -> [Series] in
        guard method != .central else { return [] }
        let own = place(subject, method)
        let data = data("negative_cll", own, sizes("negative_cll", own)) { Double($1) }
        guard !data.isEmpty else { return [] }
        return [
          Series(
            method.title, .line, style: .of(index), data: data.map { Datum(x: $0.x, y: $0.y) }),
          Series(method.title, .points, style: .of(index), data: data, inLegend: false),
        ]
      }
      // What a few views of the strength of training cost would leave no room for what the others differ in.
      let shown = (rule + lines).filter { $0.name != Method.asInTraining.title }.flatMap(\.data)
        .flatMap { [$0.y, $0.yInterval?.low ?? $0.y, $0.yInterval?.high ?? $0.y] }
      let range = shown.min().flatMap { low in
        shown.max().flatMap { high in
          high > low ? low - 0.06 * (high - low)...high + 0.06 * (high - low) : nil
        }
      }
      return Panel(
        title: name(subject), x: Axis("views", scale: .log),
        y: Axis("negative calibrated log-likelihood", unit: "nats", range: range),
        series: rule + lines)
    }
    return Figure(
      name: "likelihood", title: "Calibrated log-likelihood in domain against the number of views",
      summary: "Negative calibrated log-likelihood of each network on clean pictures by strategy.",
      panels: Self.rows(panels),
      note: "Lower is better; \(note), with 95 % confidence intervals.")
  }
}
