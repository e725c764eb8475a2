import Foundation
import Harness
import Reports

/// Fig. 1 of the deep weight prior (Atanov et al. 2019): learned kernels of 7 × 7 beside samples of the prior.
struct DWPKernels: Experiment {
  static let id = "dwp-fig1-kernels"

  struct Settings: Codable, Sendable {
    /// Kernels of each kind.
    var count: Int
    var priors: KernelPriorPlan
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try settings.priors.planDrawing(settings.count, into: &plan)
  }

  var claims: [Claim] { [] }

  func present(_ report: ReportData, into folder: URL) throws {
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Kernels"), TableColumn("Shown", .number), TableColumn("Mean norm", .number),
      ],
      note: "Of the first convolution of the source networks.")
    let kinds = try [
      (DrawKernels.Kind.source, "learned kernels"), (.sample, "samples of the prior"),
    ].compactMap { kind, title in try DrawnKernels(report, kind).map { (kind, title, $0) } }
    // One scale of grey for both: the largest weight in either direction is black or white.
    let largest = max(kinds.flatMap { $0.2.numbers.joined() }.map { abs($0) }.max() ?? 0, 1e-9)
    for (kind, title, kernels) in kinds {
      let columns = Int(Double(kernels.numbers.count).squareRoot().rounded(.up))
      let pictures = kernels.numbers.map { numbers in
        GridImage(
          values: numbers, width: kernels.size, height: kernels.size, range: -largest...largest)
      }
      let rows = stride(from: 0, to: pictures.count, by: columns).map { start in
        (start..<start + columns).map { $0 < pictures.count ? pictures[$0] : nil }
      }
      _ = try ImageGrid(
        name: kind.rawValue, title: title, images: rows,
        note:
          "\(title.prefix(1).uppercased() + title.dropFirst()); grey is zero, one scale for both grids."
      ).write(to: folder)
      let norm = report.results.values(metric: "mean_norm", where: ["set": kind.rawValue]).first?
        .value
      table.append([
        .text(title), .number(Quantity(Double(pictures.count), digits: 0)),
        norm.map { .number(Quantity($0, digits: 3)) } ?? .none,
      ])
    }
    _ = try table.write(named: "table", to: folder)
  }
}
