import Compute
import Files
import Foundation
import Harness
import Images
import Networks
import Reports

/// The policy that greedy policy search learns, drawn on sample pictures (Molchanov et al. 2020; thesis, Fig. 5).
struct GPSPolicy: Experiment {
  static let id = "gps-fig5-policy"

  struct Settings: Codable, Sendable {
    var dataset: String
    var network: String
    var seed: UInt64
    var search: PolicySearchPlan
    /// A set whose pictures may be shown, and how many of them; how many of the policy's first different sub-policies.
    var shown: String
    var pictures: Int
    var elements: Int
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try settings.search.check("search")
    try NamedNetwork.requireTrainable(settings.network)
    try SettingsCheck.require("pictures", settings.pictures, in: 1...12)
    try SettingsCheck.require("elements", settings.elements, in: 1...24)
    let trained = try settings.search.trained(
      settings.network, on: settings.dataset, seed: settings.seed, into: &plan)
    let subject = settings.search.subject(
      trained, settings.network, on: settings.dataset, seed: settings.seed)
    let place = [
      "dataset": settings.dataset, "network": GPSCorruption.title(settings.network),
      "method": GPSCorruption.Method.gps.rawValue,
    ]
    let found = try settings.search.search(
      subject, by: .calibratedLogLikelihood, factors: place, into: &plan)
    try plan.add(
      DrawPolicy(
        policy: found, dataset: settings.shown, pictures: settings.pictures,
        elements: settings.elements),
      seed: settings.seed, factors: place)
  }

  func present(_ report: ReportData, into folder: URL) throws {
    guard let views = report.products.first(where: { $0.name == DrawPolicy.viewsFile })?.url,
      let file = report.products.first(where: { $0.name == SearchPolicy.file })?.url
    else { return }
    let policy = try Policy.read(file)
    let npy = try NPY.parse(Gzip.decompress(file: views, limit: 1 << 26), path: "views.npy")
    let (rows, columns, side) = (npy.shape[0], npy.shape[1], npy.shape[2])
    let size = side * side * 3
    let elements = policy.differentElements.prefix(rows - 1)
    func words(_ element: SubPolicy) -> String {
      if element == .central { return "as it is" }
      let steps = element.steps.filter { !$0.isSkipped && $0.transform != .identity }.map {
        "\($0.transform.rawValue) \(Int($0.magnitude.rounded()))"
      }
      return steps.isEmpty ? "crop and flip" : steps.joined(separator: ", ")
    }
    let images = (0..<rows).map { row in
      (0..<columns).map { column -> GridImage? in
        let start = (row * columns + column) * size
        return GridImage(rgb: Array(npy.bytes[start..<start + size]), width: side, height: side)
      }
    }
    let total = policy.elements.count
    _ = try ImageGrid(
      name: "policy", title: report.definition.title, width: .page,
      rowLabels: ["pictures"]
        + elements.map { element, count in "\(words(element))  (\(count))" },
      images: images,
      note:
        "Above: pictures of \(shownName(report)). Below: one view of each by the policy's sub-policies in the order in which they were first chosen; in parentheses how many of the \(total) are that one. Crop and flip follow every row but the picture as it is."
    ).write(to: folder)

    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Step", .number), TableColumn("Sub-policy"),
        TableColumn("Search score", unit: "nats", .number),
      ],
      note:
        "The first \(min(30, total)) of \(total) picks, with replacement; score: calibrated log-likelihood of the mean prediction so far on the pictures of the search."
    )
    for (index, element) in policy.elements.prefix(30).enumerated() {
      let score = report.results.values(metric: "search_score", where: ["n": "\(index + 1)"])
        .first?.value
      table.append([
        .number(Quantity(Double(index + 1), digits: 0)), .text(words(element)),
        score.map { .number(Quantity($0, digits: 4)) } ?? .none,
      ])
    }
    _ = try table.write(named: "table", to: folder)

    let scores = report.results.rows(metric: "search_score").compactMap { row in
      row.columns["n"].flatMap(Double.init).map { Datum(x: $0, y: row.value) }
    }.sorted { $0.x < $1.x }
    _ = try Figure(
      name: "score", title: "The score of the search by step",
      summary:
        "Calibrated log-likelihood of the mean prediction on the pictures of the search against the number of sub-policies chosen.",
      panels: [
        [
          Panel(
            x: Axis("sub-policies", scale: .log),
            y: Axis("calibrated log-likelihood", unit: "nats"),
            series: [Series("greedy policy search", .line, style: .of(4), data: scores)])
        ]
      ], note: "On the pictures of the search."
    ).write(to: folder)
  }

  private func shownName(_ report: ReportData) -> String {
    report.results.rows(metric: "shown").first?.columns["pictures_of"] ?? "the sample set"
  }
}

extension Policy {
  /// The elements in the order in which they first appear, and how often each does.
  var differentElements: [(element: SubPolicy, count: Int)] {
    var order: [SubPolicy] = []
    var counts: [SubPolicy: Int] = [:]
    for element in elements {
      if counts[element] == nil { order.append(element) }
      counts[element, default: 0] += 1
    }
    return order.map { ($0, counts[$0] ?? 0) }
  }
}
