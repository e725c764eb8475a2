import Files
import Foundation
import Reports

/// Figures of the kind the first experiment draws: the paper's printed numbers, ours made up.
enum Examples {
  static func tradeOff() -> Figure {
    let methods = ["Original", "Pruning", "DNS", "SWS", "Sparse VD"]
    func panel(
      _ title: String, _ paper: [(Double, Double)], ours: [Int: [(Double, Double)]]
    ) -> Panel {
      let points = methods.enumerated().map { index, name in
        let seeds = ours[index] ?? []
        return TradeOffPoint(
          name, styleIndex: [0, 2, 3, 4, 1][index], seeds: seeds.map { (x: $0.0, y: $0.1) },
          ours: seeds.isEmpty
            ? nil
            : Datum(
              x: mean(seeds.map(\.0)), y: mean(seeds.map(\.1)),
              xInterval: interval(seeds.map(\.0)), yInterval: interval(seeds.map(\.1))),
          paper: Datum(x: paper[index].0, y: paper[index].1))
      }
      return .tradeOff(
        title: title, x: Axis("Compression", unit: "×", scale: .log),
        y: Axis("Test error", unit: "%"), points: points)
    }
    return Figure(
      name: "error-compression", title: "Test error against compression",
      summary: "Sparse VD has the highest compression at a comparable error.",
      panels: [
        [
          panel(
            "LeNet-300-100", [(1, 1.64), (12, 1.59), (56, 1.99), (23, 1.94), (68, 1.92)],
            ours: [0: [(1, 1.61), (1, 1.7), (1, 1.66)], 4: [(96, 1.78), (99, 1.84), (97, 1.71)]]),
          panel(
            "LeNet-5-Caffe", [(1, 0.8), (12, 0.77), (111, 0.91), (200, 0.97), (280, 0.75)],
            ours: [
              0: [(1, 0.81), (1, 0.79), (1, 0.85)], 4: [(271, 0.78), (290, 0.74), (266, 0.8)],
            ]
          ),
        ]
      ], legend: LegendEntry.tradeOff(seeds: 3),
      note: "Error bars: 95 % confidence interval of the mean over 3 seeds (Student's t). MNIST, "
        + "60,000 training images, 200 epochs, test error after the last epoch.")
  }

  /// Names upwards, and arrows from crosses to dots.
  static func arrows() -> Figure {
    let data = [Datum(x: 0.85, y: 2), Datum(x: 0.8, y: 2), Datum(x: 0.79, y: 2)]
    return Figure(
      name: "arrows", title: "From one view to many", panelHeight: 60,
      panels: [
        [
          Panel(
            x: Axis("negative calibrated log-likelihood", unit: "nats"),
            y: Axis("", scale: .categories(["dropout", "deep ensemble", "single network"])),
            series: [
              Series("way", .arrows, style: .neutral, data: data),
              Series(
                "one view", .points, style: Style(color: .black, marker: .times),
                data: [data[0], Datum(x: 0.77, y: 1), Datum(x: 0.9, y: 0)]),
              Series("many views", .points, style: .of(0), data: Array(data.dropFirst())),
            ])
        ]
      ])
  }

  static func sparsity() -> Figure {
    func panel(
      _ title: String, _ layers: [String], pruning: [Double], dns: [Double], paper: [Double],
      ours: [Double]
    ) -> Panel {
      .bars(
        title: title, categories: layers, categoryLabel: "Layer",
        y: Axis("Weights removed", unit: "%"),
        groups: [
          BarGroup(
            "Sparse VD (ours)", styleIndex: 1, values: ours,
            intervals: ours.map { Interval($0, plusMinus: 0.04 * (101 - $0)) },
            labels: ours.map { CSV.number($0) }),
          BarGroup(
            "Sparse VD (paper)", styleIndex: 1, isReference: true, values: paper,
            labels: paper.map { CSV.number($0) }),
          BarGroup(
            "DNS (paper)", styleIndex: 3, isReference: true, values: dns,
            labels: dns.map { CSV.number($0) }),
          BarGroup(
            "Pruning (paper)", styleIndex: 2, isReference: true, values: pruning,
            labels: pruning.map { CSV.number($0) }),
        ])
    }
    return Figure(
      name: "layer-sparsity", title: "Sparsity of every layer", panelHeight: 130,
      panels: [
        [
          panel(
            "LeNet-300-100", ["fc1", "fc2", "fc3"], pruning: [92, 91, 74], dns: [98.2, 98.2, 94.5],
            paper: [98.9, 97.2, 62], ours: [99.1, 97.8, 66.3]),
          panel(
            "LeNet-5-Caffe", ["conv1", "conv2", "fc1", "fc2"], pruning: [34, 88, 92, 81],
            dns: [86, 97, 99.3, 96], paper: [67, 98, 99.8, 95], ours: [70.4, 97.6, 99.8, 94.1]),
        ]
      ], sharesY: true, note: "Error bars: 95 % confidence interval of the mean over 3 seeds.")
  }

  static func curves() -> Figure {
    let epochs = 1...200
    func data(_ value: (Double) -> Double, _ spread: (Double) -> Double) -> [Datum] {
      epochs.map { epoch in
        let middle = value(Double(epoch))
        return Datum(
          x: Double(epoch), y: middle, yInterval: Interval(middle, plusMinus: spread(Double(epoch)))
        )
      }
    }
    let wiggle = { (epoch: Double) in 0.05 * sin(epoch * 1.7) + 0.03 * cos(epoch * 3.1) }
    let error = [
      Curve(
        "LeNet-300-100", styleIndex: 0,
        data: data({ 1.75 + 6 * exp(-$0 / 4) + wiggle($0) }, { 0.1 + 0.5 * exp(-$0 / 6) }),
        paper: (1.92, "paper 1.92")),
      Curve(
        "LeNet-5-Caffe", styleIndex: 1,
        data: data({ 0.78 + 3 * exp(-$0 / 3) + 0.5 * wiggle($0) }, { 0.06 + 0.3 * exp(-$0 / 6) }),
        paper: (0.75, "paper 0.75")),
    ]
    let compression = [
      Curve(
        "LeNet-300-100", styleIndex: 0,
        data: data({ 1 + 97 * pow($0 / 200, 1.4) }, { 0.02 + 4 * $0 / 200 }),
        paper: (68, "paper 68")),
      Curve(
        "LeNet-5-Caffe", styleIndex: 1,
        data: data({ 1 + 275 * pow($0 / 200, 1.9) }, { 0.02 + 12 * $0 / 200 }),
        paper: (280, "paper 280")),
    ]
    return Figure(
      name: "curves", title: "Test error and compression over epochs",
      panels: [
        [
          .curves(
            title: "", x: Axis("Epoch"), y: Axis("Test error", unit: "%", range: 0.5...4),
            curves: error),
          .curves(
            title: "", x: Axis("Epoch"), y: Axis("Compression", unit: "×", scale: .log),
            curves: compression),
        ]
      ],
      note: "Lines: mean of 3 seeds; bands: least to greatest seed. Dashed: the paper's Table 1.")
  }

  static func small() -> Figure {
    let points = (0..<12).map { (index: Int) -> Datum in
      let loss = Double((index * 7) % 12) * 1e-5
      return Datum(
        x: Double(index) * 1.3, y: loss, yInterval: Interval(loss, plusMinus: 0.6e-5),
        label: index % 2 == 0 ? "run \(index)" : "")
    }
    let panels = (0..<2).map { row in
      (0..<2).map { column in
        Panel(
          title: row == 0 ? ["A", "B"][column] : "", x: Axis("Time", unit: "s"),
          y: Axis("Loss", unit: "nats"),
          series: [
            Series("run", .points, style: .of(row * 2 + column), data: points, inLegend: false)
          ], note: "\(row), \(column)")
      }
    }
    return Figure(
      name: "small-multiples", title: "Small multiples", width: .column, panelHeight: 80,
      panels: panels, sharesX: true, sharesY: true)
  }

  static func grid() -> ImageGrid {
    let size = 16
    let images = (0..<3).map { row in
      (0..<8).map { column -> GridImage? in
        if row == 2 && column == 7 { return nil }
        let places = (0..<size * size).map { ($0 % size, $0 / size) }
        if row == 2 {
          return GridImage(
            rgb: places.flatMap { [UInt8($0 * 16), UInt8($1 * 16), UInt8(column * 32)] },
            width: size, height: size)
        }
        let waves = places.map { place -> Double in
          sin(Double(place.0 * (column + 1)) / 5) * cos(Double(place.1 * (row + 1)) / 4)
        }
        return GridImage(values: waves, width: size, height: size, range: -1...1)
      }
    }
    return ImageGrid(
      name: "grid", title: "Kernels", rowLabels: ["waves", "more waves", "colours"],
      columnLabels: (1...8).map { "no. \($0)" }, images: images,
      note: "Gray: −1 black, 1 white. The last cell is empty.")
  }

  static func table() -> Table {
    var table = Table(
      title: "Table 1",
      columns: [
        TableColumn("Network"), TableColumn("Method"),
        TableColumn("Error", unit: "%", .compared),
        TableColumn("Compression", unit: "×", .compared), TableColumn("Seconds", .number),
      ],
      note:
        "Ours ± standard deviation over 3 seeds; in parentheses the number printed in the paper.")
    table.append([
      .text("LeNet-300-100"), .text("Original"),
      .compared(Quantity(1.6567, spread: 0.0451, digits: 2), paper: "1.64"),
      .compared(Quantity(1, digits: 0), paper: "1"), .number(Quantity(61.25, digits: 1)),
    ])
    table.append([
      .text("LeNet-300-100"), .text("Sparse VD"),
      .compared(Quantity(1.7767, spread: 0.0651, digits: 2), paper: "1.92"),
      .compared(Quantity(97.333, spread: 1.5275, digits: 0), paper: "68"),
      .number(Quantity(.nan, digits: 1)),
    ])
    table.startGroup()
    table.append([
      .text("LeNet-5-Caffe"), .text("A|B & C_1"), .compared(Quantity(-0.001, digits: 2), paper: ""),
      .none, .none,
    ])
    return table
  }

  static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  /// The t interval of three values: 4.303 is the 97.5 % quantile at 2 degrees of freedom.
  static func interval(_ values: [Double]) -> Interval {
    let middle = mean(values)
    let square = values.map { ($0 - middle) * ($0 - middle) }.reduce(0, +) / 2
    return Interval(middle, plusMinus: 4.303 * (square / 3).squareRoot())
  }
}
