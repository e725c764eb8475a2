import Files

/// A figure without what cannot be drawn: what the pictures show and what the CSV beside them lists.
struct DrawnFigure {
  var panels: [[Panel]]
  /// Data left out because a number is not finite, not positive on a logarithmic axis, or
  /// (for markers) outside the range the axis was given.
  var leftOut: Int

  init(_ figure: Figure) {
    var leftOut = 0
    panels = figure.panels.map { row in
      row.map { panel in
        var panel = panel
        for index in panel.series.indices {
          let before = panel.series[index].data
          let after = before.compactMap { Self.drawable($0, in: panel, panel.series[index].kind) }
          leftOut += before.count - after.count
          panel.series[index].data = after
        }
        return panel
      }
    }
    self.leftOut = leftOut
  }

  private static func drawable(_ datum: Datum, in panel: Panel, _ kind: Series.Kind) -> Datum? {
    guard kind == .rule || panel.x.shows(datum.x), panel.y.shows(datum.y) else { return nil }
    if [.points, .reference, .seeds].contains(kind) {
      // A marker outside the frame would lie on the captions; lines and bars are clipped instead.
      if let range = panel.x.range, !range.contains(datum.x) { return nil }
      if let range = panel.y.range, !range.contains(datum.y) { return nil }
    }
    var datum = datum
    datum.xInterval = kind == .rule ? nil : datum.xInterval.flatMap { whole($0, on: panel.x) }
    datum.yInterval = datum.yInterval.flatMap { whole($0, on: panel.y) }
    return datum
  }

  /// An interval with both ends finite; a lower end below zero stays, and leaves a logarithmic frame.
  private static func whole(_ interval: Interval, on axis: Axis) -> Interval? {
    guard interval.low.isFinite, abs(interval.low) < 1e300, axis.shows(interval.high) else {
      return nil
    }
    return interval
  }
}

extension Figure {
  /// How many data are left out because they have no place on their axes (not finite, not
  /// positive on a logarithmic axis, or a marker outside a given range).
  public var leftOut: Int { DrawnFigure(self).leftOut }

  /// Exactly what is drawn, one row per datum in drawing order; full precision, empty = none.
  public var csv: CSVTable {
    let header = [
      "row", "column", "panel", "series", "kind", "label", "x_axis", "x", "x_low",
      "x_high", "y_axis", "y", "y_low", "y_high",
    ]
    var records: [[String]] = []
    for (row, panels) in DrawnFigure(self).panels.enumerated() {
      for (column, panel) in panels.enumerated() {
        for series in panel.series {
          for datum in series.data {
            let x = series.kind == .rule ? "" : csvPlace(datum.x, on: panel.x)
            records.append([
              String(row + 1), String(column + 1), panel.title, series.name,
              series.kind.rawValue, datum.label, panel.x.caption, x,
              datum.xInterval.map { CSV.number($0.low) } ?? "",
              datum.xInterval.map { CSV.number($0.high) } ?? "",
              panel.y.caption, csvPlace(datum.y, on: panel.y),
              datum.yInterval.map { CSV.number($0.low) } ?? "",
              datum.yInterval.map { CSV.number($0.high) } ?? "",
            ])
          }
        }
      }
    }
    return CSVTable(header: header, rows: records)
  }

  private func csvPlace(_ value: Double, on axis: Axis) -> String {
    if case .categories(let names) = axis.scale, let index = Int(exactly: value),
      names.indices.contains(index)
    {
      return names[index]
    }
    return CSV.number(value)
  }
}
