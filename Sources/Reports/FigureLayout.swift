/// Sizes and text styles that all figures share, in points.
enum Look {
  static let tick = TextStyle(size: 7)
  static let caption = TextStyle(size: 8)
  static let title = TextStyle(size: 8, bold: true)
  static let label = TextStyle(size: 7)
  static let note = TextStyle(size: 7, color: .gray(0.25))
  static let frame = Stroke(.gray(0.25), width: 0.6)
  static let grid = Stroke(.gray(0.9), width: 0.4)
  static let markerRadius = 2.7
  static let seedRadius = 1.6
  static let edge = 4.0

  static func rule(_ color: Color) -> Stroke { Stroke(color, width: 0.8, dash: [2, 2]) }
}

/// Where everything of a figure goes.
struct FigureLayout {
  struct Cell {
    var panel: Panel
    var frame: Rect
    var x: Placement
    var y: Placement
    var xTicks: Ticks
    var yTicks: Ticks
    var showsX: Bool
    var showsY: Bool
  }

  var width: Double
  var height = 0.0
  var cells: [Cell] = []
  var legend: [(entry: LegendEntry, at: Point)] = []
  var notes: [(text: String, at: Point)] = []

  init(_ figure: Figure) {
    width = figure.width.rawValue
    let drawn = DrawnFigure(figure)
    let panels = drawn.panels
    let rows = panels.count
    let columns = panels[0].count

    func shared(_ row: Int, _ column: Int, x: Bool) -> ClosedRange<Double> {
      let axis = x ? panels[row][column].x : panels[row][column].y
      var group = [panels[row][column]]
      if x && figure.sharesX { group = panels.map { $0[column] } }
      if !x && figure.sharesY { group = panels[row] }
      return Self.extent(axis, of: group, x: x)
    }

    // Heights do not depend on widths, so the y ticks come first and give the left margins.
    let yCount = max(2, Int(figure.panelHeight / 28))
    let yTicks = (0..<rows).map { row in
      (0..<columns).map { column in
        panels[row][column].y.ticks(shared(row, column, x: false), count: yCount)
      }
    }
    func showsY(_ column: Int) -> Bool { !figure.sharesY || column == 0 }
    func showsX(_ row: Int) -> Bool { !figure.sharesX || row == rows - 1 }
    let leftMargins = (0..<columns).map { column -> Double in
      guard showsY(column) else { return 8 }
      let labels = yTicks.flatMap { $0[column].labels }.map(Look.tick.width).max() ?? 0
      let hasCaption = panels.contains { !$0[column].y.caption.isEmpty }
      return labels + 5 + (hasCaption ? 12 : 0)
    }
    let gap = 9.0
    let roomForFrames =
      width - 2 * Look.edge - leftMargins.reduce(0, +) - gap * Double(columns - 1)
    // The last label of the last axis may stand out to the right of its frame.
    let overhang =
      (0..<rows).filter(showsX).map { row -> Double in
        let end = (roomForFrames - 5) / Double(columns)
        let extent = shared(row, columns - 1, x: true)
        let x = Placement(axis: panels[row][columns - 1].x, extent: extent, start: 0, end: end)
        let ticks = Self.fitting(x)
        return zip(ticks.major, ticks.labels).map {
          x.place($0) + Look.tick.width(of: $1) / 2 - end
        }.max() ?? 0
      }.max() ?? 0
    let frameWidth = (roomForFrames - max(5, overhang + 1)) / Double(columns)

    var top = Look.edge
    for row in 0..<rows {
      if panels[row].contains(where: { !$0.title.isEmpty }) { top += 13 } else { top += 3 }
      var left = Look.edge
      var below = 4.0
      for column in 0..<columns {
        left += leftMargins[column]
        let panel = panels[row][column]
        let frame = Rect(x: left, y: top, width: frameWidth, height: figure.panelHeight)
        let xExtent = shared(row, column, x: true)
        let yExtent = shared(row, column, x: false)
        let x = Placement(
          axis: panel.x, extent: xExtent, start: frame.x, end: frame.right)
        let y = Placement(
          axis: panel.y, extent: yExtent, start: frame.bottom, end: frame.y)
        cells.append(
          Cell(
            panel: panel, frame: frame, x: x, y: y, xTicks: Self.fitting(x),
            yTicks: yTicks[row][column], showsX: showsX(row), showsY: showsY(column)))
        if showsX(row) { below = max(below, panel.x.caption.isEmpty ? 14 : 25) }
        left += frameWidth + gap
      }
      top += figure.panelHeight + below + (row < rows - 1 ? 6 : 0)
    }
    layLegend(figure, from: &top)
    layNotes(figure, leftOut: drawn.leftOut, from: &top)
    height = top + Look.edge
  }

  /// As many ticks as have room for their labels.
  private static func fitting(_ x: Placement) -> Ticks {
    var count = max(3, Int(abs(x.end - x.start) / 34))
    while true {
      let ticks = x.axis.ticks(x.extent, count: count)
      if x.axis.isCategorical { return ticks }
      var end = -Double.infinity
      var fits = true
      for (value, label) in zip(ticks.major, ticks.labels) {
        let half = Look.tick.width(of: label) / 2
        if x.place(value) - half < end + 4 { fits = false }
        end = x.place(value) + half
      }
      if fits || count <= 2 { return ticks }
      count -= 1
    }
  }

  private static func extent(_ axis: Axis, of panels: [Panel], x: Bool) -> ClosedRange<Double> {
    var values: [Double] = []
    var axis = axis
    var labelsBars = false
    let onlyLines = panels.allSatisfy {
      $0.series.allSatisfy { [.line, .arrows, .rule].contains($0.kind) }
    }
    for panel in panels {
      for series in panel.series {
        let bars = series.kind == .bars || series.kind == .referenceBars
        if bars && !x { axis.includesZero = true }
        for datum in series.data {
          if x && series.kind == .rule { continue }
          values.append(x ? datum.x : datum.y)
          if let interval = x ? datum.xInterval : datum.yInterval {
            values += [interval.low, interval.high].filter(axis.shows)
          }
          if bars && !datum.label.isEmpty { labelsBars = true }
        }
      }
    }
    // Curves run from edge to edge.
    let range = axis.extent(of: values, tight: x && onlyLines)
    guard labelsBars, !x, axis.scale == .linear, axis.range == nil else { return range }
    // Room for the numbers written above the bars.
    return range.lowerBound...(range.upperBound * 1.12)
  }

  static func entries(_ figure: Figure) -> [LegendEntry] {
    var entries: [LegendEntry] = []
    for panel in figure.panels.joined() {
      for series in panel.series where series.inLegend && !series.data.isEmpty {
        let entry = LegendEntry(
          series.name, series.kind, style: series.style,
          hasBand: series.kind == .line && series.data.contains { $0.yInterval != nil })
        // Alike but for a band: one entry, with the band.
        let known = entries.firstIndex {
          $0.name == entry.name && $0.kind == entry.kind && $0.style == entry.style
        }
        if let known {
          entries[known].hasBand = entries[known].hasBand || entry.hasBand
        } else {
          entries.append(entry)
        }
      }
    }
    return entries + figure.legend
  }

  static func signWidth(_ kind: Series.Kind) -> Double {
    switch kind {
    case .line, .arrows, .rule: 20
    case .bars, .referenceBars: 11
    default: 8
    }
  }

  private mutating func layLegend(_ figure: Figure, from top: inout Double) {
    let entries = Self.entries(figure)
    if entries.isEmpty { return }
    let left = cells[0].frame.x
    var at = left
    top += 9
    for entry in entries {
      let need = Self.signWidth(entry.kind) + 3 + Look.label.width(of: entry.name)
      if at > left && at + need > width - Look.edge {
        at = left
        top += 11
      }
      legend.append((entry, Point(at, top)))
      at += need + 12
    }
    top += 3
  }

  private mutating func layNotes(_ figure: Figure, leftOut: Int, from top: inout Double) {
    var text = figure.note
    if leftOut > 0 {
      let what = leftOut == 1 ? "1 value that has" : "\(leftOut) values that have"
      text += (text.isEmpty ? "" : " ") + "Left out: \(what) no place on the axes."
    }
    let left = cells[0].frame.x
    for line in Self.wrapped(text, Look.note, width: width - Look.edge - left) {
      top += 10
      notes.append((line, Point(left, top)))
    }
    if !text.isEmpty { top += 2 }
  }

  static func wrapped(_ text: String, _ style: TextStyle, width: Double) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, style.width(of: last + " " + word) <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
