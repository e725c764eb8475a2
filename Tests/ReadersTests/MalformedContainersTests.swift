import Files
import Fuzzing
import Testing

/// What other formats come in, gzip and tar, and tables.
@Suite struct MalformedContainersTests {
  // MARK: - gzip

  static let text = Array("a line of text that is to be packed, and a line of text again".utf8)
  static let packed = Gzip.compress(text)
  static let last = packed.count

  /// The packed text with flags in its header, and the fields they announce.
  static func flags(_ flags: UInt8, _ fields: [UInt8]) -> [UInt8] {
    packed.cut(10).replacing(at: 3, [flags]) + fields + packed.dropFirst(10)
  }

  static let gzipFiles: [Malformed] =
    [
      Malformed("empty", .wrongMagic, at: 0, []),
      Malformed("one byte", .truncated, [0x1F]),
      Malformed("plain text", .wrongMagic, at: 0, text),
      Malformed("zlib", .wrongMagic, at: 0, PNGFile.stored(text)),
      Malformed("a zip", .wrongMagic, at: 0, Array("PK\u{3}\u{4}".utf8) + packed),
      Malformed("magic the other way", .wrongMagic, at: 0, packed.replacing(at: 0, [0x8B, 0x1F])),
      Malformed("method 7", .malformed, packed.replacing(at: 2, [7])),
      Malformed("reserved flags", .malformed, packed.replacing(at: 3, [0xE0])),
      Malformed("a name without end", .truncated, packed.cut(10).replacing(at: 3, [8]) + text),
      Malformed("an extra field beyond the file", .truncated, flags(4, [255, 255])),
      Malformed("a wrong sum of the header", .malformed, flags(2, [1, 2])),
      Malformed("sum", .malformed, packed.replacing(at: last - 8, [packed[last - 8] ^ 1])),
      Malformed("length", .malformed, packed.replacing(at: last - 4, [1])),
      Malformed("a block of type 3", .malformed, packed.replacing(at: 10, [7])),
      Malformed(
        "a stored block whose lengths differ", .malformed, packed.cut(10) + [1, 5, 0, 0, 0]),
      Malformed("text behind it", .malformed, at: last, packed + Array("more".utf8)),
      Malformed("zeros behind it", .malformed, at: last, packed + [0, 0]),
      Malformed("a second member cut off", .truncated, packed + packed.cut(30)),
      Malformed("a second member damaged", .malformed, packed + packed.replacing(at: 10, [7])),
      Malformed("much in little", .oversized, Gzip.compress([UInt8](repeating: 0, count: 5000))),
      Malformed("too much in two", .oversized, packed + Gzip.compress(text + text)),
    ]
    + [2, 9, 10, 11, 30, last - 8, last - 1].map { count in
      Malformed("cut to \(count)", .truncated, at: count, packed.cut(count))
    }

  @Test func damagedGzipIsRefusedForWhatItIs() throws {
    #expect(try Gzip.decompress(Self.packed + Self.packed, limit: 130) == Self.text + Self.text)
    expectRefused(Self.gzipFiles) { bytes throws(FileError) in
      _ = try Gzip.decompress(bytes, limit: 130, path: "x.gz")
    }
  }

  // MARK: - tar

  static let archive = Repair.archive([
    ("set/a.bin", [UInt8](repeating: 5, count: 700)), ("set/b.txt", text),
  ])

  /// The archive with other bytes in its first header, whose sum is made to fit.
  static func header(_ offset: Int, _ text: String) -> [UInt8] {
    Repair.tar(archive.replacing(at: offset, Array(text.utf8)))
  }

  static let tarFiles: [Malformed] =
    [1, 100, 511, 512, 513, 1000, 1211, 1537, 1700].map {
      Malformed("cut to \($0)", .truncated, at: $0, archive.cut($0))
    }
    + [0, 50, 110, 130, 156, 260, 400, 511].map {
      Malformed("byte \($0) of the header", .malformed, archive.replacing(at: $0, [0x41]))
    }
    + [
      Malformed("the sum", .malformed, at: 148, archive.replacing(at: 149, [0x33])),
      Malformed("a sum in letters", .malformed, at: 148, archive.replacing(at: 149, [0x78])),
      Malformed("no sum", .malformed, at: 148, archive.replacing(at: 148, [0, 0, 0, 0, 0, 0, 0])),
      Malformed("a length in letters", .malformed, at: 124, header(124, "length here")),
      Malformed("a length with an 8", .malformed, at: 124, header(124, "00000001888")),
      Malformed("a negative length", .malformed, at: 124, header(124, "-0000000010")),
      Malformed("a length of 8 GiB", .truncated, at: archive.count, header(124, "77777777777")),
      Malformed("a length of no digits", .malformed, at: 124, header(124, "           ")),
      Malformed("text", .malformed, [UInt8](repeating: 0x61, count: 1024)),
    ]

  @Test func damagedArchivesAreRefusedForWhatTheyAre() throws {
    #expect(try Tar.members(Self.archive).map(\.name) == ["a.bin", "b.txt"])
    expectRefused(Self.tarFiles) { bytes throws(FileError) in
      _ = try Tar.members(bytes, path: "x.tar")
    }
  }

  // MARK: - CSV

  static let tables: [(name: String, line: Int, text: String)] = [
    ("empty", 1, ""), ("a line end alone", 1, "\n"), ("three line ends", 1, "\n\n\n"),
    ("a column twice", 1, "a,a\n1,2\n"), ("a column twice in three", 1, "b,a,b\n"),
    ("two columns without names", 1, ",\n1,2\n"),
    ("a field too few", 2, "a,b\n1\n"), ("a field too many", 2, "a,b\n1,2,3\n"),
    ("a comma at the end", 3, "a,b\n1,2\n1,2,\n"), ("one field in line 4", 4, "a,b\n1,2\n\n3\n"),
    ("a comma in one column", 2, "a\n,\n"), ("no commas", 2, "a,b\n1 2\n"),
    ("semicolons", 2, "a,b\n1;2\n"), ("a header of one", 2, "a\n1,2\n"),
    ("a quote never closed", 2, "a,b\n1,\"2\n"), ("a quote in the header", 1, "\"a,b\n1,2\n"),
    ("a quote over lines", 2, "a,b\n1,\"2\n3,4\n"), ("a quote in a field", 2, "a,b\n1,2\"3\n"),
    ("text behind a quote", 2, "a,b\n1,\"2\"3\n"), ("a lone quote", 2, "a,b\n1,\"\n"),
    ("three quotes", 2, "a,b\n1,\"\"\"\n"),
    ("a short row behind a quote", 4, "a,b\n\"1\n\",2\n3\n"),
  ]

  static let bytes: [(name: String, line: Int, bytes: [UInt8])] = [
    ("Latin-1", 2, [0x61, 10, 0xE9, 10]), ("half a character", 1, [0x61, 0xC3]),
    ("a lone continuation", 1, [0x80, 10]), ("an overlong slash", 3, [0x61, 10, 10, 0xC0, 0xAF]),
    ("a surrogate", 1, [0xED, 0xA0, 0x80]), ("UTF-16", 1, [0xFF, 0xFE, 0x61, 0, 10, 0]),
  ]

  @Test func damagedTablesAreRefusedForWhatTheyAre() {
    let files =
      Self.tables.map { Malformed($0.name, .malformed, at: .line($0.line), Array($0.text.utf8)) }
      + Self.bytes.map { Malformed($0.name, .malformed, at: .line($0.line), $0.bytes) }
    // Where in the line is libcsv's to say.
    let lines = files.map { Malformed($0.name, $0.kind, $0.bytes) }
    expectRefused(lines) { bytes throws(FileError) in _ = try CSV.parse(bytes, path: "x.csv") }
    for file in files {
      do throws(FileError) {
        _ = try CSV.parse(file.bytes)
      } catch {
        guard case .line(let found, _) = error.place, case .line(let line, _)? = file.place else {
          Issue.record("\(file.name): \(error)")
          continue
        }
        #expect(found == line, "\(file.name): \(error)")
      }
    }
  }

  /// A header that begins with a byte order mark keeps it, found by fuzzing.
  @Test func marksInsideATableStay() throws {
    let table = CSVTable(header: ["\u{FEFF}a", "b"], rows: [["1", "\u{FEFF}"]])
    #expect(try CSV.parse(Array(CSV.encode(table).utf8)) == table)
  }
}
