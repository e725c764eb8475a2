import Files
import Foundation
import Testing

@Suite struct JPEGTests {
  static func file(_ name: String) throws -> [UInt8] { try Bytes.read(fixture(name)) }

  /// Pillow and this reader see the same pixels.
  @Test(arguments: ["baseline", "progressive", "gray", "turned"])
  func equalsPillow(_ name: String) throws {
    let found = try JPEG.parse(Self.file("\(name).jpg"))
    let expected = try PNG.parse(Self.file("\(name)-jpg.png"))
    #expect(found.width == expected.width && found.height == expected.height)
    #expect(found.pixels == expected.pixels)
  }

  /// The encoder's file is Pillow's up to the bytes that say who made it: the same pixels come out.
  @Test func encodesAsPillow() throws {
    let source = try PNG.parse(Self.file("baseline-jpg.png"))
    let again = JPEG.encode(source.pixels, width: source.width, height: source.height, quality: 90)
    let (width, height, pixels) = try JPEG.parse(again)
    #expect(width == source.width && height == source.height)
    let apart = zip(pixels, source.pixels).map { abs(Int($0) - Int($1)) }
    #expect(apart.reduce(0, +) < 4 * apart.count)
  }

  @Test func saysWhatIsWrong() throws {
    let good = try Self.file("baseline.jpg")
    func line(_ bytes: [UInt8], limit: Int = 1 << 28) -> String? {
      do {
        _ = try JPEG.parse(bytes, path: "photos/a.jpg", limit: limit)
        return nil
      } catch { return "\(error)" }
    }
    #expect(line(good) == nil)
    #expect(line([]) == "a.jpg: at byte 0: expected JPEG magic ffd8ff, found end of file")
    #expect(
      line([0x89, 0x50, 0x4E]) == "a.jpg: at byte 0: expected JPEG magic ffd8ff, found 89504e")
    #expect(
      line(good, limit: 3 * 37 * 23 - 1) == "a.jpg: expected 1 to 850 pixels, found 37 x 23")
    #expect(
      line(Array(good.dropLast(40)))
        == "a.jpg: at byte 950: expected a valid JPEG picture, found Premature end of JPEG file")
  }

  /// Whatever is cut off or flipped: a picture or an error of one line.
  @Test func survivesDamage() throws {
    var damage = Damage(state: 7)
    for name in ["baseline.jpg", "progressive.jpg", "gray.jpg", "cmyk.jpg"] {
      let good = try Self.file(name)
      for _ in 0..<400 {
        do {
          let picture = try JPEG.parse(damage.harm(good), limit: 1 << 22)
          #expect(picture.pixels.count == picture.width * picture.height * 3)
        } catch {
          #expect(!"\(error)".contains("\n"))
        }
      }
    }
  }
}
