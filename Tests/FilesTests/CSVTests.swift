import Files
import Foundation
import Testing

@Suite struct CSVTests {
  @Test func readsQuotesBlanksAndLineEnds() throws {
    let text = "\u{FEFF}a,b , c\r\n\"x\"\"y\",,\n\nq,\"l1\nl2\", 3 \n\"a,b\",é,\"\""
    let table = try CSV.parse(Array(text.utf8))
    #expect(table.header == ["a", "b ", " c"])
    #expect(table.rows == [["x\"y", "", ""], ["q", "l1\nl2", " 3 "], ["a,b", "é", ""]])
    #expect(table.values("a") == ["x\"y", "q", "a,b"])
    #expect(table.column("none") == nil)
  }

  @Test func whatIsWrittenReadsBack() throws {
    let table = CSVTable(
      header: ["name", "value"],
      rows: [["plain", "1"], ["comma, quote \" line\nend\r", " blank "], ["", "λ"]])
    #expect(
      CSV.encode(table)
        == "name,value\nplain,1\n\"comma, quote \"\" line\nend\r\", blank \n,λ\n")
    #expect(try CSV.parse(Array(CSV.encode(table).utf8)) == table)
    let single = CSVTable(header: ["a"], rows: [[""], ["b"], [""]])
    #expect(try CSV.parse(Array(CSV.encode(single).utf8)) == single)
    try withFolder { folder in
      let url = folder.appendingPathComponent("t.csv")
      try CSV.write(table, to: url)
      #expect(try CSV.read(url) == table)
    }
  }

  @Test(arguments: [
    ("", "t.csv: line 1: expected a header, found end of file"),
    ("a,a\n", "t.csv: line 1: expected unique column names, found \"a\" again as column 2"),
    ("a,b\n1,2\n\n\"x\ny\",2\n3\n", "t.csv: line 6: expected 2 fields, found 1"),
    ("a,b\n1,\"x\ny\"\n1,2,3\n", "t.csv: line 4: expected 2 fields, found 3"),
    ("a,b\n1,\"x\n\n", "t.csv: line 2: expected a closing quote, found end of file"),
    (
      "a,b\n1,x\"y\n",
      "t.csv: line 2, column 4: expected quotes around the whole field, found a quote inside or text after it"
    ),
  ])
  func saysWhichLineIsWrong(text: String, expected: String) {
    let line = message { () throws(FileError) in
      _ = try CSV.parse(Array(text.utf8), path: "t.csv")
    }
    #expect(line == expected)
  }

  @Test func refusesWhatIsNotUTF8() {
    let bytes = Array("a,b\né,ü\n1,".utf8) + [0xFF, 10]
    let line = message { () throws(FileError) in _ = try CSV.parse(bytes, path: "t.csv") }
    #expect(line == "t.csv: line 3: expected UTF-8, found byte 255")
  }

  @Test func numbersAreShortAndExact() {
    let known: [(Double, String)] = [
      (5, "5"), (0.1, "0.1"), (-0.0, "-0"), (1e-7, "1e-07"), (1e22, "1e+22"), (.nan, "nan"),
      (-.infinity, "-inf"), (.leastNonzeroMagnitude, "5e-324"), (1.0 / 3, "0.3333333333333333"),
    ]
    for (value, text) in known { #expect(CSV.number(value) == text) }
    var damage = Damage(state: 5)
    for _ in 0..<100_000 {
      let value = Double(bitPattern: damage.next())
      let back = Double(CSV.number(value))
      #expect(value.isNaN ? back?.isNaN == true : back?.bitPattern == value.bitPattern)
    }
  }
}
