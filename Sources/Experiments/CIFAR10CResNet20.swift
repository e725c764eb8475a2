import Foundation
import Harness
import Images
import Metrics
import Reports

/// A published ResNet-20 on CIFAR-10 in 19 corruptions and five severities (Hendrycks and Dietterich 2019).
struct CIFAR10CResNet20: Experiment {
  static let id = "cifar10-c-resnet20"

  struct Settings: Codable, Sendable {
    var dataset: String
    /// Only the first so many test pictures.
    var pictures: Int
    /// Of the random draws of the corruptions; that of `bench corrupt` is 0.
    var seed: UInt64
  }

  private static let network = "ResNet-20"
  private static let clean = "clean"

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    let place = ["dataset": settings.dataset, "network": Self.network]
    func add(_ corruption: Corruption?) throws -> Ref<ScoreCorrupted.Product> {
      try plan.add(
        ScoreCorrupted(
          network: "resnet20", weights: "cifar10-resnet20", dataset: settings.dataset,
          pictures: settings.pictures, corruption: corruption),
        seed: settings.seed,
        factors: place.merging(["corruption": corruption?.rawValue ?? Self.clean]) { a, _ in a })
    }
    _ = try add(nil)
    let scored = try Corruption.allCases.map { try add($0) }
    try plan.add(
      AverageCorruptions(corruptions: Array(scored.prefix(Corruption.benchmark.count))),
      seed: settings.seed, factors: place)
  }

  func present(_ report: ReportData, into folder: URL) throws {
    try CorruptionPresentation(report: report, network: Self.network, clean: Self.clean)
      .write(to: folder)
  }
}

/// The table, the heat map and the curves of errors on corrupted pictures.
private struct CorruptionPresentation {
  let report: ReportData
  let network: String
  let clean: String

  /// Corruptions of one kind, which share a panel.
  private static let kinds: [(String, [Corruption])] = [
    ("Noise", [.gaussianNoise, .shotNoise, .impulseNoise, .speckleNoise]),
    ("Blur", [.defocusBlur, .glassBlur, .motionBlur, .zoomBlur, .gaussianBlur]),
    ("Weather", [.snow, .frost, .fog, .brightness, .spatter]),
    ("Digital", [.contrast, .elasticTransform, .pixelate, .jpegCompression, .saturate]),
  ]

  private func title(_ corruption: Corruption) -> String {
    corruption == .jpegCompression
      ? "JPEG compression" : corruption.rawValue.replacing("_", with: " ")
  }

  /// The error at a corruption and severity; without a severity the mean over them.
  private func error(_ corruption: String, _ severity: String = "") -> Double? {
    report.results.values(
      metric: "test_error", where: ["corruption": corruption, "severity": severity]
    ).first?.value
  }

  private func error(_ corruption: Corruption, _ severity: Int) -> Double? {
    error(corruption.rawValue, "\(severity)")
  }

  private var meanError: Double? { report.results.values(metric: "mu_ce").first?.value }

  /// How many pictures of what, in which form.
  private var data: String {
    guard let row = report.results.rows(metric: "pictures").first else { return "" }
    let (name, variant) = (row.columns["dataset"] ?? "", row.columns["variant"] ?? "")
    return "\(Int(row.value)) test pictures of \(name), variant \(variant)"
      + (name == "cifar10" && variant == "near-exact"
        ? " (20 of the 10,000 were decoded from JPEG)." : ".")
  }

  func write(to folder: URL) throws {
    _ = try table().write(named: "table", to: folder)
    _ = try heatMap().write(to: folder)
    _ = try curves().write(to: folder)
  }

  private func table() -> Table {
    var table = Table(
      title: report.definition.title,
      columns: [TableColumn("Pictures")]
        + (1...5).map { TableColumn("Severity \($0)", unit: "%", .number) }
        + [TableColumn("Mean", unit: "%", .compared)],
      note:
        "Test error of \(network); in parentheses what the authors of the weights report. The mean corruption error, not normalised, is the mean over the 15 corruptions of the benchmark; nothing is printed for this network to compare it with. \(data)"
    )
    func cell(_ value: Double?) -> TableCell {
      value.map { .number(Quantity($0, digits: 2)) } ?? .none
    }
    let printed = report.references.references.first { $0.place["corruption"] == clean }
    table.append(
      [.text("clean")] + Array(repeating: .none, count: 5)
        + [
          error(clean).map {
            .compared(Quantity($0, digits: 2), paper: printed?.printed.text ?? "")
          }
            ?? .none
        ])
    func append(_ corruptions: some Sequence<Corruption>) {
      table.startGroup()
      for corruption in corruptions {
        table.append(
          [.text(title(corruption))] + (1...5).map { cell(error(corruption, $0)) }
            + [cell(error(corruption.rawValue))])
      }
    }
    append(Corruption.benchmark)
    table.append(
      [.text("mean corruption error")]
        + (1...5).map { severity in
          let values = Corruption.benchmark.compactMap { error($0, severity) }
          return values.count == Corruption.benchmark.count ? cell(mean(values)) : .none
        } + [cell(meanError)])
    append(Corruption.allCases.dropFirst(Corruption.benchmark.count))
    return table
  }

  private func heatMap() -> HeatMap {
    HeatMap(
      name: "heat_map", title: "Test error by corruption and severity",
      summary: "Test error of \(network) in percent for each of 19 corruptions and 5 severities.",
      rowLabels: Corruption.allCases.map(title),
      columnLabels: (1...5).map { "severity \($0)" } + ["mean"],
      values: Corruption.allCases.map { corruption in
        (1...5).map { error(corruption, $0) } + [error(corruption.rawValue)]
      },
      range: 0...100, unit: "%", digits: 1, rowBreaks: [Corruption.benchmark.count],
      columnBreaks: [5],
      note: [
        "Test error of \(network) in %, white 0, darkest 100.",
        error(clean).map { String(format: "Clean pictures: %.2f\u{A0}%%.", $0) } ?? "",
        meanError.map { String(format: "Mean over the 15 above the gap: %.2f\u{A0}%%.", $0) } ?? "",
        data,
      ].filter { !$0.isEmpty }.joined(separator: " "))
  }

  private func curves() -> Figure {
    // All panels have one scale, and room for the names beside the last points.
    let largest = report.results.rows(metric: "test_error").map(\.value).max() ?? 100
    let top = min(104, 10 * (largest / 10 + 0.5).rounded(.up))
    let panels = Self.kinds.map { name, corruptions in
      let lines = corruptions.enumerated().map { index, corruption in
        Series(
          title(corruption), .line, style: .of(index),
          data: ([error(clean)] + (1...5).map { error(corruption, $0) }).enumerated()
            .compactMap { place, value in value.map { Datum(x: Double(place), y: $0) } },
          inLegend: false)
      }
      // The name stands beside the last point of each line.
      let ends = zip(lines, corruptions).compactMap { line, corruption in
        line.data.last.map { last in
          Series(
            line.name, .points, style: line.style,
            data: [Datum(x: last.x, y: last.y, label: title(corruption))], inLegend: false)
        }
      }
      return Panel(
        title: name,
        x: Axis("severity", scale: .categories(["clean", "1", "2", "3", "4", "5", "", ""])),
        y: Axis("test error", unit: "%", range: 0...top), series: lines + ends)
    }
    return Figure(
      name: "severity", title: "Test error against severity",
      summary: "Test error of \(network) against the severity of each corruption, by kind.",
      panels: [Array(panels[0..<2]), Array(panels[2..<4])], note: data)
  }
}
