import Datasets
import Methods
import Testing

struct WhiteningTests {
  private func pictures(_ pixels: ArraySlice<Float>) -> ImageDataset {
    let count = pixels.count / 60
    return ImageDataset(
      name: "bytes", split: "train", channels: 3, height: 5, width: 4,
      pixels: pixels.map { UInt8($0) }, labels: Array(repeating: 0, count: count),
      classNames: ["one"])
  }

  @Test func followsNumPy() throws {
    let fixture = try Fixture("whitening")
    let pixels = fixture.floats("pixels")
    let whitening = try ZCAWhitening(
      of: pictures(pixels[..<(120 * 60)]), share: fixture.number("share"))
    for (name, set) in [
      ("training", pictures(pixels[..<(120 * 60)])), ("other", pictures(pixels[(120 * 60)...])),
    ] {
      let found = whitening(set)
      let expected = fixture.floats(name)
      #expect(found.count == expected.count)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 2e-4 }, "\(name)")
    }
  }

  /// Where ε is next to nothing, what comes out is uncorrelated and of unit variance.
  @Test func withoutEpsilonPixelsAreUncorrelated() throws {
    let fixture = try Fixture("whitening")
    let set = pictures(fixture.floats("pixels")[...])
    let white = try ZCAWhitening(of: set, share: 1e-7)(set)
    for (a, b) in [(0, 0), (17, 17), (59, 59), (0, 1), (20, 21), (3, 57)] {
      let covariance =
        (0..<set.count).reduce(0.0) { $0 + Double(white[$1 * 60 + a] * white[$1 * 60 + b]) }
        / Double(set.count)
      #expect(abs(covariance - (a == b ? 1 : 0)) < 0.01, "pixels \(a), \(b): \(covariance)")
    }
  }
}
