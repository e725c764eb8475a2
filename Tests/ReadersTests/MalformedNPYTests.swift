import Files
import Testing

@Suite struct MalformedNPYTests {
  /// A file of version 1.0 around a header, which starts at byte 10.
  static func file(_ header: String, _ body: [UInt8] = [UInt8](repeating: 7, count: 24)) -> [UInt8]
  {
    let text = Array(header.utf8)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)]
      + text + body
  }

  /// A header of six numbers of four bytes, with one value in another's place.
  static func header(
    descr: String = "'<f4'", order: String = "False", shape: String = "(2, 3)"
  ) -> [UInt8] {
    file("{'descr': \(descr), 'fortran_order': \(order), 'shape': \(shape), }\n")
  }

  static let good = header()
  static let start = good.count - 24

  static let files: [Malformed] = [
    Malformed("empty", .truncated, at: 0, []),
    Malformed("cut in the magic", .truncated, at: 4, good.cut(4)),
    Malformed("cut in the length", .truncated, at: 9, good.cut(9)),
    Malformed("cut in the header", .truncated, at: 40, good.cut(40)),
    Malformed("no data", .truncated, at: start, good.cut(start)),
    Malformed("cut in the data", .truncated, at: start + 23, good.cut(start + 23)),
    Malformed("a byte too many", .oversized, at: start + 24, good + [0]),
    Malformed("a zip", .wrongMagic, at: 0, Array("PK\u{3}\u{4}".utf8) + good),
    Malformed("magic in small letters", .wrongMagic, at: 0, good.replacing(at: 1, [0x6E])),
    Malformed("version 9.0", .unsupported, at: 6, good.replacing(at: 6, [9])),
    Malformed("version 1.7", .unsupported, at: 6, good.replacing(at: 7, [7])),
    Malformed("a header of 64 KiB", .truncated, at: good.count, good.replacing(at: 8, [255, 255])),
    Malformed("no dictionary", .malformed, at: 10, file("[1, 2]\n")),
    Malformed("an empty header", .malformed, at: 10, file("")),
    Malformed("an empty dictionary", .malformed, at: 10, file("{}\n")),
    Malformed("no shape", .malformed, at: 10, file("{'descr': '<f4', 'fortran_order': False, }\n")),
    Malformed(
      "shape twice", .malformed, at: 38, file("{'descr':'<f4','shape':(6,),'shape':(6,)}")),
    Malformed("another key", .malformed, at: 11, file("{'colour': 3}\n")),
    Malformed("a quote too few", .malformed, file("{'descr: '<f4'}\n")),
    Malformed("text behind it", .malformed, file("{'descr': '<f4'} # six\n")),
    Malformed("big-endian", .unsupported, at: 20, header(descr: "'>f4'")),
    Malformed("complex", .unsupported, at: 20, header(descr: "'<c8'")),
    Malformed("objects", .unsupported, at: 20, header(descr: "'|O'")),
    Malformed("a record", .unsupported, at: 20, header(descr: "[('a', '<f4')]")),
    Malformed("texts", .unsupported, at: 20, header(descr: "'<U9'")),
    Malformed("no type", .malformed, at: 20, header(descr: "None")),
    Malformed("Fortran order", .unsupported, at: 44, header(order: "True")),
    Malformed("an order that is none", .malformed, at: 44, header(order: "Maybe")),
    Malformed("a negative length", .malformed, header(shape: "(-2, 3)")),
    Malformed("a length in letters", .malformed, header(shape: "(two, 3)")),
    Malformed("a length of 19 digits", .malformed, header(shape: "(1000000000000000000,)")),
    Malformed(
      "lengths beyond 64 bits", .malformed, at: 10,
      header(shape: "(100000000000, 100000000000)")),
    Malformed("more promised than there is", .truncated, header(shape: "(60000, 60000)")),
    Malformed("less promised than there is", .oversized, header(shape: "(2, 2)")),
    Malformed(
      "33 axes", .malformed,
      header(shape: "(" + String(repeating: "1,", count: 33) + ")")),
    Malformed("a shape without end", .malformed, header(shape: "(2, 3")),
  ]

  @Test func theFileBeforeTheDamageIsRead() throws {
    #expect(try NPY.parse(Self.good).shape == [2, 3])
  }

  @Test func damagedFilesAreRefusedForWhatTheyAre() {
    expectRefused(Self.files) { bytes throws(FileError) in
      _ = try NPY.parse(bytes, path: "x.npy")
    }
  }
}
