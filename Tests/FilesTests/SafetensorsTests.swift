import Files
import Foundation
import Testing

@Suite struct SafetensorsTests {
  @Test func readsWhatTheReferenceImplementationWrote() throws {
    let file = try SafetensorsFile.read(fixture("numpy.safetensors"))
    #expect(file.metadata == ["source": "NumPy \"é\"\n"])
    #expect(
      file.tensors.map(\.name) == ["steps", "conv.bias", "conv.weight", "none", "half", "mask"])
    #expect(file["conv.weight"]?.shape == [2, 1, 2, 3])
    let weight = try file.floats(named: "conv.weight", shape: [2, 1, 2, 3])
    #expect(weight == (0..<12).map { (Float($0) - 2) / 4 })
    #expect(try file.floats(named: "half") == [-0.5, -0.25, 0])
    #expect(try file.floats(named: "none") == [])
    #expect(file["steps"]?.elementType == .i64)
    #expect(file["mask"]?.bytes == [0, 3, 6, 9, 12])
    #expect(try file.encoded() == Bytes.read(fixture("numpy.safetensors")))
  }

  @Test func writesWiderElementsFirstAndReadsBack() throws {
    try withFolder { folder in
      let url = folder.appendingPathComponent("a.safetensors")
      let brain = SafetensorsFile.Tensor(
        name: "brain", elementType: .bf16, shape: [2],
        bytes: LittleEndian.encode([UInt16(0x3F80), 0xC000]))
      var file = SafetensorsFile(metadata: ["b": "2", "a": "\u{1}\\"])
      file.append(.init(name: "byte", elementType: .u8, shape: [1], bytes: [7]))
      file.append(brain)
      file.append(.init(name: "w", shape: [2, 2], [1, 2, .nan, -0.0]))
      try file.write(to: url)
      let back = try SafetensorsFile.read(url)
      #expect(back.tensors.map(\.name) == ["w", "brain", "byte"])
      #expect(Set(back.tensors) == Set(file.tensors) && back.metadata == file.metadata)
      #expect(try back.floats(named: "brain") == [1, -2])
      #expect(back.encoded() == file.encoded())
      let length = file.encoded()[0]
      #expect(length % 8 == 0)
    }
    #expect(SafetensorsFile().encoded() == [8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8))
  }

  @Test func saysWhatAReaderMisses() throws {
    let file = SafetensorsFile(tensors: [
      .init(name: "w", shape: [2], [1, 2]),
      .init(name: "n", elementType: .i8, shape: [1], bytes: [1]),
    ])
    #expect(
      message { () throws(FileError) in _ = try file.floats(named: "v", path: "a/w.safetensors") }
        == "w.safetensors: expected a tensor \"v\", found 2 others")
    #expect(
      message { () throws(FileError) in _ = try file.floats(named: "w", shape: [1, 2]) }
        == "safetensors: expected shape [1, 2] of \"w\", found [2]")
    #expect(
      message { () throws(FileError) in _ = try file.floats(named: "n") }
        == "safetensors: expected floating-point elements in \"n\", found I8")
  }

  static func file(_ header: String, body: Int) -> [UInt8] {
    LittleEndian.encode([UInt64(header.utf8.count)]) + Array(header.utf8)
      + [UInt8](repeating: 0, count: body)
  }

  static func entry(_ type: String, _ shape: String, _ range: String) -> String {
    "{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(range)}"
  }

  @Test(arguments: [
    (
      "{\"a\":\(entry("F32", "[1]", "[0,4]")),\"b\":\(entry("F32", "[1]", "[2,6]"))}", 6,
      "at byte 62: expected data from byte 4 on for \"b\", found 2"
    ),
    (
      "{\"a\":\(entry("F32", "[1]", "[0,4]")),\"b\":\(entry("F32", "[1]", "[8,12]"))}", 12,
      "at byte 62: expected data from byte 4 on for \"b\", found 8"
    ),
    (
      "{\"a\":\(entry("F32", "[1]", "[4,8]"))}", 8,
      "at byte 9: expected data from byte 0 on for \"a\", found 4"
    ),
    (
      "{\"a\":\(entry("F32", "[3]", "[0,4]"))}", 4,
      "at byte 9: expected the bytes of F32 [3] for \"a\", found 4"
    ),
    (
      "{\"a\":\(entry("F32", "[99999999999999,99999999999999]", "[0,4]"))}", 4,
      "at byte 9: expected the bytes of F32 [99999999999999, 99999999999999] for \"a\", found 4"
    ),
    (
      "{\"a\":\(entry("F32", "[2]", "[0,8]"))}", 4,
      "at byte 66: expected \"a\" up to byte 70, found end of file"
    ),
    (
      "{\"a\":\(entry("F32", "[1]", "[0,4]"))}", 5,
      "at byte 66: expected end of file, found 1 more bytes"
    ),
    (
      "{\"a\":\(entry("F32", "[1]", "[0,4]")),\"a\":\(entry("F32", "[1]", "[4,8]"))}", 8,
      "at byte 62: expected unique names, found \"a\" twice"
    ),
    (
      "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0,
      "at byte 28: expected dtype, shape and data_offsets, once each, found \"dtype\""
    ),
    (
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 0,
      "at byte 9: expected dtype, shape and two data_offsets for \"a\", found not all of them"
    ),
    (
      "{\"a\":\(entry("F8_E4M3", "[1]", "[0,1]"))}", 1,
      "at byte 22: expected a known dtype for \"a\", found \"F8_E4M3\""
    ),
    (
      "{\"a\":\(entry("F32", "[-1]", "[0,4]"))}", 4,
      "at byte 37: expected a whole number, found \"-\""
    ),
    ("{\"__metadata__\":{\"k\":1}}", 0, "at byte 29: expected \"\"\", found \"1\""),
    (
      "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0,
      "at byte 33: expected unique keys, found \"k\" twice"
    ),
    ("[]", 0, "at byte 8: expected \"{\", found \"[\""),
    ("{} x", 0, "at byte 11: expected blanks up to the end of the header, found \"x\""),
    (
      "{\"\\ud800\":1}", 0, "at byte 16: expected the second half of a surrogate pair, found \"\"\""
    ),
  ])
  func saysWhereAHeaderIsWrong(header: String, body: Int, expected: String) {
    let bytes = SafetensorsTests.file(header, body: body)
    let line = message { () throws(FileError) in
      _ = try SafetensorsFile.parse(bytes, path: "x.safetensors")
    }
    #expect(line == "x.safetensors: " + expected)
  }

  @Test func doesNotTrustTheHeaderLength() {
    func line(_ bytes: [UInt8]) -> String? {
      message { () throws(FileError) in _ = try SafetensorsFile.parse(bytes, path: "x") }
    }
    #expect(line([1, 2]) == "x: at byte 2: expected a header length of 8 bytes, found end of file")
    #expect(
      line([16, 0, 0, 0, 0, 0, 0, 0, 123])
        == "x: at byte 9: expected a header up to byte 24, found end of file")
    #expect(
      line([UInt8](repeating: 255, count: 20))
        == "x: at byte 0: expected a header of at most 100000000 bytes, found 18446744073709551615")
  }

  @Test func survivesDamage() throws {
    let good = try Bytes.read(fixture("numpy.safetensors"))
    var damage = Damage(state: 2)
    var refused = 0
    for _ in 0..<20_000 {
      do {
        let file = try SafetensorsFile.parse(damage.harm(good))
        #expect(file.tensors.count <= 7)
      } catch { refused += 1 }
    }
    #expect(refused > 10_000)
  }
}
