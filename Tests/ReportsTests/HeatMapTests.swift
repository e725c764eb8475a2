import Files
import Foundation
import Reports
import Testing

struct HeatMapTests {
  private static let map = HeatMap(
    name: "heat", title: "Errors", rowLabels: ["gaussian noise", "fog", "elastic transform"],
    columnLabels: ["severity 1", "2", "mean"],
    values: [[0, 100, 50], [12.26, nil, -5], [99, 30, .nan]],
    range: 0...100, unit: "%", digits: 1, rowBreaks: [2], columnBreaks: [2],
    note: "White is 0, darkest 100. A note that is long enough to be broken into two lines of text."
  )

  @Test func everyNumberIsWrittenOnceAndNoTextLeavesThePageOrCoversAnother() {
    for width in [Figure.Width.column, .page] {
      var map = Self.map
      map.width = width
      let canvas = map.drawing()
      let texts = canvas.texts
      for text in ["0.0", "100.0", "50.0", "12.3", "−5.0", "99.0", "30.0"] {
        #expect(texts.count { $0.text == text } == 1, "\(text)")
      }
      for (index, (text, box)) in texts.enumerated() {
        #expect(
          box.x >= 0 && box.y >= 0 && box.right <= canvas.width && box.bottom <= canvas.height,
          "\(text) leaves the page")
        for (other, theirs) in texts[..<index] {
          #expect(box.overlap(theirs) == 0, "\(text) covers \(other)")
        }
      }
    }
  }

  @Test func largerNumbersAreDarker() throws {
    let numbers = (0..<11).map { 10 * Double($0) }
    let map = HeatMap(
      name: "ramp", title: "Ramp", rowLabels: numbers.map { "\($0)" }, columnLabels: ["x"],
      values: numbers.map { [$0] }, range: 0...100)
    let png = try PNG.parse(map.drawing().encoded(as: .png))
    // Left of the number, which stands in the middle of its cell.
    let x = png.width - 60
    let levels = map.drawing().texts.filter { $0.text.hasSuffix(".0") && $0.box.x > 100 }.map {
      let y = Int(($0.box.y + $0.box.height / 2) / 72 * 300)
      return (0..<3).reduce(0) { $0 + Int(png.pixels[(y * png.width + x) * png.channels + $1]) }
    }
    #expect(levels.count == 11 && levels[0] == 765)
    #expect(zip(levels, levels.dropFirst()).allSatisfy { $0 > $1 }, "\(levels)")
  }

  @Test func theTableListsWhatIsDrawn() {
    let csv = Self.map.csv
    #expect(csv.header == ["row", "column", "value (%)"])
    #expect(csv.rows.count == 9)
    #expect(csv.rows[3] == ["fog", "severity 1", "12.26"])
    #expect(csv.rows[4] == ["fog", "2", ""] && csv.rows[8] == ["elastic transform", "mean", ""])
  }
}
