import Files
import Foundation
import Reports
import Testing

struct FigureDataTests {
  private func figure(
    _ data: [Datum], kind: Series.Kind = .points, x: Axis = Axis("x"), y: Axis = Axis("y")
  ) -> Figure {
    Figure(
      name: "f", title: "f",
      panels: [
        [Panel(title: "p", x: x, y: y, series: [Series("s", kind, style: .of(0), data: data)])]
      ])
  }

  @Test func csvHoldsWhatIsDrawn() throws {
    let table = figure(
      [
        Datum(x: 1, y: 0.1, xInterval: Interval(0.5, 1.5), label: "a, b"),
        Datum(x: 2, y: 1e-7, yInterval: Interval(9e-8, 1.1e-7)),
      ], x: Axis("time", unit: "s")
    ).csv
    #expect(
      CSV.encode(table) == """
        row,column,panel,series,kind,label,x_axis,x,x_low,x_high,y_axis,y,y_low,y_high
        1,1,p,s,points,"a, b",time (s),1,0.5,1.5,y,0.1,,
        1,1,p,s,points,,time (s),2,,,y,1e-07,9e-08,1.1e-07

        """)
  }

  @Test func everySeriesOfAnExampleIsInItsCSV() throws {
    let figure = Examples.curves()
    let rows = figure.csv.rows
    #expect(rows.count == 4 * 200 + 4)
    let y = try #require(figure.csv.column("y"))
    let lines = figure.panels[0].flatMap(\.series).filter { $0.kind == .line }
    let drawn = rows.filter { $0[4] == "line" }.map { Double($0[y]) }
    #expect(drawn == lines.flatMap { $0.data.map { Optional($0.y) } })
    #expect(rows.filter { $0[4] == "rule" }.map { $0[7] } == ["", "", "", ""])
  }

  @Test func categoriesAreNamed() throws {
    let rows = Examples.sparsity().csv.rows
    #expect(rows.count == 4 * 3 + 4 * 4)
    #expect(rows[0][3] == "Sparse VD (ours)" && rows[0][7] == "fc1" && rows[0][11] == "99.1")
    #expect(rows[12][7] == "conv1")
  }

  @Test func whatHasNoPlaceIsLeftOutCountedAndTold() {
    let nan = figure([Datum(x: .nan, y: 1), Datum(x: 1, y: .infinity), Datum(x: 1, y: 2)])
    #expect(nan.leftOut == 2)
    #expect(nan.csv.rows.count == 1)
    #expect(nan.drawing().texts.contains { $0.text.contains("2 values that have no place") })

    let data = [Datum(x: -1, y: 1), Datum(x: 0, y: 1), Datum(x: 1, y: 1)]
    #expect(figure(data, x: Axis("x", scale: .log)).leftOut == 2)
    #expect(figure(data).leftOut == 0)
    #expect(!figure(data).drawing().texts.contains { $0.text.contains("no place") })
    #expect(figure(data, x: Axis("x", range: -0.5...2)).leftOut == 1)
    #expect(figure(data, kind: .line, x: Axis("x", range: -0.5...2)).leftOut == 0)
  }

  @Test func whatStandsAsideIsMovedInThePictureAlone() throws {
    func made(_ aside: Double) -> Figure {
      figure([Datum(x: 1, y: 2, aside: aside), Datum(x: 2, y: 2)])
    }
    #expect(made(5).csv == made(0).csv)
    func svg(_ figure: Figure) throws -> [UInt8] { try figure.drawing().encoded(as: .svg) }
    #expect(try svg(made(5)) != svg(made(0)))
  }

  @Test func anIntervalThatIsNotFiniteIsDroppedAndItsPointStays() {
    let figure = figure([Datum(x: 1, y: 2, yInterval: Interval(.nan, 3))])
    #expect(figure.leftOut == 0)
    #expect(figure.csv.rows[0].suffix(3) == ["2", "", ""])
  }

  @Test func anErrorBarBelowZeroKeepsItsEndOnALogAxis() throws {
    let figure = figure(
      [Datum(x: 1, y: 2, yInterval: Interval(-1, 5)), Datum(x: 2, y: 3)],
      y: Axis("y", scale: .log))
    #expect(figure.csv.rows[0].suffix(2) == ["-1", "5"])
    #expect(try !figure.drawing().encoded(as: .png).isEmpty)
  }
}
