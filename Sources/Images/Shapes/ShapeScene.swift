import Compute

/// The classes of `shapes-mini`: five shapes, each plain or striped.
public enum ShapeClass: Int, Hashable, Sendable, CaseIterable {
  case disc, stripedDisc, square, stripedSquare, triangle, stripedTriangle, cross, stripedCross
  case ring, stripedRing

  /// The name in the catalogue.
  public var name: String {
    let shapes = ["disc", "square", "triangle", "cross", "ring"]
    return (isStriped ? "striped " : "") + shapes[rawValue / 2]
  }

  /// Whether two colours alternate across it.
  var isStriped: Bool { rawValue % 2 == 1 }

  /// Whether a point lies inside a shape of radius 1 about the origin.
  func contains(_ u: Double, _ v: Double) -> Bool {
    let (a, b) = (abs(u), abs(v))
    switch rawValue / 2 {
    case 0: return u * u + v * v <= 0.74
    case 1: return max(a, b) <= 0.76
    case 2: return v >= -0.55 && a <= 0.6 * (1 - v)
    case 3: return min(a, b) <= 0.3 && max(a, b) <= 0.98
    default: return (0.22...0.88).contains(u * u + v * v)
    }
  }
}

/// A generated picture of one shape on clutter, 32 × 32: place, size, angle and all colours are random and say nothing of
/// the class.
///
/// Only sums, products, quotients and comparisons of doubles are taken, so that every machine draws the same bytes.
struct ShapeScene {
  typealias Colour = SIMD3<Double>

  static let side = 32

  /// Colours of the pixels, 0 to 1.
  private var pixels = [Colour](repeating: .zero, count: side * side)

  /// A picture of a class.
  init(_ kind: ShapeClass, using generator: inout some RandomNumberGenerator) {
    drawGround(&generator)
    for _ in 0..<(3 + whole(below: 4, &generator)) { drawClutter(&generator) }
    draw(kind, &generator)
    for _ in 0..<whole(below: 3, &generator) { drawClutter(&generator) }
  }

  /// The picture, in steps of 8 levels so that it packs well.
  var picture: Picture {
    Picture(
      width: Self.side, height: Self.side,
      pixels: pixels.flatMap { colour in
        (0..<3).map { UInt8(min(max(colour[$0], 0), 1) * 31.999) << 3 | 4 }
      })
  }

  /// One colour fading into another.
  private mutating func drawGround(_ generator: inout some RandomNumberGenerator) {
    let (one, two) = (colour(&generator), colour(&generator))
    let (across, down) = direction(&generator)
    for y in 0..<Self.side {
      for x in 0..<Self.side {
        let share = 0.5 + (across * (Double(x) - 15.5) + down * (Double(y) - 15.5)) / 44
        pixels[y * Self.side + x] = one + (two - one) * share
      }
    }
  }

  /// A bar or a blot, small enough to be no shape.
  private mutating func drawClutter(_ generator: inout some RandomNumberGenerator) {
    let colour = colour(&generator)
    let (x, y) = (uniform(0, 32, &generator), uniform(0, 32, &generator))
    let (across, down) = direction(&generator)
    let isBar = generator.next() >> 63 == 0
    let length = isBar ? uniform(3, 9, &generator) : uniform(1, 2.6, &generator)
    let width = isBar ? uniform(0.5, 1.1, &generator) : length
    fill(about: x, y, reach: length + 1) { dx, dy in
      let (along, beside) = (dx * across + dy * down, dy * across - dx * down)
      let inside =
        isBar ? abs(along) <= length && abs(beside) <= width : dx * dx + dy * dy <= length * length
      return inside ? colour : nil
    }
  }

  /// The shape itself, in a colour that stands out from what is behind its middle.
  private mutating func draw(
    _ kind: ShapeClass, _ generator: inout some RandomNumberGenerator
  ) {
    let radius = uniform(7.5, 12, &generator)
    let (x, y) = (uniform(11, 21, &generator), uniform(11, 21, &generator))
    let ground = pixels[Int(y) * Self.side + Int(x)]
    let one = colour(awayFrom: ground, &generator)
    let two = colour(awayFrom: one, &generator)
    let (across, down) = direction(within: 0.2, &generator)
    let stripes = direction(&generator)
    let period = uniform(1.7, 2.6, &generator)
    let phase = uniform(0, 2, &generator)
    fill(about: x, y, reach: radius + 1) { dx, dy in
      let (u, v) = ((dx * across + dy * down) / radius, (dy * across - dx * down) / radius)
      guard kind.contains(u, v) else { return nil }
      guard kind.isStriped else { return one }
      let stripe = ((dx * stripes.0 + dy * stripes.1) / period + phase).rounded(.down)
      return stripe - 2 * (stripe / 2).rounded(.down) == 0 ? one : two
    }
  }

  /// Paints what `paint` gives for points around a place, with four points to a pixel.
  private mutating func fill(
    about x: Double, _ y: Double, reach: Double, _ paint: (Double, Double) -> Colour?
  ) {
    let rows = max(0, Int(y - reach))...min(Self.side - 1, max(0, Int(y + reach)))
    let columns = max(0, Int(x - reach))...min(Self.side - 1, max(0, Int(x + reach)))
    for row in rows {
      for column in columns {
        var sum = Colour.zero
        for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
          sum +=
            paint(Double(column) + dx - x, Double(row) + dy - y)
            ?? pixels[row * Self.side + column]
        }
        pixels[row * Self.side + column] = sum / 4
      }
    }
  }

  // MARK: - Draws

  private func colour(_ generator: inout some RandomNumberGenerator) -> Colour {
    Colour(uniform(0, 1, &generator), uniform(0, 1, &generator), uniform(0, 1, &generator))
  }

  /// A colour at least 0.45 away, root of summed squares.
  private func colour(
    awayFrom other: Colour, _ generator: inout some RandomNumberGenerator
  ) -> Colour {
    while true {
      let colour = colour(&generator)
      let apart = colour - other
      if (apart * apart).sum() >= 0.45 * 0.45 { return colour }
    }
  }

  /// A point of the unit circle, on either side.
  private func direction(_ generator: inout some RandomNumberGenerator) -> (Double, Double) {
    let (across, down) = direction(within: 1, &generator)
    return generator.next() >> 63 == 0 ? (across, down) : (-across, -down)
  }

  /// A point of the unit circle around (1, 0), ((1 − t²) / (1 + t²), 2t / (1 + t²)) with |t| up to `bound`: no sine is taken, since
  /// those differ from library to library.
  private func direction(
    within bound: Double, _ generator: inout some RandomNumberGenerator
  ) -> (Double, Double) {
    let t = uniform(-bound, bound, &generator)
    return ((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t))
  }
}
