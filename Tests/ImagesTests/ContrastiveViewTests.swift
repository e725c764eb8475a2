import Compute
import Images
import Testing

/// Views that SimCLR learns from.
struct ContrastiveViewTests {
  private let picture = ShapesMini.picture(3, of: .test)

  private func isGray(_ picture: Picture) -> Bool {
    picture == picture.grayscale
  }

  @Test func jitterOfNoStrengthChangesNothing() {
    var generator = RandomStream(seed: 1, "none").generator
    let none = ColorJitter(brightness: 0, contrast: 0, saturation: 0, hue: 0)
    // Turning hues by nothing still passes through bytes of hue.
    #expect(none.apply(to: picture, using: &generator) == picture.hueTurned(0))
  }

  @Test func eachStrengthIsThatOfItsOwnTransform() {
    var generator = RandomStream(seed: 2, "each").generator
    func all(_ jitter: ColorJitter) -> Set<Picture> {
      Set((0..<200).map { _ in jitter.apply(to: picture, using: &generator) })
    }
    let bright = all(ColorJitter(brightness: 0.4, contrast: 0, saturation: 0, hue: 0))
    #expect(bright.count > 20)
    func mean(_ picture: Picture) -> Double {
      let sum = picture.pixels.reduce(0) { (sum: Int, byte: UInt8) -> Int in sum + Int(byte) }
      return Double(sum) / Double(picture.pixels.count)
    }
    let own = mean(picture)
    #expect(bright.allSatisfy { mean($0) > 0.55 * own && mean($0) < 1.42 * own })
    #expect(bright.contains { mean($0) < 0.7 * own })
    // 51 turns of −0.1 to 0.1 of 255 hues, ends cut towards zero.
    let turned = all(ColorJitter(brightness: 0, contrast: 0, saturation: 0, hue: 0.1))
    var known: Set<Picture> = []
    for turn in -25...25 {
      let share = Double(turn) / 255
      known.insert(picture.hueTurned(turn < 0 ? share - 1e-6 : share + 1e-6))
    }
    #expect(turned.isSubset(of: known))
    #expect(turned.count > 30)
  }

  @Test func ordersDiffer() {
    // Bright then sharp is not sharp then bright: with one strength of each, more than one result.
    let jitter = ColorJitter(brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2)
    var generator = RandomStream(seed: 3, "orders").generator
    #expect(Set((0..<50).map { _ in jitter.apply(to: picture, using: &generator) }).count == 50)
  }

  @Test func viewsAreAsOftenGrayAndPlainAsTheyShould() {
    let view = ContrastiveView(size: 32)
    var generator = RandomStream(seed: 4, "views").generator
    let count = 4000
    var (gray, plain) = (0, 0)
    for _ in 0..<count {
      var same = generator
      let shown = view.apply(to: picture, using: &generator)
      #expect(shown.width == 32 && shown.height == 32)
      var crop = view.crop.apply(to: picture, using: &same)
      if same.next() >> 63 == 1 { crop = crop.flipped }
      if isGray(shown) && !isGray(crop) { gray += 1 }
      if shown == crop { plain += 1 }
    }
    // 20 % ± 4 standard errors, and 20 % of the other 80.
    #expect(abs(Double(gray) / Double(count) - 0.2) < 0.026)
    #expect(abs(Double(plain) / Double(count) - 0.16) < 0.024)
  }

  @Test func aStreamNamesItsView() {
    let view = ContrastiveView(size: 32)
    let stream = RandomStream(seed: 5, "named")
    func shown(_ name: Int) -> Picture {
      var generator = stream.child(name).generator
      return view.apply(to: picture, using: &generator)
    }
    #expect(shown(1) == shown(1))
    #expect(shown(1) != shown(2))
  }
}
