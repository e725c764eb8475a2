import Files
import Testing

private typealias F = PNGFile

@Suite struct MalformedPNGTests {
  /// Three rows of four pixels, each row behind its filter.
  static let rows: [UInt8] = [0, 20, 40].flatMap { [0] + ($0..<($0 + 12)).map { UInt8($0) } }
  static let small = PNGFile.header(4, 3)
  static let data = PNGFile.chunk("IDAT", PNGFile.stored(rows))
  static let good = PNGFile.file(small, data)

  /// The good file with other data.
  static func rgb(_ data: [UInt8]) -> [UInt8] { F.file(small, F.chunk("IDAT", data)) }

  /// The good file with another header.
  static func head(
    _ width: Int = 4, _ height: Int = 3, _ depth: UInt8 = 8, _ colour: UInt8 = 2,
    _ methods: [UInt8] = [0, 0, 0]
  ) -> [UInt8] {
    F.file(F.header(width, height, depth: depth, colour: colour, methods: methods), data)
  }

  /// A row of three indices into a palette.
  static func palette(_ colours: [UInt8]?, _ indices: [UInt8]) -> [UInt8] {
    let table = colours.map { F.chunk("PLTE", $0) } ?? []
    return F.file(F.header(3, 1, colour: 3), table, F.chunk("IDAT", F.stored([0] + indices)))
  }

  static let containers: [Malformed] = [
    Malformed("empty", .wrongMagic, at: 0, []),
    Malformed("half a signature", .wrongMagic, at: 0, F.signature.cut(5)),
    Malformed("GIF", .wrongMagic, at: 0, Array("GIF89a".utf8) + good),
    Malformed(
      "line ends converted", .wrongMagic, at: 0, good.cut(4) + [10, 26] + good.dropFirst(7)),
    Malformed("signature alone", .truncated, at: 8, F.signature),
    Malformed("cut in the first length", .truncated, at: 10, good.cut(10)),
    Malformed("cut in the header", .truncated, at: 25, good.cut(25)),
    Malformed("cut in the data", .truncated, at: 60, good.cut(60)),
    Malformed("cut before the end", .truncated, at: good.count - 12, good.cut(good.count - 12)),
    Malformed("cut in the last sum", .truncated, at: good.count - 1, good.cut(good.count - 1)),
    Malformed("more behind the end", .oversized, at: good.count, good + [0, 1]),
    Malformed(
      "a length of 4 GiB", .truncated, at: good.count,
      good.replacing(at: 33, bigEndian(0xFFFF_FFFF))),
    Malformed("sum of the header", .malformed, at: 29, good.replacing(at: 31, [0xAA])),
    Malformed(
      "a bit of the data", .malformed, at: good.count - 16, good.replacing(at: 55, [good[55] ^ 4])),
    Malformed("no header", .malformed, at: 8, F.file(data)),
    Malformed(
      "a longer header", .malformed, at: 8,
      F.file(F.chunk("IHDR", [UInt8](repeating: 1, count: 14)), data)),
    Malformed("second header", .malformed, F.file(small, small, data)),
    Malformed("no data", .malformed, at: 33, F.file(small)),
    Malformed(
      "an unknown critical chunk", .unsupported, at: 37,
      F.file(small, F.chunk("ABCD", [1]), data)),
  ]

  static let headers: [Malformed] = [
    Malformed("no width", .malformed, at: 16, head(0, 3)),
    Malformed("no height", .malformed, at: 20, head(4, 0)),
    Malformed("60,000 by 60,000", .oversized, at: 16, head(60_000, 60_000)),
    Malformed("4 G wide", .oversized, at: 16, head(0xFFFF_FFFF, 1)),
    Malformed("more promised than can come", .truncated, at: 41, head(8000, 8000)),
    Malformed("colour type 5", .malformed, at: 25, head(4, 3, 8, 5)),
    Malformed("3 bits", .malformed, at: 24, head(4, 3, 3, 0)),
    Malformed("colours of 4 bits", .malformed, at: 24, head(4, 3, 4)),
    Malformed("a palette of 16 bits", .malformed, at: 24, head(4, 3, 16, 3)),
    Malformed("compression 1", .malformed, at: 26, head(4, 3, 8, 2, [1, 0, 0])),
    Malformed("filters 1", .malformed, at: 27, head(4, 3, 8, 2, [0, 1, 0])),
    Malformed("interlacing 2", .malformed, at: 28, head(4, 3, 8, 2, [0, 0, 2])),
  ]

  static let contents: [Malformed] = [
    Malformed("empty data", .truncated, at: 41, rgb([])),
    Malformed("a row missing", .malformed, at: 41, rgb(F.stored(rows.cut(26)))),
    Malformed("half a row missing", .malformed, at: 41, rgb(F.stored(rows.cut(33)))),
    Malformed("a row too many", .malformed, at: 41, rgb(F.stored(rows + rows.cut(13)))),
    Malformed("filter 9", .malformed, at: 41, rgb(F.stored(rows.replacing(at: 13, [9])))),
    Malformed("no zlib stream", .malformed, at: 41, rgb([0xFF] + F.stored(rows).dropFirst())),
    Malformed("a zlib sum", .malformed, at: 41, rgb(F.stored(rows, sum: 1))),
    Malformed("a zlib block of type 3", .malformed, at: 41, rgb([0x78, 1, 7] + F.stored(rows))),
    Malformed("a zlib stream cut off", .malformed, at: 41, rgb(F.stored(rows).cut(30))),
    Malformed("no palette", .malformed, palette(nil, [0, 0, 0])),
    Malformed("an empty palette", .malformed, palette([], [0, 0, 0])),
    Malformed("a palette of 5 bytes", .malformed, palette([1, 2, 3, 4, 5], [0, 0, 0])),
    Malformed("257 colours", .malformed, palette([UInt8](repeating: 3, count: 771), [0, 0, 0])),
  ]

  @Test func theFileBeforeTheDamageIsRead() throws {
    let png = try PNG.parse(Self.good)
    #expect((png.width, png.height, png.channels) == (4, 3, 3))
    #expect(png.pixels.prefix(13) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20])
    #expect(try PNG.parse(Self.palette([1, 2, 3, 4, 5, 6], [0, 1, 0])).pixels.last == 3)
  }

  @Test func damagedFilesAreRefusedForWhatTheyAre() {
    expectRefused(Self.containers + Self.headers + Self.contents) { bytes throws(FileError) in
      _ = try PNG.parse(bytes, path: "x.png")
    }
  }
}
