import Files
import Foundation
import Testing

@Suite struct PNGTests {
  /// The formula of the fixtures.
  static func pixels(_ channels: Int) -> [UInt8] {
    var pixels: [UInt8] = []
    for y in 0..<5 {
      for x in 0..<7 {
        for c in 0..<channels { pixels.append(UInt8((x * 31 + y * 17 + c * 83 + 5) % 256)) }
      }
    }
    return pixels
  }

  @Test(arguments: [("gray.png", 1), ("rgb.png", 3), ("rgba.png", 4)])
  func readsStoredValuesWhateverTheGamma(name: String, channels: Int) throws {
    let picture = try PNG.read(fixture(name))
    #expect((picture.width, picture.height, picture.channels) == (7, 5, channels))
    #expect(picture.pixels == PNGTests.pixels(channels))
    #expect(picture.text == ["Source": "a formula", "Titel": "Größe → λ"])
  }

  @Test func readsPalettesAndBits() throws {
    let palette = try PNG.read(fixture("palette.png"))
    #expect(palette.channels == 3)
    #expect(Array(palette.pixels.prefix(12)) == [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 0, 0])
    let bits = try PNG.read(fixture("bits.png"))
    #expect(bits.channels == 1 && bits.pixels == [0, 255, 0, 255, 0, 255])
  }

  @Test func writesAndReadsBack() throws {
    for channels in [1, 3, 4] {
      let picture = PNG(
        width: 7, height: 5, channels: channels, pixels: PNGTests.pixels(channels),
        text: ["Title": "Grün", "Note": "λ = 1"])
      #expect(picture.encoded() == picture.encoded())
      #expect(try PNG.parse(picture.encoded()) == picture)
    }
    var damage = Damage(state: 6)
    let noise = (0..<(300 * 200 * 4)).map { _ in UInt8.random(in: 0...255, using: &damage) }
    for size in [(1, 1), (300, 200)] {
      let picture = PNG(
        width: size.0, height: size.1, channels: 4, pixels: Array(noise.prefix(size.0 * size.1 * 4))
      )
      #expect(try PNG.parse(picture.encoded()) == picture)
    }
  }

  @Test func saysWhatIsWrong() throws {
    let good = try Bytes.read(fixture("rgb.png"))
    func line(_ bytes: [UInt8], limit: Int = 1 << 20) -> String? {
      message { () throws(FileError) in _ = try PNG.parse(bytes, path: "x.png", limit: limit) }
    }
    #expect(
      line(Array("GIF89a".utf8))
        == "x.png: at byte 0: expected PNG signature 89504e470d0a1a0a, found 474946383961")
    #expect(
      line(Array(good.dropLast(1)))
        == "x.png: at byte 156: expected a chunk at byte 145, found end of file")
    #expect(line(good + [0]) == "x.png: at byte 157: expected end of file, found 1 more bytes")
    #expect(
      line(good, limit: 100)
        == "x.png: at byte 16: expected at most 25 pixels, found 7 x 5")
    var harmed = good
    harmed[19] = 8
    #expect(line(harmed)?.hasPrefix("x.png: at byte 29: expected checksum ") == true)
    #expect(
      line(good.prefix(16) + [0, 0, 0, 0] + good.dropFirst(20))?
        .hasPrefix("x.png: at byte 29: expected checksum ") == true)
  }

  @Test func survivesDamage() throws {
    let good = try Bytes.read(fixture("palette.png"))
    var damage = Damage(state: 7)
    var refused = 0
    for _ in 0..<20_000 {
      do { _ = try PNG.parse(damage.harm(good)) } catch { refused += 1 }
    }
    #expect(refused > 10_000)
  }
}
