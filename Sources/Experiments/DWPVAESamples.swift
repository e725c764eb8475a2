import Files
import Foundation
import Harness
import Reports

/// Fig. 6 of the deep weight prior (Atanov et al. 2019): what an autoencoder draws after some hundred steps, its
/// convolutions started in three ways. The trials are those of Fig. 4.
struct DWPVAESamples: Experiment {
  static let id = "dwp-fig6-vae-samples"

  struct Settings: Codable, Sendable {
    var vae: AutoencoderPlan
    var priors: KernelPriorPlan
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try settings.vae.plan(seeds: 1, priors: settings.priors, into: &plan)
  }

  var claims: [Claim] { [] }

  func present(_ report: ReportData, into folder: URL) throws {
    let steps = report.results.distinct("step", metric: "mean_pixel").compactMap(Int.init).sorted()
    guard !steps.isEmpty else { return }
    var images: [[GridImage?]] = []
    var methods: [InitialKernels] = []
    for method in InitialKernels.allCases {
      let product = report.products.first {
        $0.name == TrainAutoencoder.samples && $0.place["method"] == method.rawValue
      }
      guard let url = product?.url else { continue }
      images.append(try Self.sheets(NPY.read(url), columns: steps.count))
      methods.append(method)
    }
    guard !images.isEmpty else { return }
    _ = try ImageGrid(
      name: "samples", title: "Samples of the autoencoder while it learns", width: .page,
      rowLabels: methods.map(\.title), columnLabels: steps.map { "step \($0)" }, images: images,
      note:
        "Means of p(x|z) for codes z drawn from N(0, I), the same ones in every sheet; white is 1."
    ).write(to: folder)

    let curves = EpochCurves(report: report, over: "step")
    var table = Table(
      title: report.definition.title,
      columns: [TableColumn("Step", .number)]
        + methods.map { TableColumn($0.title, unit: "nats", .number) },
      note: "Lower bound of test images where it was measured at that step. One seed.")
    for step in steps {
      table.append(
        [.number(Quantity(Double(step), digits: 0))]
          + methods.map { method in
            curves.quantity(
              "elbo", ["method": method.rawValue, "step": "\(step)"], digits: 1
            ).map { .number($0) } ?? .none
          })
    }
    _ = try table.write(named: "table", to: folder)
  }

  /// Pictures `[steps, pictures, H, W]`, those of a step in rows on one sheet.
  private static func sheets(_ drawn: NPY, columns: Int) throws -> [GridImage?] {
    guard drawn.elementType == .u1, drawn.shape.count == 4, drawn.shape[0] == columns,
      drawn.count > 0
    else {
      throw HarnessError.malformed(
        file: TrainAutoencoder.samples, line: nil,
        expected: "bytes of pictures after \(columns) steps", found: "\(drawn.shape)")
    }
    let (pictures, height, width) = (drawn.shape[1], drawn.shape[2], drawn.shape[3])
    let across = Int(Double(pictures).squareRoot().rounded(.up))
    let down = (pictures + across - 1) / across
    return (0..<columns).map { step in
      var sheet = [UInt8](repeating: 0, count: down * height * across * width)
      for picture in 0..<pictures {
        for row in 0..<height {
          let source = ((step * pictures + picture) * height + row) * width
          let target =
            ((picture / across * height + row) * across + picture % across) * width
          sheet.replaceSubrange(
            target..<target + width, with: drawn.bytes[source..<source + width])
        }
      }
      return GridImage(gray: sheet, width: across * width, height: down * height)
    }
  }
}
