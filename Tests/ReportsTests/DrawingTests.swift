import Files
import Foundation
import Reports
import Testing

struct DrawingTests {
  static let figures = [
    Examples.tradeOff(), Examples.sparsity(), Examples.curves(), Examples.small(),
    Examples.arrows(),
  ]

  @Test(arguments: DrawingFormat.allCases)
  func theSameFigureIsTheSameBytes(_ format: DrawingFormat) throws {
    for figure in Self.figures {
      let first = try figure.drawing().encoded(as: format)
      // Another drawing in between: cairo numbers things over the whole process.
      _ = try Examples.grid().drawing().encoded(as: format)
      #expect(try figure.drawing().encoded(as: format) == first, "\(figure.name).\(format)")
      #expect(first.count > 5000)
    }
    let grid = try Examples.grid().drawing().encoded(as: format)
    #expect(try Examples.grid().drawing().encoded(as: format) == grid)
  }

  @Test func pngIs300PixelsPerInchWithInkInEveryPanel() throws {
    for figure in Self.figures {
      let bytes = try figure.drawing().encoded(as: .png)
      let png = try PNG.parse(bytes)
      #expect(png.width == Int((figure.width.rawValue / 72 * 300).rounded()))
      // 300 pixels per inch are 11811 per metre.
      let density: [UInt8] = Array("pHYs".utf8) + [0, 0, 0x2E, 0x23, 0, 0, 0x2E, 0x23, 1]
      #expect(bytes.dropFirst(37).starts(with: density))
      for frame in figure.frames {
        let inner = Rect(
          x: frame.x + 2, y: frame.y + 2, width: frame.width - 4, height: frame.height - 4)
        #expect(coloured(png, inner) > 100, "\(figure.name) \(frame)")
      }
    }
  }

  @Test func noTextIsClippedOrCoversAnother() {
    for figure in Self.figures {
      let canvas = figure.drawing()
      let texts = canvas.texts
      #expect(texts.count > 10)
      for (index, (text, box)) in texts.enumerated() {
        #expect(
          box.x >= 0 && box.y >= 0 && box.right <= canvas.width && box.bottom <= canvas.height,
          "\(figure.name): \(text) leaves the page")
        for (other, theirs) in texts[..<index] {
          #expect(box.overlap(theirs) == 0, "\(figure.name): \(text) covers \(other)")
        }
      }
    }
  }

  @Test func crowdedLabelsKeepApart() {
    let data = (0..<12).map { index in
      Datum(x: Double(index % 4), y: Double(index / 4) * 0.01, label: "method \(index)")
    }
    let figure = Figure(
      name: "crowd", title: "Crowd",
      panels: [
        [
          Panel(
            x: Axis("x"), y: Axis("y", range: -0.05...0.1),
            series: [Series("s", .points, style: .of(0), data: data)])
        ]
      ])
    let labels = figure.drawing().texts.filter { $0.text.hasPrefix("method") }
    #expect(labels.count == 12)
    for (index, label) in labels.enumerated() {
      #expect(label.box.x >= figure.frames[0].x && label.box.right <= figure.frames[0].right)
      for other in labels[..<index] { #expect(label.box.overlap(other.box) == 0) }
    }
  }

  @Test func svgAndPDFSayWhatTheyShow() throws {
    let canvas = Canvas(width: 50, height: 20, title: "a < b & c", summary: "d")
    let svg = String(decoding: try canvas.encoded(as: .svg), as: UTF8.self)
    #expect(svg.contains("<title>a &lt; b &amp; c</title>\n<desc>d</desc>"))
    #expect(svg.hasSuffix("</svg>\n"))
    let pdf = String(decoding: try canvas.encoded(as: .pdf), as: UTF8.self)
    #expect(pdf.hasPrefix("%PDF-1."))
    #expect(pdf.contains("/CreationDate (20000101000000"))
  }

  @Test(arguments: [
    [], [Datum(x: 1, y: 1)], [Datum(x: 3, y: 0)],
    [Datum(x: 1e-250, y: 1e250), Datum(x: 1e250, y: 1e-250)],
    [Datum(x: 2e-300, y: 9e299), Datum(x: 9e299, y: 2e-300)],
    [Datum(x: 1, y: -9e299), Datum(x: 2, y: 9e299)],
    [Datum(x: 5, y: 1), Datum(x: 5.000000000000001, y: 1)],
    [Datum(x: .nan, y: .nan)],
  ])
  func oddDataAreDrawn(_ data: [Datum]) throws {
    for kind in [Series.Kind.points, .reference, .seeds, .line, .rule, .bars] {
      for scale in [Scale.linear, .log] {
        let y = Axis("y", scale: kind == .bars ? .linear : scale)
        let figure = Figure(
          name: "odd", title: "Odd", width: .column, panelHeight: 60,
          panels: [
            [
              Panel(
                x: Axis("x", scale: scale), y: y,
                series: [Series("s", kind, style: .of(0), data: data)])
            ]
          ])
        let canvas = figure.drawing()
        #expect(canvas.texts.contains { $0.text == "no data" } == figure.csv.rows.isEmpty)
        for (text, box) in canvas.texts {
          #expect(box.x >= 0 && box.right <= canvas.width, "\(kind) \(scale): \(text)")
        }
        let png = try PNG.parse(try canvas.encoded(as: .png))
        #expect(png.width == 975)
      }
    }
  }

  @Test func aFigureIsWrittenWithItsData() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("reports-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let figure = Examples.tradeOff()
    let names = try figure.write(to: folder)
    let stem = "error-compression"
    #expect(names == ["\(stem).png", "\(stem).svg", "\(stem).pdf", "\(stem).csv"])
    #expect(try Folder.names(in: folder) == names.sorted())
    #expect(try CSV.read(folder.appendingPathComponent("\(stem).csv")) == figure.csv)
    #expect(throws: FileError.self) { try figure.write(to: folder.appendingPathComponent("no")) }
  }

  @Test func imagesKeepTheirPixels() throws {
    let image = GridImage(
      rgb: [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30], width: 2, height: 2)
    let gray = GridImage(values: [-1, 0, 1, .nan], width: 2, height: 2, range: -1...1)
    let grid = ImageGrid(name: "g", title: "g", images: [[image, gray]])
    let png = try PNG.parse(try grid.drawing().encoded(as: .png))
    // Two cells of (234 − 8 − 2) / 2 = 112 points from 4 points on, each of 2 × 2 pixels.
    func pixel(_ x: Double, _ y: Double) -> [UInt8] {
      let at = (Int(y / 72 * 300) * png.width + Int(x / 72 * 300)) * png.channels
      return Array(png.pixels[at..<at + 3])
    }
    #expect(pixel(4 + 28, 4 + 28) == [255, 0, 0])
    #expect(pixel(4 + 84, 4 + 28) == [0, 255, 0])
    #expect(pixel(4 + 28, 4 + 84) == [0, 0, 255])
    #expect(pixel(4 + 84, 4 + 84) == [10, 20, 30])
    #expect(pixel(118 + 28, 4 + 28) == [0, 0, 0])
    #expect(pixel(118 + 84, 4 + 28) == [128, 128, 128])
    #expect(pixel(118 + 28, 4 + 84) == [255, 255, 255])
    #expect(pixel(118 + 84, 4 + 84) == [128, 128, 128])
  }

  /// Pixels inside `rect` that are not gray: data, not axes.
  private func coloured(_ png: PNG, _ rect: Rect) -> Int {
    let scale = 300.0 / 72
    var count = 0
    for y in Int(rect.y * scale)..<Int(rect.bottom * scale) {
      for x in Int(rect.x * scale)..<Int(rect.right * scale) {
        let at = (y * png.width + x) * png.channels
        let pixel = png.pixels[at..<at + 3]
        if Int(pixel.max()!) - Int(pixel.min()!) > 40 { count += 1 }
      }
    }
    return count
  }

  /// A head as wide as it should be, just before the marker it points to; none where there is no room for it.
  @Test func arrowsPointFromDatumToDatum() throws {
    let svg = { (figure: Figure) throws -> String in
      String(decoding: try figure.drawing().encoded(as: .svg), as: UTF8.self)
    }
    var figure = Examples.arrows()
    let drawn = try svg(figure)
    // The other way round is another drawing, and so is a line.
    figure.panels[0][0].series[0].data.reverse()
    #expect(try svg(figure) != drawn)
    figure.panels[0][0].series[0].kind = .line
    #expect(try svg(figure) != drawn)
    let rows = Examples.arrows().panels[0][0].y
    #expect(rows.scale == .categories(["dropout", "deep ensemble", "single network"]))
    let names = Examples.arrows().drawing().texts.map(\.text)
    #expect(
      names.filter { ["dropout", "deep ensemble", "single network"].contains($0) }.count == 3)
  }

  /// More methods than the palette has colours are still told apart, also without colour.
  @Test func stylesDiffer() {
    let styles = (0..<21).map(Style.of)
    #expect(Set(styles).count == 21)
    #expect(Set((0..<14).map { styles[$0].color }).count == 14)
    for turn in 0..<3 {
      #expect(Set(styles[7 * turn..<7 * turn + 7].map(\.marker)).count == 7)
    }
  }
}
