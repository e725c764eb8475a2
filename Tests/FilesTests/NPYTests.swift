import Files
import Foundation
import Testing

@Suite struct NPYTests {
  @Test(arguments: NPY.ElementType.allCases)
  func readsEveryElementTypeAsNumPyWroteIt(type: NPY.ElementType) throws {
    let url = fixture("\(type.rawValue).npy")
    let array = try NPY.read(url)
    #expect(array.shape == [2, 3])
    #expect(array.elementType == type)
    #expect(array.count == 6)
    let expected: [Double] =
      switch type.rawValue.first {
      case "f": (0..<6).map { (Double($0) - 2) / 4 }
      case "i": (0..<6).map { Double($0) * 3 - 4 }
      case "u": (0..<6).map { Double($0) * 3 }
      default: [0, 1, 0, 0, 1, 0]
      }
    #expect(array.doubles() == expected)
    #expect(array.floats() == expected.map { Float($0) })
    #expect(array.integers() == (type.rawValue.first == "f" ? nil : expected.map { Int($0) }))
    #expect(try array.encoded() == Bytes.read(url), "the same bytes as NumPy's")
  }

  @Test func readsOddShapes() throws {
    let scalar = try NPY.read(fixture("scalar.npy"))
    #expect(scalar.shape == [] && scalar.doubles() == [2.5])
    #expect(try scalar.encoded() == Bytes.read(fixture("scalar.npy")))
    let vector = try NPY.read(fixture("vector.npy"))
    #expect(vector.shape == [5] && vector.integers() == [-4, -1, 2, 5, 8])
    #expect(try vector.encoded() == Bytes.read(fixture("vector.npy")))
    let empty = try NPY.read(fixture("empty.npy"))
    #expect(empty.shape == [0, 4] && empty.floats() == [])
    #expect(try empty.encoded() == Bytes.read(fixture("empty.npy")))
    #expect(try NPY.read(fixture("version2.npy")).shape == [3, 2])
  }

  @Test func writesAndReadsBack() throws {
    try withFolder { folder in
      let url = folder.appendingPathComponent("a.npy")
      for array in [
        NPY([1, -0.0, .infinity, .leastNonzeroMagnitude] as [Float], shape: [4, 1]),
        NPY([0.1, -1e300] as [Double], shape: [2]),
        NPY([Int32.min, .max] as [Int32], shape: [1, 2]),
        NPY([Int64.min, .max] as [Int64], shape: [2]),
        NPY([0, 255] as [UInt8], shape: [2]),
      ] {
        try array.write(to: url)
        #expect(try NPY.read(url) == array)
      }
    }
  }

  @Test func unsignedBeyondIntHasNoIntegers() {
    let bytes = LittleEndian.encode([UInt64.max])
    #expect(NPY(shape: [1], elementType: .u8, bytes: bytes).integers() == nil)
  }

  @Test(arguments: [
    ("big-endian.npy", "at byte 20: expected a little-endian type, found big-endian >f4"),
    ("fortran.npy", "at byte 44: expected C order, found Fortran order"),
    ("objects.npy", "at byte 20: expected numbers, found Python objects"),
    ("records.npy", "at byte 20: expected a plain element type, found a record"),
    (
      "complex.npy",
      "at byte 20: expected one of f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, found \"<c8\""
    ),
  ])
  func refusesWhatItDoesNotRead(name: String, expected: String) {
    var kind: FileError.Kind?
    let line = message { () throws(FileError) in
      do throws(FileError) { _ = try NPY.read(fixture(name)) } catch {
        kind = error.kind
        throw error
      }
    }
    #expect(line == "\(name): \(expected)")
    #expect(kind == .unsupported)
  }

  static func file(_ header: String, body: Int) -> [UInt8] {
    let text = Array(header.utf8)
    return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(text.count), 0] + text
      + [UInt8](repeating: 0, count: body)
  }

  @Test(arguments: [
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 20,
      "x.npy: at byte 90: expected 24 bytes of f4 for shape [2, 3], found 20"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 25,
      "x.npy: at byte 94: expected 24 bytes of f4 for shape [2, 3], found 25"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9999999999), }", 4,
      "x.npy: at byte 10: expected a shape whose size fits 64 bits, found [9999999999, 9999999999]"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 3), }", 4,
      "x.npy: at byte 61: expected a whole number, found \"-\""
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999999999,), }", 4,
      "x.npy: at byte 79: expected a number of at most 18 digits, found more"
    ),
    (
      "{'descr': '<f4', 'descr': '<f4', 'shape': (1,), }", 4,
      "x.npy: at byte 27: expected descr, fortran_order and shape, once each, found \"descr\""
    ),
    (
      "{'descr': '<f4', 'shape': (1,), }", 4,
      "x.npy: at byte 10: expected descr, fortran_order and shape, found not all of them"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", 4,
      "x.npy: at byte 68: expected blanks up to the end of the header, found \"x\""
    ),
    (
      "{'descr': '<f4, 'fortran_order'", 4,
      "x.npy: at byte 20: expected one of f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, found \"<f4, \""
    ),
    ("", 0, "x.npy: at byte 10: expected \"{\", found end of header"),
  ])
  func saysWhereAHeaderIsWrong(header: String, body: Int, expected: String) {
    let bytes = NPYTests.file(header, body: body)
    #expect(message { () throws(FileError) in _ = try NPY.parse(bytes, path: "x.npy") } == expected)
  }

  @Test func saysWhenItIsNoNPYOrCutOff() throws {
    func line(_ bytes: [UInt8]) -> String? {
      message { () throws(FileError) in _ = try NPY.parse(bytes, path: "folder/x.npy") }
    }
    #expect(
      line([80, 75, 3, 4] + [UInt8](repeating: 0, count: 20))
        == "x.npy: at byte 0: expected magic \\x93NUMPY, found 504b03040000")
    #expect(
      line([]) == "x.npy: at byte 0: expected a header of at least 10 bytes, found end of file")
    var bytes = try Bytes.read(fixture("f4.npy"))
    bytes[6] = 3
    #expect(line(bytes) == "x.npy: at byte 6: expected version 1.0 or 2.0, found 3.0")
    bytes[6] = 1
    #expect(
      line(Array(bytes.prefix(50)))
        == "x.npy: at byte 50: expected a header up to byte 128, found end of file")
    #expect(
      message { () throws(FileError) in _ = try NPY.read(fixture("f4.npy"), limit: 100) }
        == "f4.npy: expected at most 100 bytes, found more")
  }

  @Test func survivesDamage() throws {
    let good = try Bytes.read(fixture("i2.npy"))
    var damage = Damage(state: 1)
    var refused = 0
    for _ in 0..<20_000 {
      let bytes = damage.harm(good)
      do {
        let array = try NPY.parse(bytes)
        #expect(array.count * array.elementType.size == array.bytes.count)
      } catch { refused += 1 }
    }
    #expect(refused > 10_000)
  }
}
