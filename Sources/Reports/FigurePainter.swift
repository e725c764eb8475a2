extension Figure {
  /// The figure as one drawing, ready for every format.
  public func drawing() -> Canvas {
    let layout = FigureLayout(self)
    var canvas = Canvas(
      width: layout.width, height: layout.height, title: title, summary: summary)
    for cell in layout.cells { PanelPainter(cell: cell).paint(on: &canvas) }
    for (entry, at) in layout.legend {
      PanelPainter.paintSign(entry, at: at, on: &canvas)
      canvas.text(
        entry.name, at: Point(at.x + FigureLayout.signWidth(entry.kind) + 3, at.y), Look.label)
    }
    for (text, at) in layout.notes { canvas.text(text, at: at, Look.note) }
    return canvas
  }

  /// The frames of the panels on the drawing, row by row, in points.
  public var frames: [Rect] { FigureLayout(self).cells.map(\.frame) }
}

/// Draws one panel where the layout put it.
struct PanelPainter {
  let cell: FigureLayout.Cell

  private var frame: Rect { cell.frame }

  func paint(on canvas: inout Canvas) {
    paintGrid(on: &canvas)
    canvas.clipped(to: frame) { canvas in
      for series in cell.panel.series { paintUnder(series, on: &canvas) }
      paintBars(on: &canvas)
    }
    paintAxes(on: &canvas)
    // Error bars below seeds below means, so that no dot hides behind a bar.
    for series in cell.panel.series where [.points, .reference].contains(series.kind) {
      for datum in series.data {
        errorBars(datum, at: place(datum), series.style.color, on: &canvas)
      }
    }
    for series in cell.panel.series where series.kind == .seeds {
      for datum in series.data { Self.paintSeed(series.style, at: place(datum), on: &canvas) }
    }
    for series in cell.panel.series where [.points, .reference].contains(series.kind) {
      for datum in series.data {
        Self.paintMarker(series.kind, series.style, at: place(datum), on: &canvas)
      }
    }
    paintLabels(on: &canvas)
  }

  // MARK: Axes

  private func paintGrid(on canvas: inout Canvas) {
    if !cell.panel.y.isCategorical {
      for value in cell.yTicks.major {
        let y = cell.y.place(value)
        canvas.line([Point(frame.x, y), Point(frame.right, y)], Look.grid)
      }
    }
    if cell.panel.x.isCategorical { return }
    for value in cell.xTicks.major {
      let x = cell.x.place(value)
      canvas.line([Point(x, frame.y), Point(x, frame.bottom)], Look.grid)
    }
  }

  private func paintAxes(on canvas: inout Canvas) {
    canvas.rectangle(frame, stroke: Look.frame)
    for (value, label) in zip(cell.xTicks.major, cell.xTicks.labels) {
      let x = cell.x.place(value)
      if !cell.panel.x.isCategorical {
        canvas.line([Point(x, frame.bottom), Point(x, frame.bottom - 3)], Look.frame)
      }
      if cell.showsX {
        canvas.text(label, at: Point(x, frame.bottom + 9), Look.tick, anchor: .middle)
      }
    }
    for value in cell.xTicks.minor {
      let x = cell.x.place(value)
      canvas.line([Point(x, frame.bottom), Point(x, frame.bottom - 1.6)], Look.frame)
    }
    for (value, label) in zip(cell.yTicks.major, cell.yTicks.labels) {
      let y = cell.y.place(value)
      if !cell.panel.y.isCategorical {
        canvas.line([Point(frame.x, y), Point(frame.x + 3, y)], Look.frame)
      }
      if cell.showsY {
        canvas.text(
          label, at: Point(frame.x - 3, y + Look.tick.capHeight / 2), Look.tick, anchor: .end)
      }
    }
    for value in cell.yTicks.minor {
      let y = cell.y.place(value)
      canvas.line([Point(frame.x, y), Point(frame.x + 1.6, y)], Look.frame)
    }
    let middle = Point(frame.x + frame.width / 2, frame.y + frame.height / 2)
    if cell.showsX {
      canvas.text(
        cell.panel.x.caption, at: Point(middle.x, frame.bottom + 20), Look.caption,
        anchor: .middle)
    }
    if cell.showsY {
      let labels = cell.yTicks.labels.map(Look.tick.width).max() ?? 0
      canvas.text(
        cell.panel.y.caption, at: Point(frame.x - labels - 8, middle.y), Look.caption,
        anchor: .middle, turned: true)
    }
    canvas.text(
      cell.panel.title, at: Point(middle.x, frame.y - 4), Look.title, anchor: .middle)
    if cell.panel.series.allSatisfy(\.data.isEmpty) {
      canvas.text("no data", at: middle, Look.note, anchor: .middle)
    }
  }

  // MARK: Data

  private func place(_ datum: Datum) -> Point {
    Point(cell.x.place(datum.x) + datum.aside, cell.y.place(datum.y))
  }

  /// What must not leave the frame: bands, lines, rules.
  private func paintUnder(_ series: Series, on canvas: inout Canvas) {
    switch series.kind {
    case .rule:
      for datum in series.data {
        let y = cell.y.place(datum.y)
        canvas.line(
          [Point(frame.x, y), Point(frame.right, y)],
          Look.rule(series.style.color))
      }
    case .line:
      let banded = series.data.filter { $0.yInterval != nil }
      let upper = banded.map { Point(place($0).x, cell.y.place($0.yInterval!.high)) }
      let lower = banded.map { Point(place($0).x, cell.y.place($0.yInterval!.low)) }
      canvas.shape(upper + lower.reversed(), fill: series.style.color.faded(0.2))
      canvas.line(
        series.data.map(place), Stroke(series.style.color, width: 1.1, dash: series.style.dash))
      if series.data.count == 1 {
        canvas.circle(place(series.data[0]), radius: 1.5, fill: series.style.color)
      }
    case .arrows:
      let points = series.data.map(place)
      for (tail, tip) in zip(points, points.dropFirst()) {
        Self.paintArrow(from: tail, to: tip, series.style.color, on: &canvas)
      }
    default: break
    }
  }

  /// A line with a head that ends at the edge of the marker it points to.
  private static func paintArrow(
    from tail: Point, to tip: Point, _ color: Color, on canvas: inout Canvas
  ) {
    let (dx, dy) = (tip.x - tail.x, tip.y - tail.y)
    let length = (dx * dx + dy * dy).squareRoot()
    let head = 5.0
    guard length > Look.markerRadius + head else { return }
    func along(_ distance: Double, aside: Double = 0) -> Point {
      Point(
        tail.x + (dx * distance - dy * aside) / length,
        tail.y + (dy * distance + dx * aside) / length)
    }
    let end = length - Look.markerRadius
    canvas.line([tail, along(end - head)], Stroke(color, width: 0.9))
    canvas.shape(
      [along(end), along(end - head, aside: 2), along(end - head, aside: -2)], fill: color)
  }

  private func errorBars(
    _ datum: Datum, at point: Point, _ color: Color, on canvas: inout Canvas
  ) {
    let stroke = Stroke(color, width: 0.75)
    if let interval = datum.yInterval {
      let ends = [interval.low, interval.high].map {
        clamp(cell.y.place($0), frame.y, frame.bottom)
      }
      canvas.line([Point(point.x, ends[0]), Point(point.x, ends[1])], stroke)
      for end in ends {
        canvas.line([Point(point.x - 2, end), Point(point.x + 2, end)], stroke)
      }
    }
    if let interval = datum.xInterval {
      let ends = [interval.low, interval.high].map { clamp(cell.x.place($0), frame.x, frame.right) }
      canvas.line([Point(ends[0], point.y), Point(ends[1], point.y)], stroke)
      for end in ends {
        canvas.line([Point(end, point.y - 2), Point(end, point.y + 2)], stroke)
      }
    }
  }

  private func clamp(_ value: Double, _ low: Double, _ high: Double) -> Double {
    min(max(value, low), high)
  }

  static func paintSeed(_ style: Style, at point: Point, on canvas: inout Canvas) {
    canvas.circle(
      point, radius: Look.seedRadius, fill: style.color.mixed(0.5, with: .white),
      stroke: Stroke(.white, width: 0.3))
  }

  static func paintMarker(
    _ kind: Series.Kind, _ style: Style, at point: Point, on canvas: inout Canvas
  ) {
    let outline = style.marker.outline(point, radius: Look.markerRadius)
    if kind == .reference {
      canvas.shape(outline, fill: .white, stroke: Stroke(style.color, width: 1))
    } else {
      canvas.shape(outline, fill: style.color, stroke: Stroke(.white, width: 0.4))
    }
  }

  // MARK: Bars

  /// The bars of a panel: each category's stand side by side in the order of the series.
  private struct Bar {
    var rect: Rect
    var datum: Datum
    var series: Series
  }

  private var bars: [Bar] {
    let all = cell.panel.series.filter { $0.kind == .bars || $0.kind == .referenceBars }
    let slot = abs(cell.x.place(1) - cell.x.place(0))
    let width = min(slot * 0.84 / Double(max(all.count, 1)), 22)
    let base = clamp(cell.y.place(0), frame.y, frame.bottom)
    return all.enumerated().flatMap { index, series in
      series.data.map { datum in
        let middle =
          cell.x.place(datum.x) + (Double(index) - Double(all.count - 1) / 2) * width
        let top = clamp(cell.y.place(datum.y), frame.y, frame.bottom)
        return Bar(
          rect: Rect(
            x: middle - width * 0.44, y: min(top, base), width: width * 0.88,
            height: abs(base - top)), datum: datum, series: series)
      }
    }
  }

  private func paintBars(on canvas: inout Canvas) {
    let bars = bars
    // All numbers of a panel run the same way.
    let turned = bars.contains { Look.tick.width(of: $0.datum.label) > $0.rect.width * 1.1 }
    for bar in bars {
      Self.paintBar(bar.series.kind, bar.series.style, in: bar.rect, on: &canvas)
      let middle = bar.rect.x + bar.rect.width / 2
      errorBars(bar.datum, at: Point(middle, bar.rect.y), .black, on: &canvas)
      if bar.datum.label.isEmpty { continue }
      let top = min(
        bar.rect.y,
        bar.datum.yInterval.map { clamp(cell.y.place($0.high), frame.y, frame.bottom) }
          ?? bar.rect.y)
      if !turned {
        canvas.text(
          bar.datum.label, at: Point(middle, top - 2.5), Look.tick, anchor: .middle)
      } else {
        canvas.text(
          bar.datum.label, at: Point(middle + Look.tick.capHeight / 2, top - 2.5), Look.tick,
          turned: true)
      }
    }
  }

  static func paintBar(
    _ kind: Series.Kind, _ style: Style, in rect: Rect, on canvas: inout Canvas
  ) {
    if kind == .bars {
      canvas.rectangle(rect, fill: style.color)
      return
    }
    canvas.rectangle(rect, fill: .white)
    canvas.clipped(to: rect) { canvas in
      var offset = 0.0
      while offset < rect.width + rect.height {
        canvas.line(
          [
            Point(rect.x, rect.bottom - offset), Point(rect.x + offset, rect.bottom),
          ], Stroke(style.color.faded(0.7), width: 0.5))
        offset += 3.5
      }
    }
    canvas.rectangle(rect, stroke: Stroke(style.color, width: 0.8))
  }

  // MARK: Signs of the legend

  static func paintSign(_ entry: LegendEntry, at point: Point, on canvas: inout Canvas) {
    let width = FigureLayout.signWidth(entry.kind)
    let middle = Point(point.x + width / 2, point.y - Look.label.capHeight / 2)
    switch entry.kind {
    case .points, .reference:
      paintMarker(entry.kind, entry.style, at: middle, on: &canvas)
    case .seeds:
      paintSeed(entry.style, at: middle, on: &canvas)
    case .line:
      if entry.hasBand {
        canvas.rectangle(
          Rect(x: point.x, y: middle.y - 2.5, width: width, height: 5),
          fill: entry.style.color.faded(0.2))
      }
      canvas.line(
        [Point(point.x, middle.y), Point(point.x + width, middle.y)],
        Stroke(entry.style.color, width: 1.1, dash: entry.style.dash))
    case .arrows:
      paintArrow(
        from: Point(point.x, middle.y), to: Point(point.x + width, middle.y), entry.style.color,
        on: &canvas)
    case .rule:
      canvas.line(
        [Point(point.x, middle.y), Point(point.x + width, middle.y)],
        Look.rule(entry.style.color))
    case .bars, .referenceBars:
      paintBar(
        entry.kind, entry.style, in: Rect(x: point.x, y: middle.y - 3, width: width, height: 6),
        on: &canvas)
    }
  }

  // MARK: Texts beside data

  private func paintLabels(on canvas: inout Canvas) {
    var placer = LabelPlacer(frame: frame)
    var requests: [LabelPlacer.Request] = []
    for series in cell.panel.series {
      switch series.kind {
      case .points, .reference:
        for datum in series.data {
          let point = place(datum)
          placer.obstacles += obstacles(datum, at: point)
          if datum.label.isEmpty { continue }
          let style = TextStyle(
            size: Look.label.size, bold: series.kind == .points,
            color: series.style.color.forText())
          requests.append(
            .init(text: datum.label, style: style, anchor: point, clearance: Look.markerRadius))
        }
      case .seeds:
        for datum in series.data {
          placer.obstacles.append(
            .init(rect: square(place(datum), Look.seedRadius), weight: 4))
        }
      case .line, .arrows:
        let points = series.data.map(place)
        for (a, b) in zip(points, points.dropFirst()) {
          for share in stride(from: 0.0, to: 1, by: 0.125) {
            let spot = Point(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share)
            placer.obstacles.append(.init(rect: square(spot, 1), weight: 3))
          }
        }
      case .rule:
        for datum in series.data {
          let y = cell.y.place(datum.y)
          placer.obstacles.append(
            .init(rect: Rect(x: frame.x, y: y - 0.5, width: frame.width, height: 1), weight: 2))
          if datum.label.isEmpty { continue }
          let style = TextStyle(size: Look.label.size, color: series.style.color.forText())
          let half = style.width(of: datum.label) / 2
          let room = max(frame.width - 6 - 2 * half, 0)
          var spots: [Point] = []
          for tenth in 0...10 {
            let x = frame.right - 3 - half - Double(tenth) / 10 * room
            spots += [Point(x, y - 5), Point(x, y + 5)]
          }
          requests.append(
            .init(
              text: datum.label, style: style, anchor: Point(frame.right, y), clearance: 0,
              centers: spots))
        }
      case .bars, .referenceBars: break
      }
    }
    for bar in bars { placer.obstacles.append(.init(rect: bar.rect, weight: 3)) }
    if !cell.panel.note.isEmpty {
      let half = Look.note.width(of: cell.panel.note) / 2
      let inset = Look.note.size / 2 + 3
      let corners = [frame.y + inset, frame.bottom - inset].flatMap { y in
        [Point(frame.x + half + 5, y), Point(frame.right - half - 5, y)]
      }
      requests.append(
        .init(
          text: cell.panel.note, style: Look.note, anchor: corners[0], clearance: 0,
          centers: corners))
    }
    for placed in placer.place(requests) {
      if placed.leader.count == 2 {
        canvas.line(placed.leader, Stroke(placed.request.style.color.faded(0.8), width: 0.5))
      }
      let style = placed.request.style
      canvas.text(
        placed.request.text,
        at: Point(placed.box.x, placed.box.y + placed.box.height / 2 + style.capHeight / 2), style)
    }
  }

  private func obstacles(_ datum: Datum, at point: Point) -> [LabelPlacer.Obstacle] {
    var all = [
      LabelPlacer.Obstacle(rect: square(point, Look.markerRadius), weight: 12, isMarker: true)
    ]
    if let interval = datum.yInterval {
      let ends = [cell.y.place(interval.high), cell.y.place(interval.low)]
      all.append(
        .init(
          rect: Rect(x: point.x - 1.5, y: ends[0], width: 3, height: ends[1] - ends[0]), weight: 10)
      )
    }
    if let interval = datum.xInterval {
      let ends = [cell.x.place(interval.low), cell.x.place(interval.high)]
      all.append(
        .init(
          rect: Rect(x: ends[0], y: point.y - 1.5, width: ends[1] - ends[0], height: 3), weight: 10)
      )
    }
    return all
  }

  private func square(_ center: Point, _ radius: Double) -> Rect {
    Rect(
      x: center.x - radius, y: center.y - radius, width: 2 * radius, height: 2 * radius)
  }
}
