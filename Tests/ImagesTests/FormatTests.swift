import Files
import Foundation
import Images
import Testing

/// What is read from files of every kind, beside Pillow's `Image.open(file).convert("RGB")`.
@Suite struct FormatTests {
  static let fixture = try! Fixture("formats.safetensors")
  static let names = fixture.names.filter { $0.hasSuffix(".file") }.map { String($0.dropLast(5)) }

  @Test func theFixtureIsThere() {
    #expect(Self.names.count == 73)
    for kind in ["png-gray16", "png-palette4-clear", "png-rgba16-interlaced", "jpeg-ycck"] {
      #expect(Self.names.contains(kind))
    }
  }

  @Test(arguments: names)
  func equalsPillow(_ name: String) throws {
    let file = try #require(Self.fixture.file["\(name).file"])
    let found = try Picture.parse(file.bytes, path: name)
    let expected = Self.fixture.picture("\(name).rgb")
    #expect(found.width == expected.width && found.height == expected.height)
    #expect(found.pixels == expected.pixels)
  }

  @Test func otherFilesAreNamedAsSuch() {
    func line(_ bytes: [UInt8]) -> String? {
      do throws(FileError) {
        _ = try Picture.parse(bytes, path: "photos/a.gif")
        return nil
      } catch { return error.description }
    }
    #expect(
      line(Array("GIF89a".utf8))
        == "a.gif: at byte 0: expected a PNG or JPEG picture, found 47494638")
    #expect(line([]) == "a.gif: at byte 0: expected a PNG or JPEG picture, found end of file")
  }
}
