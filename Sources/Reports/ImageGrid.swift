import Foundation

/// A small picture: gray or RGB, 8 bits per channel.
public struct GridImage: Hashable, Sendable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  /// `0xRRGGBB`, row by row from the top.
  let pixels: [UInt32]

  /// A gray picture, `[height, width]`, 0 black.
  public init(gray: [UInt8], width: Int, height: Int) {
    precondition(width > 0 && height > 0, "a picture has pixels")
    precondition(gray.count == width * height, "a gray picture needs width × height bytes")
    self.width = width
    self.height = height
    pixels = gray.map { UInt32($0) * 0x010101 }
  }

  /// A coloured picture, `[height, width, 3]`.
  public init(rgb: [UInt8], width: Int, height: Int) {
    precondition(width > 0 && height > 0, "a picture has pixels")
    precondition(rgb.count == width * height * 3, "an RGB picture needs width × height × 3 bytes")
    self.width = width
    self.height = height
    pixels = (0..<width * height).map {
      UInt32(rgb[3 * $0]) << 16 | UInt32(rgb[3 * $0 + 1]) << 8 | UInt32(rgb[3 * $0 + 2])
    }
  }

  /// A gray picture of numbers, `[height, width]`: `range` maps to black…white, values outside it are
  /// clamped, NaN is mid-gray.
  public init(
    values: [Double], width: Int, height: Int, range: ClosedRange<Double>, inverted: Bool = false
  ) {
    let span = range.upperBound - range.lowerBound
    precondition(span > 0 && span.isFinite, "a range of gray values has some length")
    let gray = values.map { value -> UInt8 in
      if value.isNaN { return 128 }
      let share = (min(max(value, range.lowerBound), range.upperBound) - range.lowerBound) / span
      return UInt8(((inverted ? 1 - share : share) * 255).rounded())
    }
    self.init(gray: gray, width: width, height: height)
  }

  /// Each pixel repeated `factor` × `factor` times: viewers that smooth pictures keep it sharp.
  func enlarged(_ factor: Int) -> (pixels: [UInt32], width: Int, height: Int) {
    var out: [UInt32] = []
    out.reserveCapacity(pixels.count * factor * factor)
    for row in 0..<height {
      let line = pixels[row * width..<(row + 1) * width].flatMap {
        repeatElement($0, count: factor)
      }
      for _ in 0..<factor { out += line }
    }
    return (out, width * factor, height * factor)
  }
}

/// Pictures in rows and columns, with a name for each row and column.
public struct ImageGrid: Hashable, Sendable {
  /// Stem of its files' names.
  public var name: String
  /// What it shows (metadata).
  public var title: String
  /// Total width.
  public var width: Figure.Width
  /// Written left of the rows; empty for none.
  public var rowLabels: [String]
  /// Written above the columns; empty for none.
  public var columnLabels: [String]
  /// Rows of pictures; nil leaves a cell empty.
  public var images: [[GridImage?]]
  /// Written below.
  public var note: String

  /// A grid.
  public init(
    name: String, title: String, width: Figure.Width = .column, rowLabels: [String] = [],
    columnLabels: [String] = [], images: [[GridImage?]], note: String = ""
  ) {
    precondition(!images.isEmpty && !images[0].isEmpty, "a grid has a cell")
    precondition(
      images.allSatisfy { $0.count == images[0].count }, "rows have equally many pictures")
    precondition(
      rowLabels.isEmpty || rowLabels.count == images.count, "one label per row or none")
    precondition(
      columnLabels.isEmpty || columnLabels.count == images[0].count, "one label per column or none")
    self.name = name
    self.title = title
    self.width = width
    self.rowLabels = rowLabels
    self.columnLabels = columnLabels
    self.images = images
    self.note = note
  }

  /// The grid as one drawing; every cell has the shape of the first picture.
  public func drawing() -> Canvas {
    let columns = Double(images[0].count)
    let gap = 2.0
    let labels = rowLabels.map(Look.label.width).max() ?? 0
    let left = Look.edge + (labels > 0 ? labels + 4 : 0)
    let cell = (width.rawValue - Look.edge - left - gap * (columns - 1)) / columns
    precondition(cell >= 4, "a cell is at least 4 points wide: fewer columns or shorter labels")
    let first = images.joined().compactMap { $0 }.first
    let shape = first.map { Double($0.height) / Double($0.width) } ?? 1
    let size = (width: cell, height: cell * shape)
    // Names of columns wider than a column are turned.
    let widest = columnLabels.map(Look.label.width).max() ?? 0
    let turned = widest > cell
    let head = columnLabels.isEmpty ? 0 : turned ? widest + 4 : 11
    let rows = Double(images.count)
    let noteLines = FigureLayout.wrapped(
      note, Look.note, width: width.rawValue - Look.edge - left)
    let gridBottom = Look.edge + head + rows * (size.height + gap) - gap
    var canvas = Canvas(
      width: width.rawValue,
      height: gridBottom + 10 * Double(noteLines.count) + (noteLines.isEmpty ? 0 : 4) + Look.edge,
      title: title)
    for (index, label) in columnLabels.enumerated() {
      let middle = left + Double(index) * (size.width + gap) + size.width / 2
      if turned {
        canvas.text(
          label, at: Point(middle + Look.label.capHeight / 2, Look.edge + head - 3), Look.label,
          turned: true)
      } else {
        canvas.text(label, at: Point(middle, Look.edge + head - 3), Look.label, anchor: .middle)
      }
    }
    for (row, line) in images.enumerated() {
      let top = Look.edge + head + Double(row) * (size.height + gap)
      if !rowLabels.isEmpty {
        canvas.text(
          rowLabels[row],
          at: Point(left - 4, top + size.height / 2 + Look.label.capHeight / 2), Look.label,
          anchor: .end)
      }
      for (column, image) in line.enumerated() {
        let rect = Rect(
          x: left + Double(column) * (size.width + gap), y: top, width: size.width,
          height: size.height)
        guard let image else {
          canvas.rectangle(rect, stroke: Look.grid)
          continue
        }
        let wanted = size.width / 72 * 300 / Double(image.width)
        let large = image.enlarged(max(1, min(16, Int(wanted.rounded(.up)))))
        canvas.picture(pixels: large.pixels, width: large.width, height: large.height, in: rect)
        canvas.rectangle(rect, stroke: Stroke(.gray(0.6), width: 0.3))
      }
    }
    for (index, line) in noteLines.enumerated() {
      canvas.text(line, at: Point(left, gridBottom + 4 + 10 * Double(index + 1) - 2), Look.note)
    }
    return canvas
  }

  /// Writes `<name>.png`, `.svg` and `.pdf` into a folder.
  ///
  /// - Throws: `ReportError.drawing`, or `FileError` as `AtomicFile.write` does.
  @discardableResult
  public func write(to folder: URL) throws -> [String] {
    try drawing().write(named: name, to: folder)
  }
}
