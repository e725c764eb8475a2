import Files
import Testing

@Suite struct MalformedSafetensorsTests {
  /// A file around a header, which starts at byte 8; eight bytes of data.
  static func file(_ header: String, _ data: [UInt8] = [UInt8](repeating: 0, count: 8)) -> [UInt8] {
    let text = Array(header.utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return length + text + data
  }

  /// A header of one tensor of two F32, with one value in another's place.
  static func tensor(
    type: String = "\"F32\"", shape: String = "[2]", range: String = "[0,8]", more: String = ""
  ) -> [UInt8] {
    file("{\"w\":{\"dtype\":\(type),\"shape\":\(shape),\"data_offsets\":\(range)\(more)}}")
  }

  /// Two tensors with these places.
  static func pair(_ one: String, _ two: String, names: (String, String) = ("v", "w")) -> [UInt8] {
    let parts = [(names.0, one), (names.1, two)].map { name, range in
      "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":\(range)}"
    }
    return file("{" + parts.joined(separator: ",") + "}")
  }

  static let good = tensor()
  static let start = good.count - 8

  static let files: [Malformed] = [
    Malformed("empty", .truncated, at: 0, []),
    Malformed("cut in the length", .truncated, at: 5, good.cut(5)),
    Malformed("cut in the header", .truncated, at: 20, good.cut(20)),
    Malformed("no data", .truncated, at: start, good.cut(start)),
    Malformed("cut in the data", .truncated, at: start + 7, good.cut(start + 7)),
    Malformed("a byte too many", .oversized, at: start + 8, good + [0]),
    Malformed("a header of 200 MB", .oversized, at: 0, good.replacing(at: 3, [12])),
    Malformed(
      "a negative header", .oversized, at: 0,
      good.replacing(at: 0, [UInt8](repeating: 255, count: 8))),
    Malformed("a header of 60 KB", .truncated, at: good.count, good.replacing(at: 1, [0xEA])),
    Malformed("an empty header", .malformed, file("")),
    Malformed("a list", .malformed, at: 8, file("[]")),
    Malformed("a pickle", .malformed, at: 8, file("\u{2}csome\nthing\n")),
    Malformed("a brace too few", .malformed, file("{\"w\":{")),
    Malformed("text behind it", .malformed, file("{} x")),
    Malformed("not UTF-8", .malformed, good.replacing(at: 10, [0xFF])),
    Malformed("an unknown type", .unsupported, tensor(type: "\"F8_E4M3\"")),
    Malformed("a type in small letters", .unsupported, tensor(type: "\"f32\"")),
    Malformed("a type that is a number", .malformed, tensor(type: "32")),
    Malformed("a negative length", .malformed, tensor(shape: "[-2]")),
    Malformed("a broken length", .malformed, tensor(shape: "[2.0]")),
    Malformed("another shape", .malformed, tensor(shape: "[3]")),
    Malformed(
      "lengths beyond 64 bits", .malformed, tensor(shape: "[100000000000,100000000000]")),
    Malformed(
      "33 axes", .malformed, tensor(shape: "[" + String(repeating: "1,", count: 32) + "1]")),
    Malformed("an end before the start", .malformed, tensor(shape: "[0]", range: "[0,-1]")),
    Malformed("a hole in front", .malformed, tensor(shape: "[1]", range: "[4,8]")),
    Malformed("one offset", .malformed, tensor(range: "[0]")),
    Malformed("three offsets", .malformed, tensor(range: "[0,8,8]")),
    Malformed("beyond the file", .truncated, tensor(shape: "[60000]", range: "[0,240000]")),
    Malformed("less than the file", .oversized, tensor(shape: "[1]", range: "[0,4]")),
    Malformed("another key", .malformed, tensor(more: ",\"colour\":1")),
    Malformed("a key twice", .malformed, tensor(more: ",\"shape\":[2]")),
    Malformed("no type", .malformed, file("{\"w\":{\"shape\":[2],\"data_offsets\":[0,8]}}")),
    Malformed("two that overlap", .malformed, pair("[0,4]", "[0,4]")),
    Malformed("a hole between two", .malformed, pair("[0,4]", "[8,12]")),
    Malformed("a name twice", .malformed, pair("[0,4]", "[4,8]", names: ("w", "w"))),
    Malformed("a half of a surrogate", .malformed, pair("[0,4]", "[4,8]", names: ("v", "\\ud800"))),
    Malformed("metadata that are numbers", .malformed, file("{\"__metadata__\":{\"a\":1}}")),
  ]

  @Test func theFilesBeforeTheDamageAreRead() throws {
    #expect(try SafetensorsFile.parse(Self.good)["w"]?.floats == [0, 0])
    #expect(try SafetensorsFile.parse(Self.pair("[0,4]", "[4,8]")).tensors.count == 2)
  }

  @Test func damagedFilesAreRefusedForWhatTheyAre() {
    expectRefused(Self.files) { bytes throws(FileError) in
      _ = try SafetensorsFile.parse(bytes, path: "x.safetensors")
    }
  }
}
