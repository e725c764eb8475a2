import Files
import Testing

// Markers: C0 baseline frame, C4 Huffman tables, DB quantization, DA scan, DD restarts.
@Suite struct MalformedJPEGTests {
  static let pixels = (0..<(24 * 16 * 3)).map { UInt8(truncatingIfNeeded: $0 &* $0 / 7) }
  static let good = JPEGFile(JPEG.encode(pixels, width: 24, height: 16, quality: 90))
  static let file = good.bytes
  static let scan = good.offset(0xDA)
  /// A frame of one component.
  static let gray: [UInt8] = [8, 0, 16, 0, 24, 1, 1, 0x11, 0]

  static let containers: [Malformed] = [
    Malformed("empty", .wrongMagic, at: 0, []),
    Malformed("one byte", .wrongMagic, at: 0, [0xFF]),
    Malformed("a start alone", .wrongMagic, at: 0, [0xFF, 0xD8]),
    Malformed("PNG", .wrongMagic, at: 0, PNGFile.signature + file),
    Malformed("a byte before the start", .wrongMagic, at: 0, [0] + file),
    Malformed("cut behind the start", .truncated, file.cut(3)),
    Malformed("cut in the first segment", .truncated, file.cut(12)),
    Malformed("cut in the frame", .truncated, file.cut(good.offset(0xC0) + 8)),
    Malformed("cut in the tables", .truncated, file.cut(good.offset(0xC4) + 15)),
    Malformed("cut in the scan's header", .truncated, file.cut(scan + 6)),
    Malformed("cut behind the scan's header", .truncated, file.cut(scan + 14)),
    Malformed("cut in the scan", .truncated, file.cut(file.count - 60)),
    Malformed("no end", .truncated, file.cut(file.count - 2)),
    Malformed("no scan", .malformed, good.without(0xDA)),
    Malformed("the end first", .malformed, [0xFF, 0xD8, 0xFF, 0xD9] + file),
    Malformed("two starts", .malformed, [0xFF, 0xD8] + file),
    Malformed("no frame", .malformed, good.without(0xC0)),
    Malformed("two frames", .malformed, good.adding(good.segments[good.index(0xC0)])),
  ]

  static let frames: [Malformed] = [
    Malformed("no height", .malformed, good.with(0xC0, at: 3, [0, 0])),
    Malformed("no width", .malformed, good.with(0xC0, at: 5, [0, 0])),
    Malformed("60,000 by 60,000", .oversized, good.with(0xC0, at: 3, [0xEA, 0x60, 0xEA, 0x60])),
    Malformed("65,535 wide", .oversized, good.with(0xC0, at: 5, [0xFF, 0xFF])),
    Malformed("12 bits", .unsupported, good.with(0xC0, at: 2, [12])),
    Malformed("no components", .malformed, good.with(0xC0, at: 7, [0])),
    Malformed("four in the space of three", .malformed, good.with(0xC0, at: 7, [4])),
    Malformed(
      "two components", .unsupported,
      good.framed(
        0xC0, [8, 0, 16, 0, 24, 2, 1, 0x11, 0, 2, 0x11, 0], scan: [2, 1, 0, 2, 0x11, 0, 63, 0])),
    Malformed("lossless", .unsupported, good.framed(0xC3, gray)),
    Malformed("differential", .unsupported, good.framed(0xC5, gray)),
    Malformed("sampling 0", .malformed, good.with(0xC0, at: 9, [0x00])),
    Malformed("sampling 5", .malformed, good.with(0xC0, at: 9, [0x55])),
    Malformed("a table nobody defined", .malformed, good.with(0xC0, at: 10, [3])),
  ]

  static let contents: [Malformed] = [
    Malformed("no quantization", .malformed, good.without(0xDB)),
    Malformed("quantization table 7", .malformed, good.with(0xDB, at: 2, [7])),
    Malformed("Huffman table 9", .malformed, good.with(0xC4, at: 2, [9])),
    Malformed("300 Huffman codes", .malformed, good.with(0xC4, at: 10, [255, 45])),
    Malformed("more codes than a length has", .malformed, good.with(0xC4, at: 3, [9])),
    Malformed("a segment of length 1", .malformed, good.with(0xDB, at: 0, [0, 1])),
    Malformed("a scan of another component", .malformed, good.with(0xDA, at: 3, [7])),
    Malformed("a scan of five", .malformed, good.with(0xDA, at: 2, [5])),
    Malformed("part of the spectrum", .malformed, good.with(0xDA, at: 9, [5])),
    Malformed("a marker in the scan", .malformed, good.with(0xDA, at: 40, [0xFF, 0xC8])),
    Malformed("restarts that are not there", .malformed, good.adding(.init(0xDD, [0, 1]))),
    Malformed(
      "codes nobody defined", .malformed,
      good.with(0xDA, at: 12, (0..<200).map { $0 % 2 == 0 ? 0xFF : 0 })),
    Malformed("501 scans", .unsupported, progressive(scans: 501)),
  ]

  /// A progressive picture of eight by eight gray pixels whose one scan is sent again and again.
  static func progressive(scans: Int) -> [UInt8] {
    var file = good
    file.segments.removeAll { ![0xD8, 0xDB].contains($0.marker) }
    // One code, of one bit: a difference of 0.
    let codes: [UInt8] = [0, 1] + [UInt8](repeating: 0, count: 15) + [0]
    file.segments.append(.init(0xC2, [8, 0, 8, 0, 8, 1, 1, 0x11, 0]))
    file.segments.append(.init(0xC4, codes))
    var scan = JPEGFile.Segment(0xDA, [1, 1, 0, 0, 0, 0])
    scan.body.append(0x7F)
    file.segments += Array(repeating: scan, count: scans)
    return file.bytes + [0xFF, 0xD9]
  }

  @Test func theFilesBeforeTheDamageAreRead() throws {
    #expect(try JPEG.parse(Self.file).pixels.count == Self.pixels.count)
    let gray = try JPEG.parse(Self.progressive(scans: 400))
    #expect(gray.pixels == [UInt8](repeating: 128, count: 192))
  }

  @Test func damagedFilesAreRefusedForWhatTheyAre() {
    expectRefused(Self.containers + Self.frames + Self.contents) { bytes throws(FileError) in
      _ = try JPEG.parse(bytes, path: "x.jpg")
    }
  }

  /// What photos are full of harms no pixel.
  @Test func oddBytesBetweenSegmentsAreRead() throws {
    let expected = try JPEG.parse(Self.file).pixels
    var file = Self.good
    file.segments[file.index(0xDB)].body += [1, 2, 3]
    #expect(try JPEG.parse(file.bytes).pixels == expected)
    #expect(try JPEG.parse(Self.file + [7, 7]).pixels == expected)
    #expect(try JPEG.parse(Self.good.with(0xE0, at: 7, [9])).pixels == expected, "a newer JFIF")
  }
}
