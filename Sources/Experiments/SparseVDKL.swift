import Foundation
import Harness
import Reports

/// How good the approximation of the divergence in sparse variational dropout is.
struct SparseVDKL: Experiment {
  static let id = "sparse-vd-kl"

  struct Settings: Codable, Sendable {
    /// Points per unit of log α.
    var perUnit: Int
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try plan.add(TabulateDivergence(perUnit: max(1, settings.perUnit)), seed: 1, factors: [:])
  }

  var claims: [Claim] {
    [
      Claim("svd.10") { results, _ in
        guard let worst = results.values(metric: "largest_error").first?.value else {
          return .notMeasured("the approximation's error")
        }
        return .certain(
          worst < 0.01, why: String(format: "largest error %.4f nats, bound 0.01", worst))
      },
      Claim("svd.11") { results, _ in
        guard let rise = results.values(metric: "smallest_rise").first?.value,
          let last = results.values(metric: "largest_minus_kl").first?.value
        else { return .notMeasured("the exact value") }
        return .certain(
          rise > 0 && last < 0 && last > -0.001,
          why: String(format: "smallest rise %.2e nats, %.2e at log alpha = 8", rise, last))
      },
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    func curve(_ name: String, _ place: [String: String], _ style: Int) -> Curve {
      let points = report.results.rows(metric: "minus_kl", where: place).compactMap { row in
        row.columns["log_alpha"].flatMap(Double.init).map { Datum(x: $0, y: row.value) }
      }
      return Curve(name, styleIndex: style, data: points.sorted { $0.x < $1.x })
    }
    let exact = curve("exact, log-uniform", ["prior": "log_uniform", "method": "exact"], 0)
    let approximation = curve(
      "sigmoid approximation", ["prior": "log_uniform", "method": "approximation"], 1)
    let relevance = curve("best Gaussian prior (ARD)", ["prior": "ard", "method": "exact"], 2)
    let difference = zip(exact.data, approximation.data).map { Datum(x: $0.x, y: $1.y - $0.y) }
    let figure = Figure(
      name: "divergence", title: "Divergence from the log-uniform prior",
      panels: [
        [
          .curves(
            title: "minus KL", x: Axis("log α"), y: Axis("−KL", unit: "nats"),
            curves: [exact, approximation, relevance]),
          .curves(
            title: "approximation − exact", x: Axis("log α"), y: Axis("difference", unit: "nats"),
            curves: [Curve("difference", styleIndex: 1, data: difference)]),
        ]
      ])
    _ = try figure.write(to: folder)
    var table = Table(
      title: "Minus KL, in nats",
      columns: [
        TableColumn("log α"), TableColumn("exact"), TableColumn("approximation"),
        TableColumn("ARD"),
      ])
    for index in exact.data.indices where exact.data[index].x == exact.data[index].x.rounded() {
      table.append([
        .text(String(Int(exact.data[index].x))), .text(String(format: "%.5f", exact.data[index].y)),
        .text(String(format: "%.5f", approximation.data[index].y)),
        .text(String(format: "%.5f", relevance.data[index].y)),
      ])
    }
    _ = try table.write(named: "table", to: folder)
  }
}
