import Files
import Foundation
import Testing

@Suite struct GzipTests {
  static let squares = Array((0..<200).map { "\($0) squared is \($0 * $0)\n" }.joined().utf8)

  @Test func readsWhatPythonWrote() throws {
    for name in ["squares.txt.gz", "members.txt.gz"] {
      #expect(try Gzip.decompress(file: fixture(name), limit: 10_000) == GzipTests.squares)
      let bytes = try Bytes.read(fixture(name))
      #expect(try Gzip.decompress(bytes, limit: GzipTests.squares.count) == GzipTests.squares)
    }
  }

  @Test func compressesToTheSameBytesAndBack() throws {
    var damage = Damage(state: 3)
    let noise = (0..<700_000).map { _ in UInt8.random(in: 0...255, using: &damage) }
    let blank = [UInt8](repeating: 0, count: 3_000_000)
    for input in [[], [1], GzipTests.squares, noise, blank] {
      let packed = Gzip.compress(input)
      #expect(packed == Gzip.compress(input))
      #expect(Array(packed[4..<8]) == [0, 0, 0, 0], "no time")
      #expect(try Gzip.decompress(packed, limit: input.count) == input)
    }
  }

  @Test func saysWhatIsWrong() throws {
    let good = try Bytes.read(fixture("squares.txt.gz"))
    func line(_ bytes: [UInt8], limit: Int = 10_000) -> String? {
      message { () throws(FileError) in
        _ = try Gzip.decompress(bytes, limit: limit, path: "data/x.gz")
      }
    }
    #expect(line([80, 75, 3, 4]) == "x.gz: at byte 0: expected gzip magic 1f8b, found 504b")
    #expect(line([]) == "x.gz: at byte 0: expected gzip magic 1f8b, found end of file")
    #expect(line([0x1F]) == "x.gz: at byte 1: expected more compressed data, found end of file")
    #expect(
      line(Array(good.dropLast(9)))
        == "x.gz: at byte 1035: expected more compressed data, found end of file")
    #expect(
      line(good, limit: 3000)
        == "x.gz: at byte 1044: expected at most 3000 bytes when decompressed, found more")
    #expect(
      line(good + [0])
        == "x.gz: at byte 1044: expected end of file or another gzip member, found other bytes")
    var harmed = good
    harmed[harmed.count - 6] ^= 1
    #expect(
      line(harmed) == "x.gz: at byte 1040: expected valid gzip data, found incorrect data check")
  }

  @Test func aBombStopsAtTheLimit() {
    let bomb = Gzip.compress([UInt8](repeating: 0, count: 20_000_000))
    let line = message { () throws(FileError) in
      _ = try Gzip.decompress(bomb, limit: 1_000_000, path: "bomb.gz")
    }
    #expect(line?.hasSuffix("expected at most 1000000 bytes when decompressed, found more") == true)
  }

  @Test func survivesDamage() throws {
    let good = try Bytes.read(fixture("squares.txt.gz"))
    var damage = Damage(state: 4)
    var refused = 0
    for _ in 0..<5_000 {
      do {
        #expect(try Gzip.decompress(damage.harm(good), limit: 100_000).count <= 100_000)
      } catch { refused += 1 }
    }
    #expect(refused > 4_000)
  }
}
