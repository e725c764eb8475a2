import Foundation
import Harness
import Metrics
import Networks
import Reports

/// Tables and figures of the sparse variational dropout experiments: the paper's own table with ours beside it, error
/// against compression, sparsity per layer, and both over epochs.
struct SparseVDPresentation {
  let report: ReportData
  let folder: URL

  /// The methods of Table 1 in its order, with the names it uses.
  static let methods = [
    ("original", "Original"), ("pruning", "Pruning"), ("dns", "DNS"), ("sws", "SWS"),
    ("sparse_vd", "Sparse VD"),
  ]

  func write() throws {
    _ = try table().write(named: "table", to: folder)
    _ = try tradeOff().write(to: folder)
    _ = try layers()?.write(to: folder)
    _ = try curves().write(to: folder)
  }

  // MARK: Numbers

  private func place(_ network: Architecture, _ method: String, layer: String = "") -> [String:
    String]
  {
    ["network": network.name, "method": method, "layer": layer, "epoch": ""]
  }

  private func ours(_ metric: String, _ place: [String: String]) -> [Double] {
    report.results.values(metric: metric, where: place).map(\.value)
  }

  private func paper(
    _ metric: String, _ network: Architecture, _ method: String, layer: String = ""
  )
    -> PrintedNumber?
  {
    report.references.references.first {
      $0.metric == metric && $0.place["network"] == network.name && $0.place["method"] == method
        && ($0.place["layer"] ?? "") == layer && $0.place["accounting"] == nil
    }?.printed
  }

  private func quantity(_ values: [Double], digits: Int) -> Quantity? {
    values.isEmpty
      ? nil
      : Quantity(
        mean(values), spread: values.count > 1 ? standardDeviation(values) : nil, digits: digits)
  }

  private var seeds: Int { Set(report.results.rows.map(\.seed)).count }

  private func interval(_ values: [Double]) -> Reports.Interval? {
    guard let interval = confidenceInterval(ofMean: values, level: 0.95) else { return nil }
    return Reports.Interval(interval.low, interval.high)
  }

  // MARK: Table

  private func table() -> Table {
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Network"), TableColumn("Method"), TableColumn("Error", unit: "%", .compared),
        TableColumn("Sparsity per layer", unit: "%"), TableColumn("paper"),
        TableColumn("|W| / |W≠0|", .compared), TableColumn("File", unit: "kB", .number),
      ],
      note:
        "Ours, mean ± standard deviation over seeds; in parentheses and in the column “paper” what the paper prints. File: the exported network; of a pruned one the weights left and their places, 4 bytes each."
    )
    for network in Architecture.all {
      table.startGroup()
      for (method, title) in Self.methods {
        func compared(_ metric: String, digits: Int) -> TableCell {
          let printed = paper(metric, network, method)?.text ?? ""
          guard let ours = quantity(ours(metric, place(network, method)), digits: digits) else {
            return printed.isEmpty ? .none : .text("(\(printed))")
          }
          return .compared(ours, paper: printed)
        }
        let layers = network.weighted.map(\.name)
        let sparsity = layers.compactMap { layer in
          quantity(ours("layer_sparsity", place(network, method, layer: layer)), digits: 1)
            .map { Quantity($0.value, digits: 1).text }
        }
        let printed = layers.compactMap {
          paper("layer_sparsity", network, method, layer: $0)?.text
        }
        table.append([
          .text(network.name), .text(title), compared("test_error", digits: 2),
          .text(sparsity.joined(separator: " – ")), .text(printed.joined(separator: " – ")),
          compared("compression", digits: 1), exported(network, method),
        ])
      }
    }
    return table
  }

  /// Size of the exported network.
  private func exported(_ network: Architecture, _ method: String) -> TableCell {
    let sizes = report.products.filter {
      $0.place["network"] == network.name && $0.place["method"] == method
        && $0.name.hasSuffix(".safetensors")
    }
    return quantity(sizes.map { Double($0.bytes) / 1000 }, digits: 1)
      .map { .number(Quantity($0.value, digits: 1)) } ?? .none
  }

  // MARK: Figures

  private func tradeOff() -> Figure {
    let panels = Architecture.all.map { network in
      let points = Self.methods.enumerated().map { index, method in
        let errors = ours("test_error", place(network, method.0))
        let ratios = ours("compression", place(network, method.0))
        let printed = paper("compression", network, method.0).flatMap { ratio in
          paper("test_error", network, method.0).map { Datum(x: ratio.value, y: $0.value) }
        }
        return TradeOffPoint(
          method.1, styleIndex: index, seeds: Array(zip(ratios, errors)),
          ours: errors.isEmpty || ratios.count != errors.count
            ? nil
            : Datum(
              x: mean(ratios), y: mean(errors), xInterval: interval(ratios),
              yInterval: interval(errors)),
          paper: printed)
      }
      // Room for the name beside the farthest point.
      let farthest = points.flatMap { [$0.ours?.x, $0.paper?.x].compactMap { $0 } }.max() ?? 1
      return Panel.tradeOff(
        title: network.name,
        x: Axis("compression |W| / |W≠0|", scale: .log, range: 0.75...(15 * farthest)),
        y: Axis("test error", unit: "%"), points: points)
    }
    return Figure(
      name: "error_compression", title: "Error against compression",
      summary:
        "Test error against compression of each method on both networks, ours and the paper's.",
      panels: [panels], legend: LegendEntry.tradeOff(seeds: seeds), note: bars)
  }

  private var bars: String {
    seeds > 1
      ? "Bars: 95 % confidence interval of the mean over \(seeds) seeds.\(exceptions)" : "One seed."
  }

  /// Rows of which fewer seeds are finished than of others.
  private var exceptions: String {
    Architecture.all.flatMap { network in
      Self.methods.compactMap { method, title in
        let count = ours("test_error", place(network, method)).count
        return count == 0 || count == seeds
          ? nil : " \(network.name), \(title): \(count) seed\(count == 1 ? "" : "s")."
      }
    }.joined()
  }

  /// One row of panels per method that removes weights and is measured; nil where there is none.
  private func layers() -> Figure? {
    let rows = Self.methods.enumerated().compactMap { index, method -> [Panel]? in
      let panels = Architecture.all.map { network in
        let names = network.weighted.map(\.name)
        let values = names.map { ours("layer_sparsity", place(network, method.0, layer: $0)) }
        let printed = names.map { paper("layer_sparsity", network, method.0, layer: $0) }
        var groups = [
          BarGroup(
            "\(method.1), ours", styleIndex: index,
            values: values.map { $0.isEmpty ? nil : mean($0) },
            intervals: values.map(interval),
            labels: values.map { $0.isEmpty ? "" : String(format: "%.1f", mean($0)) })
        ]
        if printed.contains(where: { $0 != nil }) {
          groups.append(
            BarGroup(
              "\(method.1), paper", styleIndex: index, isReference: true,
              values: printed.map { $0?.value }, labels: printed.map { $0?.text ?? "" }))
        }
        return Panel.bars(
          title: "\(network.name), \(method.1)", categories: names,
          y: Axis("weights removed", unit: "%", range: 0...118), groups: groups)
      }
      let isMeasured = Architecture.all.contains { network in
        !ours("layer_sparsity", place(network, method.0, layer: network.weighted[0].name)).isEmpty
      }
      return isMeasured ? panels : nil
    }
    guard !rows.isEmpty else { return nil }
    return Figure(
      name: "layer_sparsity", title: "Sparsity per layer",
      summary: "Share of weights removed in each layer by each method.",
      panelHeight: 130, panels: rows, note: bars)
  }

  private func curves() -> Figure {
    let rows = Architecture.all.map { network -> [Panel] in
      func curve(_ metric: String, _ method: (String, String), _ style: Int) -> Curve? {
        let place = ["network": network.name, "method": method.0, "layer": ""]
        var byEpoch: [Int: [Double]] = [:]
        for row in report.results.rows(metric: metric, where: place) {
          guard let epoch = row.columns["epoch"].flatMap(Int.init) else { continue }
          byEpoch[epoch, default: []].append(row.value)
        }
        guard !byEpoch.isEmpty else { return nil }
        let data = byEpoch.sorted { $0.key < $1.key }.map { epoch, values in
          Datum(x: Double(epoch), y: mean(values), yInterval: interval(values))
        }
        // Errors that are printed lie too close together to draw a line for each.
        let isDrawn = metric == "compression" || ["original", "sparse_vd"].contains(method.0)
        let printed = isDrawn ? paper(metric, network, method.0) : nil
        return Curve(
          method.1, styleIndex: style, data: data,
          paper: printed.map { ($0.value, "paper \($0.text)") })
      }
      return [
        .curves(
          title: "\(network.name): test error", x: Axis("epoch"),
          y: Axis("test error", unit: "%", scale: .log),
          curves: Self.methods.enumerated().compactMap { curve("test_error", $1, $0) }),
        .curves(
          title: "\(network.name): compression", x: Axis("epoch"),
          y: Axis("compression |W| / |W≠0|", scale: .log),
          curves: Self.methods.enumerated().compactMap { curve("compression", $1, $0) }),
      ]
    }
    return Figure(
      name: "epochs", title: "Error and compression over epochs",
      summary: "Test error and compression after every epoch, mean over seeds.", panelHeight: 120,
      panels: rows,
      note: seeds > 1
        ? "Lines: mean over \(seeds) seeds; bands: 95 % confidence interval of the mean.\(exceptions)"
        : "One seed.")
  }
}
