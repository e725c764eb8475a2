import Files
import Foundation
import Harness
import Metrics
import Reports

/// The method on samples, and retrieval by mean embeddings (Ashukha et al. 2021; thesis, Fig. 7).
struct MeTTAMethod: Experiment {
  static let id = "metta-fig7"

  struct Settings: Codable, Sendable {
    var seeds: Int
    var embeddings: EmbeddingPlan
    /// Numbers of neighbours.
    var neighbours: [Int]
    /// Generated pictures, which may be shown, and how many of them and of their views.
    var samples: Samples
  }

  struct Samples: Codable, Sendable {
    var dataset: String
    var pictures: Int
    var views: Int
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try SettingsCheck.requireCounts(("seeds", settings.seeds))
    try SettingsCheck.require("neighbours", each: settings.neighbours, in: 1...1000)
    try SettingsCheck.require("samples.pictures", settings.samples.pictures, in: 2...10)
    try SettingsCheck.require(
      "samples.views", settings.samples.views, in: ProjectViews.shown...999)
    for seed in 1...UInt64(settings.seeds) {
      for features in try settings.embeddings.plan(seed: seed, into: &plan) {
        try plan.add(
          Retrieve(
            embeddings: features.embeddings, sizes: settings.embeddings.sizes,
            neighbours: settings.neighbours),
          seed: seed, factors: features.place)
        guard seed == 1, let trained = features.trained else { continue }
        try plan.add(
          ProjectViews(
            dataset: settings.samples.dataset, pictures: settings.samples.pictures,
            views: settings.samples.views, network: features.network, trained: trained,
            trainedOn: settings.embeddings.pictures.dataset, view: features.view),
          seed: seed, factors: features.place)
      }
    }
  }

  func present(_ report: ReportData, into folder: URL) throws {
    let sources = EmbeddingSources(report.results, metric: "precision")
    let curves = EpochCurves(report: report)
    let seeds = curves.seeds == 1 ? "one seed" : "\(curves.seeds) seeds"
    let neighbours = report.results.distinct("neighbours", metric: "precision")
      .compactMap(Int.init).sorted()
    let sizes = report.results.distinct(
      "n", metric: "precision", where: ["method": ProbeEmbeddings.mean]
    ).compactMap(Int.init).sorted()
    func place(
      _ source: EmbeddingSources.Source, _ method: String, _ n: Int, _ count: Int
    ) -> [String: String] {
      source.place.merging(["method": method, "n": "\(n)", "neighbours": "\(count)"]) { a, _ in a }
    }
    guard !neighbours.isEmpty, let most = sizes.last else { return }
    let panels = neighbours.map { count in
      Panel(
        title: count == 1 ? "nearest neighbour" : "\(count) nearest neighbours",
        x: Axis("views averaged over", scale: .log), y: Axis("of the same class", unit: "%"),
        series: sources.all.enumerated().flatMap { index, source -> [Series] in
          let data = sizes.compactMap { n -> Datum? in
            let values = report.results.values(
              metric: "precision", where: place(source, ProbeEmbeddings.mean, n, count)
            ).map(\.value)
            return values.isEmpty
              ? nil : Datum(x: Double(n), y: mean(values), yInterval: curves.interval(values))
          }
          let whole = report.results.values(
            metric: "precision", where: place(source, ProbeEmbeddings.central, 1, count)
          ).map(\.value)
          return [
            Series(
              source.title, .line, style: .of(index), data: data.map { Datum(x: $0.x, y: $0.y) }),
            Series(source.title, .points, style: .of(index), data: data, inLegend: false),
            Series(
              "\(source.title), whole", .rule, style: .of(index),
              data: whole.isEmpty ? [] : [Datum(x: 1, y: mean(whole))], inLegend: false),
          ]
        })
    }
    _ = try Figure(
      name: "retrieval", title: "Retrieval by mean embeddings",
      summary: "Share of the nearest neighbours that are of the same class.",
      panels: [panels], sharesY: true,
      legend: [LegendEntry("whole pictures", .rule)],
      note: "Mean over \(seeds) with its 95 % confidence interval."
    ).write(to: folder)

    var table = Table(
      title: report.definition.title,
      columns: [TableColumn("Features"), TableColumn("Neighbours", .number)]
        + [
          TableColumn("Whole pictures", unit: "%", .number),
          TableColumn("Means of \(most) views", unit: "%", .number),
        ],
      note:
        "Share of the nearest training pictures that have the class of the test picture, by the cosine of embeddings. Mean ± standard deviation over \(seeds)."
    )
    for source in sources.all {
      for count in neighbours {
        func cell(_ method: String, _ n: Int) -> TableCell {
          curves.quantity("precision", place(source, method, n, count), digits: 2)
            .map { .number($0) } ?? .none
        }
        table.append([
          .text(source.title), .number(Quantity(Double(count), digits: 0)),
          cell(ProbeEmbeddings.central, 1), cell(ProbeEmbeddings.mean, most),
        ])
      }
    }
    _ = try table.write(named: "table", to: folder)
    try drawViews(report, into: folder)
    try drawEmbeddings(report, into: folder)
  }

  /// Samples as they are, and random views of them.
  private func drawViews(_ report: ReportData, into folder: URL) throws {
    guard
      let product = report.products.first(where: {
        $0.name == ProjectViews.pictures && $0.place["features"] == "self-supervised"
      }) ?? report.products.first(where: { $0.name == ProjectViews.pictures }),
      let url = product.url
    else { return }
    let drawn = try NPY.read(url)
    guard drawn.elementType == .u1, drawn.shape.count == 5, drawn.shape[4] == 3, drawn.count > 0
    else {
      throw HarnessError.malformed(
        file: ProjectViews.pictures, line: nil, expected: "bytes of pictures and views",
        found: "\(drawn.shape)")
    }
    let (height, width) = (drawn.shape[2], drawn.shape[3])
    let size = height * width * 3
    _ = try ImageGrid(
      name: "views", title: "Pictures and random views of them", width: .page,
      columnLabels: ["picture"] + (1..<drawn.shape[1]).map { "view \($0)" },
      images: (0..<drawn.shape[0]).map { picture in
        (0..<drawn.shape[1]).map { view in
          let start = (picture * drawn.shape[1] + view) * size
          return GridImage(
            rgb: Array(drawn.bytes[start..<start + size]), width: width, height: height)
        }
      },
      note:
        "A mean embedding averages what the network makes of such views. The pictures are generated ones, of the set shapes-mini, which may be passed on."
    ).write(to: folder)
  }

  /// Where views, their means and whole pictures lie in the plane of most variance.
  private func drawEmbeddings(_ report: ReportData, into folder: URL) throws {
    let sources = EmbeddingSources(report.results, metric: "component").all
    guard !sources.isEmpty else { return }
    let panels = sources.map { source in
      let rows = report.results.rows(metric: "component", where: source.place)
      var points: [String: [String: (x: Double, y: Double)]] = [:]
      for row in rows {
        guard let picture = row.columns["picture"], let shown = row.columns["shown"] else {
          continue
        }
        var point = points[picture]?[shown] ?? (0, 0)
        if row.columns["axis"] == "1" { point.x = row.value } else { point.y = row.value }
        points[picture, default: [:]][shown] = point
      }
      let ordered = points.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }
      let shares = (1...2).compactMap { axis in
        report.results.values(
          metric: "variance_share",
          where: source.place.merging(["axis": "\(axis)"]) { a, _ in a }
        ).first?.value
      }
      func label(_ axis: Int) -> String {
        shares.count == 2
          ? String(format: "component %d (%.0f %%)", axis, shares[axis - 1]) : "component \(axis)"
      }
      return Panel(
        title: source.title, x: Axis(label(1)), y: Axis(label(2)),
        series: ordered.enumerated().flatMap { index, entry -> [Series] in
          func data(_ names: [String]) -> [Datum] {
            names.compactMap { entry.value[$0] }.map { Datum(x: $0.x, y: $0.y) }
          }
          let views = entry.value.keys.filter { $0.hasPrefix("view") }.sorted()
          return [
            Series(
              "views \(entry.key)", .seeds, style: .of(index), data: data(views), inLegend: false),
            Series(
              "mean \(entry.key)", .points, style: .of(index), data: data(["mean"]),
              inLegend: false),
            Series(
              "whole \(entry.key)", .reference, style: .of(index), data: data(["central"]),
              inLegend: false),
          ]
        })
    }
    let columns = min(2, panels.count)
    let whole = panels.count / columns * columns
    _ = try Figure(
      name: "embeddings", title: "Views and their mean embeddings",
      summary: "Embeddings of views, their means and whole pictures in two principal components.",
      panelHeight: 170,
      panels: stride(from: 0, to: whole, by: columns).map { Array(panels[$0..<$0 + columns]) },
      legend: [
        LegendEntry("one view", .seeds), LegendEntry("mean over views", .points),
        LegendEntry("whole picture", .reference),
      ],
      note:
        "One colour for each generated picture; principal components of the views of all of them, with their share of the variance."
    ).write(to: folder)
  }
}
