import Foundation
import Harness
import Metrics
import Reports

/// Fig. 5 of the deep weight prior (Atanov et al. 2019): kernels of 7 × 7 at the places of their codes in the plane.
struct DWPLatent: Experiment {
  static let id = "dwp-fig5-latent"

  struct Settings: Codable, Sendable {
    var count: Int
    var priors: KernelPriorPlan
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try settings.priors.planDrawing(settings.count, into: &plan)
  }

  var claims: [Claim] { [] }

  /// Cells of the plane along each axis.
  private static let cells = 21
  /// Codes are standard normal a priori; what lies beyond is left out and counted.
  private static let reach = 3.0

  func present(_ report: ReportData, into folder: URL) throws {
    guard let kernels = try DrawnKernels(report, .source), let codes = try Self.codes(report),
      codes.count == kernels.numbers.count
    else { return }
    let width = 2 * Self.reach / Double(Self.cells)
    func centre(_ cell: Int) -> Double { -Self.reach + (Double(cell) + 0.5) * width }
    // In each cell the kernel whose code is nearest to the middle.
    var nearest: [Int: (distance: Double, kernel: Int)] = [:]
    var outside = 0
    for (kernel, code) in codes.enumerated() {
      let column = Int(((code.x + Self.reach) / width).rounded(.down))
      let row = Int(((Self.reach - code.y) / width).rounded(.down))
      guard (0..<Self.cells).contains(column), (0..<Self.cells).contains(row) else {
        outside += 1
        continue
      }
      let distance = hypot(code.x - centre(column), code.y + centre(row))
      let cell = row * Self.cells + column
      if distance < nearest[cell]?.distance ?? .infinity { nearest[cell] = (distance, kernel) }
    }
    let largest = max(kernels.numbers.joined().map { abs($0) }.max() ?? 0, 1e-9)
    let images = (0..<Self.cells).map { row in
      (0..<Self.cells).map { column in
        nearest[row * Self.cells + column].map { found in
          GridImage(
            values: kernels.numbers[found.kernel], width: kernels.size, height: kernels.size,
            range: -largest...largest)
        }
      }
    }
    _ = try ImageGrid(
      name: "latent", title: "Learned kernels at their codes", width: .page, images: images,
      note:
        "Codes from −\(Int(Self.reach)) to \(Int(Self.reach)) along both axes, first one to the right, second one up; in each cell the kernel coded nearest to its middle, of \(codes.count) kernels. \(outside) lie outside."
    ).write(to: folder)

    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Axis"), TableColumn("Mean of codes", .number),
        TableColumn("Standard deviation", .number),
      ], note: "Means of r(z|w) of \(codes.count) source kernels; the prior of z is N(0, I).")
    for (name, values) in [("first", codes.map(\.x)), ("second", codes.map(\.y))]
    where values.count > 1 {
      table.append([
        .text(name), .number(Quantity(mean(values), digits: 2)),
        .number(Quantity(standardDeviation(values), digits: 2)),
      ])
    }
    _ = try table.write(named: "table", to: folder)
  }

  /// The first two numbers of each kernel's code.
  private static func codes(_ report: ReportData) throws -> [(x: Double, y: Double)]? {
    guard let npy = try report.array(DrawKernels.codes, axes: 2), npy.shape[1] >= 2 else {
      return nil
    }
    let all = npy.floats()
    return stride(from: 0, to: all.count, by: npy.shape[1]).map {
      (x: Double(all[$0]), y: Double(all[$0 + 1]))
    }
  }
}
