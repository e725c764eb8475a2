import Files
import Foundation
import Images
import Testing

@Suite struct PictureTests {
  @Test func planesAndPixelsAreTheSamePicture() {
    let planes = (0..<18).map { UInt8($0) }
    let picture = Picture(width: 3, height: 2, planes: planes)
    #expect(picture.pixels.prefix(6) == [0, 6, 12, 1, 7, 13])
    #expect(picture.planes == planes)
  }

  @Test func normalisesAsToTensorAndNormalize() {
    let picture = Picture(width: 2, height: 1, pixels: [0, 51, 255, 102, 255, 0])
    let values = picture.normalised(mean: [0.5, 0.2, 0], deviation: [0.5, 0.1, 2])
    let expected: [Float] = [-1, (0.4 - 0.5) / 0.5, 0, 8, 0.5, 0]
    #expect(zip(values, expected).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func pngKeepsEveryByte() throws {
    let picture = Picture(width: 5, height: 3, pixels: (0..<45).map { UInt8($0 * 5) })
    #expect(try Picture.parse(picture.png()) == picture)
  }

  @Test func gridsPlaceEveryPicture() throws {
    let red = Picture(width: 2, height: 1, red: 255, green: 0, blue: 0)
    let blue = Picture(width: 2, height: 1, red: 0, green: 0, blue: 255)
    let sheet = try #require(
      PictureGrid(rows: [[red, blue], [blue]], gap: 1, scale: 2, background: 7).picture)
    #expect(sheet.width == 11 && sheet.height == 7)
    func at(_ x: Int, _ y: Int) -> [UInt8] { Array(sheet.pixels[(3 * (y * 11 + x))...].prefix(3)) }
    #expect(at(0, 0) == [7, 7, 7] && at(1, 1) == [255, 0, 0] && at(4, 2) == [255, 0, 0])
    #expect(at(5, 1) == [7, 7, 7] && at(6, 1) == [0, 0, 255] && at(1, 4) == [0, 0, 255])
    #expect(at(6, 4) == [7, 7, 7] && PictureGrid(rows: [[], []]).picture == nil)
  }
}
