import Files
import Foundation

/// Numbers in rows and columns: each a cell, the darker the larger, with the number written in it.
public struct HeatMap: Hashable, Sendable {
  /// Stem of its files' names.
  public var name: String
  /// What it shows, in a few words (metadata, not drawn).
  public var title: String
  /// What a reader who cannot see it should know (metadata).
  public var summary: String
  /// Total width.
  public var width: Figure.Width
  /// Written left of the rows.
  public var rowLabels: [String]
  /// Written above the columns.
  public var columnLabels: [String]
  /// One per cell; nil leaves it empty.
  public var values: [[Double?]]
  /// White and darkest; what lies outside is drawn as its ends.
  public var range: ClosedRange<Double>
  /// Unit of the numbers.
  public var unit: String
  /// Digits after the point.
  public var digits: Int
  /// Numbers of rows above which there is a gap.
  public var rowBreaks: Set<Int>
  /// Numbers of columns before which there is a gap.
  public var columnBreaks: Set<Int>
  /// Written below.
  public var note: String

  /// A heat map.
  public init(
    name: String, title: String, summary: String = "", width: Figure.Width = .page,
    rowLabels: [String], columnLabels: [String], values: [[Double?]], range: ClosedRange<Double>,
    unit: String = "", digits: Int = 1, rowBreaks: Set<Int> = [], columnBreaks: Set<Int> = [],
    note: String = ""
  ) {
    precondition(!values.isEmpty && !values[0].isEmpty, "a heat map has a cell")
    precondition(values.count == rowLabels.count, "one label per row")
    precondition(values.allSatisfy { $0.count == columnLabels.count }, "one label per column")
    precondition(
      range.lowerBound < range.upperBound && range.lowerBound.isFinite && range.upperBound.isFinite,
      "colours need a finite range of some length")
    self.name = name
    self.title = title
    self.summary = summary
    self.width = width
    self.rowLabels = rowLabels
    self.columnLabels = columnLabels
    self.values = values
    self.range = range
    self.unit = unit
    self.digits = digits
    self.rowBreaks = rowBreaks
    self.columnBreaks = columnBreaks
    self.note = note
  }

  /// White to the palette's blue to nearly black, its lightness falling all the way: it reads in grey print too.
  func color(_ value: Double) -> Color {
    let inside = min(max(value, range.lowerBound), range.upperBound)
    let share = (inside - range.lowerBound) / (range.upperBound - range.lowerBound)
    let (blue, night) = (Color.palette[0], Color(0x001A33))
    return share < 0.5
      ? blue.mixed(2 * share, with: .white) : night.mixed(2 * share - 1, with: blue)
  }

  /// The map as one drawing.
  public func drawing() -> Canvas {
    let (gap, breakGap, cellHeight) = (1.0, 5.0, 13.0)
    let left = Look.edge + (rowLabels.map(Look.label.width).max() ?? 0) + 4
    func offset(_ index: Int, _ size: Double, _ breaks: Set<Int>) -> Double {
      Double(index) * (size + gap) + breakGap * Double(breaks.count { 0 < $0 && $0 <= index })
    }
    let columns = columnLabels.count
    let cellWidth =
      (width.rawValue - Look.edge - left - offset(columns, 0, columnBreaks) + gap) / Double(columns)
    precondition(
      cellWidth >= 4, "a cell is at least 4 points wide: fewer columns or shorter labels")
    // Names of columns wider than a column are turned.
    let widest = columnLabels.map(Look.label.width).max() ?? 0
    let turned = widest > cellWidth
    let top = Look.edge + (turned ? widest + 4 : 11)
    let bottom = top + offset(values.count, cellHeight, rowBreaks) - gap
    let lines = FigureLayout.wrapped(note, Look.note, width: width.rawValue - Look.edge - left)
    var canvas = Canvas(
      width: width.rawValue,
      height: bottom + 10 * Double(lines.count) + (lines.isEmpty ? 0 : 4) + Look.edge, title: title,
      summary: summary)
    for (index, label) in columnLabels.enumerated() {
      let middle = left + offset(index, cellWidth, columnBreaks) + cellWidth / 2
      if turned {
        canvas.text(
          label, at: Point(middle + Look.label.capHeight / 2, top - 3), Look.label, turned: true)
      } else {
        canvas.text(label, at: Point(middle, top - 3), Look.label, anchor: .middle)
      }
    }
    for (row, line) in values.enumerated() {
      let y = top + offset(row, cellHeight, rowBreaks)
      let baseline = y + cellHeight / 2 + Look.label.capHeight / 2
      canvas.text(rowLabels[row], at: Point(left - 4, baseline), Look.label, anchor: .end)
      for (column, value) in line.enumerated() {
        let rect = Rect(
          x: left + offset(column, cellWidth, columnBreaks), y: y, width: cellWidth,
          height: cellHeight)
        guard let value, value.isFinite else {
          canvas.rectangle(rect, stroke: Look.grid)
          continue
        }
        let color = color(value)
        canvas.rectangle(rect, fill: color)
        let luminance = 0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue
        canvas.text(
          Quantity(value, digits: digits).text, at: Point(rect.x + cellWidth / 2, baseline),
          TextStyle(size: Look.label.size, color: luminance > 0.55 ? .black : .white),
          anchor: .middle)
      }
    }
    for (index, line) in lines.enumerated() {
      canvas.text(line, at: Point(left, bottom + 4 + 10 * Double(index + 1) - 2), Look.note)
    }
    return canvas
  }

  /// Exactly what is drawn, one row per cell; full precision, empty where there is nothing.
  public var csv: CSVTable {
    CSVTable(
      header: ["row", "column", unit.isEmpty ? "value" : "value (\(unit))"],
      rows: zip(rowLabels, values).flatMap { label, line in
        zip(columnLabels, line).map { column, value in
          [label, column, value.flatMap { $0.isFinite ? CSV.number($0) : nil } ?? ""]
        }
      })
  }

  /// Writes `<name>.png`, `.svg`, `.pdf` and `.csv` into a folder, each whole or not at all.
  ///
  /// - Returns: the names of the files, in the order written.
  /// - Throws: `ReportError.drawing`, or `FileError` as `AtomicFile.write` does.
  @discardableResult
  public func write(to folder: URL) throws -> [String] {
    let written = try drawing().write(named: name, to: folder)
    try CSV.write(csv, to: folder.appendingPathComponent("\(name).csv"))
    return written + ["\(name).csv"]
  }
}
