/// A method (or network, prior, …) with what we measured and what a paper prints.
public struct TradeOffPoint: Hashable, Sendable {
  /// The name beside the point.
  public var name: String
  /// Which colour and marker it has, the same for ours and the paper's.
  public var styleIndex: Int
  /// Our single seeds, across and upwards.
  public var seeds: [(x: Double, y: Double)] { zip(seedsX, seedsY).map { ($0, $1) } }
  /// Our mean with its error bars; nil where we did not run it.
  public var ours: Datum?
  /// What the paper prints; nil where it prints nothing.
  public var paper: Datum?

  private var seedsX: [Double]
  private var seedsY: [Double]

  /// A method.
  public init(
    _ name: String, styleIndex: Int, seeds: [(x: Double, y: Double)] = [], ours: Datum? = nil,
    paper: Datum? = nil
  ) {
    self.name = name
    self.styleIndex = styleIndex
    self.ours = ours
    self.paper = paper
    seedsX = seeds.map(\.x)
    seedsY = seeds.map(\.y)
  }
}

/// A curve over epochs, with what a paper reports at the end.
public struct Curve: Hashable, Sendable {
  /// The name in the legend.
  public var name: String
  /// Which colour and dashes it has.
  public var styleIndex: Int
  /// Mean and band, in order.
  public var data: [Datum]
  /// The paper's value, a dashed horizontal line with this label.
  public var paper: (value: Double, label: String)? {
    paperValue.map { ($0, paperLabel) }
  }

  private var paperValue: Double?
  private var paperLabel: String

  /// A curve.
  public init(
    _ name: String, styleIndex: Int, data: [Datum], paper: (value: Double, label: String)? = nil
  ) {
    self.name = name
    self.styleIndex = styleIndex
    self.data = data
    paperValue = paper?.value
    paperLabel = paper?.label ?? ""
  }
}

/// Bars that stand side by side: one value per category.
public struct BarGroup: Hashable, Sendable {
  /// The name in the legend.
  public var name: String
  /// Which colour the bars have.
  public var styleIndex: Int
  /// Whether the numbers are a paper's (hatched bars).
  public var isReference: Bool
  /// One value per category; nil where there is none.
  public var values: [Double?]
  /// Error bars, one per category or none at all.
  public var intervals: [Interval?]
  /// What is written above the bars, as printed; one per category or none at all.
  public var labels: [String]

  /// A group.
  public init(
    _ name: String, styleIndex: Int, isReference: Bool = false, values: [Double?],
    intervals: [Interval?] = [], labels: [String] = []
  ) {
    precondition(
      intervals.isEmpty || intervals.count == values.count,
      "there is one interval per value or none")
    precondition(
      labels.isEmpty || labels.count == values.count, "there is one label per value or none")
    self.name = name
    self.styleIndex = styleIndex
    self.isReference = isReference
    self.values = values
    self.intervals = intervals
    self.labels = labels
  }
}

extension Panel {
  /// One quantity against another for several methods: our means with error bars over faint seeds,
  /// the paper's numbers as open markers of the same shape, names written beside the points.
  public static func tradeOff(
    title: String, x: Axis, y: Axis, points: [TradeOffPoint], oursSuffix: String = " (ours)"
  ) -> Panel {
    var series: [Series] = []
    for point in points where !point.seeds.isEmpty {
      series.append(
        Series(
          "\(point.name) (seeds)", .seeds, style: .of(point.styleIndex),
          data: point.seeds.map { Datum(x: $0.x, y: $0.y) }, inLegend: false))
    }
    for point in points {
      if var datum = point.paper {
        if datum.label.isEmpty { datum.label = point.name }
        series.append(
          Series(
            "\(point.name) (paper)", .reference, style: .of(point.styleIndex), data: [datum],
            inLegend: false))
      }
    }
    for point in points {
      if var datum = point.ours {
        if datum.label.isEmpty { datum.label = point.name + oursSuffix }
        series.append(
          Series(
            "\(point.name) (ours)", .points, style: .of(point.styleIndex), data: [datum],
            inLegend: false))
      }
    }
    return Panel(title: title, x: x, y: y, series: series)
  }

  /// Curves with bands, and the paper's values as dashed horizontal lines.
  public static func curves(title: String, x: Axis, y: Axis, curves: [Curve]) -> Panel {
    let rules = curves.compactMap { curve in
      curve.paper.map { paper in
        Series(
          "\(curve.name) (paper)", .rule, style: .of(curve.styleIndex),
          data: [Datum(x: 0, y: paper.value, label: paper.label)], inLegend: false)
      }
    }
    let lines = curves.map {
      Series($0.name, .line, style: .of($0.styleIndex), data: $0.data)
    }
    return Panel(title: title, x: x, y: y, series: rules + lines)
  }

  /// Groups of bars over categories, all from zero.
  public static func bars(
    title: String, categories: [String], categoryLabel: String = "", y: Axis, groups: [BarGroup]
  ) -> Panel {
    let series = groups.map { group in
      precondition(
        group.values.count == categories.count, "a bar group has one value per category")
      let data = group.values.enumerated().compactMap { index, value -> Datum? in
        guard let value else { return nil }
        let interval = group.intervals.isEmpty ? nil : group.intervals[index]
        let label = group.labels.isEmpty ? "" : group.labels[index]
        return Datum(x: Double(index), y: value, yInterval: interval, label: label)
      }
      return Series(
        group.name, group.isReference ? .referenceBars : .bars, style: .of(group.styleIndex),
        data: data)
    }
    return Panel(
      title: title, x: Axis(categoryLabel, scale: .categories(categories)), y: y, series: series)
  }
}

extension LegendEntry {
  /// What filled, faint and open markers of a trade-off panel mean.
  public static func tradeOff(seeds: Int) -> [LegendEntry] {
    [
      LegendEntry(seeds == 1 ? "ours, 1 seed" : "ours, mean of \(seeds) seeds", .points),
      LegendEntry("ours, single seed", .seeds),
      LegendEntry("printed in the paper", .reference),
    ]
  }
}
