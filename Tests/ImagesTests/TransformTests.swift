import Files
import Foundation
import Images
import Testing

/// One case of the fixture: a transform and what Pillow makes of it.
struct TransformCase: CustomStringConvertible, Sendable {
  let name: String
  let operation: String
  let numbers: [Double]
  let words: [String]
  let input: String

  var description: String { "\(operation) \(numbers) \(words) of \(input)" }

  static let all: [TransformCase] = {
    guard let fixture = try? Fixture("transforms.safetensors"),
      let text = fixture.file.metadata["cases"],
      let list = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[Any]]
    else { return [] }
    return list.map { item in
      let arguments = item[2] as? [Any] ?? []
      return TransformCase(
        name: item[0] as? String ?? "", operation: item[1] as? String ?? "",
        numbers: arguments.compactMap { ($0 as? NSNumber)?.doubleValue },
        words: arguments.compactMap { $0 as? String }, input: item[3] as? String ?? "")
    }
  }()

  /// What our transform makes of the input; `nil` for an operation that nobody knows.
  func apply(to picture: Picture) -> Picture? {
    let n = numbers
    let i = n.map { Int($0) }
    let filter = words.first.flatMap { Interpolation(rawValue: $0) } ?? .nearest
    switch operation {
    case "resize": return picture.resized(width: i[0], height: i[1], filter)
    case "affine": return picture.transformed(Affine(n[0], n[1], n[2], n[3], n[4], n[5]), filter)
    case "rotate": return picture.rotated(n[0], filter)
    case "crop": return picture.cropped(left: i[0], top: i[1], width: i[2], height: i[3])
    case "pad": return picture.padded(i[0], words[0] == "zero" ? .zero : .reflect)
    case "cutout": return picture.cutout(left: i[0], top: i[1], right: i[2], bottom: i[3])
    case "flip": return picture.flipped
    case "flipUpsideDown": return picture.flippedUpsideDown
    case "autoContrast": return picture.autoContrasted(cutoff: n[0])
    case "equalize": return picture.equalized
    case "invert": return picture.inverted
    case "posterize": return picture.posterized(bits: i[0])
    case "solarize": return picture.solarized(threshold: n[0])
    case "solarizeHalf": return picture.solarizedHalf(threshold: n[0])
    case "brightness": return picture.brightened(n[0])
    case "contrast": return picture.contrasted(n[0])
    case "color": return picture.colored(n[0])
    case "sharpness": return picture.sharpened(n[0])
    case "grayscale": return picture.grayscale
    case "hue": return picture.hueTurned(n[0])
    case "gaussianBlur": return picture.gaussianBlurred(n[0])
    default: return nil
    }
  }
}

@Suite struct TransformTests {
  static let fixture = try! Fixture("transforms.safetensors")

  @Test func theFixtureIsThere() { #expect(TransformCase.all.count == 203) }

  /// Every transform equals Pillow's byte for byte.
  @Test(arguments: TransformCase.all)
  func equalsPillow(_ example: TransformCase) throws {
    let expected = Self.fixture.picture(example.name)
    let found = try #require(example.apply(to: Self.fixture.picture(example.input)))
    #expect(found.width == expected.width && found.height == expected.height)
    if found.pixels.count == expected.pixels.count {
      let distance = Distance(found.pixels, expected.pixels)
      #expect(distance.largest == 0, "\(distance)")
    }
  }

  @Test func posterizingToNoBitsIsBlack() {
    let picture = Self.fixture.picture("square")
    #expect(picture.posterized(bits: 0).pixels.allSatisfy { $0 == 0 })
    #expect(picture.posterized(bits: -3) == picture.posterized(bits: 0))
  }

  @Test func onePixelPicturesSurviveEverything() {
    let dot = Picture(width: 1, height: 1, pixels: [10, 200, 90])
    for example in TransformCase.all where example.operation != "pad" {
      #expect(example.apply(to: dot) != nil)
    }
  }

  @Test func centreCropsRoundAsTorchvision() {
    // (37 - 32) / 2 = 2.5 rounds to 2, (23 - 20) / 2 = 1.5 to 2.
    let odd = Self.fixture.picture("odd")
    #expect(
      odd.centerCropped(width: 32, height: 20)
        == odd.cropped(left: 2, top: 2, width: 32, height: 20))
  }
}
