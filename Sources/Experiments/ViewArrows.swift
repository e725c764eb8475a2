import Reports

/// The form of the thesis's Fig. 4: of each method an arrow from × (the picture as it is) to dots (few and many random
/// views), over the negative calibrated log-likelihood.
struct ViewArrows {
  /// A method: means, and intervals where there are such.
  struct Row {
    typealias Mean = (value: Double, interval: Interval?)
    var title: String
    var central: Mean?
    var few: Mean?
    var many: Mean?
  }

  /// Methods, the first on top.
  var rows: [Row]
  /// Stem of the figure's files.
  var name = "views"
  /// What the cross and the dots are.
  var central = "whole picture"
  var few: String
  var many: String
  var note: String

  var figure: Figure {
    func datum(_ row: Int, _ mean: Row.Mean?) -> Datum? {
      mean.map { mean in
        Datum(
          x: mean.value, y: Double(rows.count - 1 - row),
          xInterval: mean.interval)
      }
    }
    func dots(_ mean: (Row) -> Row.Mean?) -> [Datum] {
      rows.indices.compactMap { datum($0, mean(rows[$0])) }
    }
    let ways = rows.indices.compactMap { index -> Series? in
      let row = rows[index]
      let way = [row.central, row.few, row.many].compactMap { datum(index, $0) }
      return way.count < 2
        ? nil
        : Series(
          "way", .arrows, style: .neutral, data: way.map { Datum(x: $0.x, y: $0.y) },
          inLegend: false)
    }
    let points = [
      Series(
        central, .points, style: Style(color: .black, marker: .times),
        data: dots(\.central)),
      Series(
        few, .points, style: Style(color: Style.of(0).color, marker: .circle), data: dots(\.few)),
      Series(
        many, .points, style: Style(color: Style.of(1).color, marker: .circle), data: dots(\.many)),
    ].filter { !$0.data.isEmpty }
    return Figure(
      name: name, title: "From the whole picture to many views",
      summary: "Negative calibrated log-likelihood with and without test-time augmentation.",
      panelHeight: max(60, 20 * Double(rows.count)),
      panels: [
        [
          Panel(
            x: Axis("negative calibrated log-likelihood", unit: "nats"),
            y: Axis("", scale: .categories(rows.reversed().map(\.title))),
            series: ways + points)
        ]
      ],
      note: note)
  }
}
