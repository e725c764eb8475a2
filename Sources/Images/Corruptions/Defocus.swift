import Compute
import Foundation

/// Blur by an out-of-focus lens: a disk, its edge softened by a small Gaussian.
struct Defocus: Sendable {
  private let side: Int
  private let taps: PictureKernels.Taps
  private let reach: Int
  /// Which row or column counts beyond the border: the mirrored one.
  private let places: [Int32]

  init(side: Int, radius: Double, deviation: Double) {
    let taps = Self.taps(radius: radius, deviation: deviation)
    let reach = taps.map { max(abs($0.dx), abs($0.dy)) }.max() ?? 0
    precondition(reach < side, "picture: smaller than the blur")
    let row = 3 * (side + 2 * reach)
    self.side = side
    self.reach = reach
    self.taps = PictureKernels.Taps(
      taps.map { (offset: $0.dy * row + 3 * $0.dx, weight: $0.weight) })
    places = (-reach..<(side + reach)).map { place in
      Int32(abs(place) < side ? abs(place) : 2 * (side - 1) - place)
    }
  }

  /// Steps across and down, and the weight there; weights that cannot change a byte are left out.
  private static func taps(
    radius: Double, deviation: Double
  ) -> [(dx: Int, dy: Int, weight: Double)] {
    // The definition's grid: 17 × 17, larger only for a larger disk.
    let reach = radius <= 8 ? 8 : Int(radius)
    let side = 2 * reach + 1
    let inside = (0..<side * side).map { place in
      let (y, x) = (place / side - reach, place % side - reach)
      return Double(x * x + y * y) <= radius * radius
    }
    let share = 1 / Float(inside.count { $0 })
    let weights = softened(
      inside.map { $0 ? share : 0 }, side: side, window: radius <= 8 ? 1 : 2,
      deviation: deviation)
    return weights.enumerated().filter { $0.element > 1e-10 }.map { place, weight in
      (place % side - reach, place / side - reach, Double(weight))
    }
  }

  /// The grid after OpenCV's Gaussian, which mirrors it at its border pixels.
  ///
  /// In single precision and in OpenCV's order of sums, for the definition's weights are: where neighbours are equal the sum
  /// of all weights, 1 to the last bit or not, decides between a byte and the one below.
  private static func softened(
    _ grid: [Float], side: Int, window: Int, deviation: Double
  ) -> [Float] {
    let raw = (0...window).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    let total = raw[0] + 2 * raw.dropFirst().reduce(0, +)
    let kernel = raw.map { Float($0 / total) }
    func mirrored(_ index: Int) -> Int {
      let positive = abs(index)
      return positive < side ? positive : 2 * (side - 1) - positive
    }
    /// Pairs at one distance have one weight; `distances` is the order in which they are added.
    func pass(
      _ from: [Float], _ distances: [Int], _ place: (_ line: Int, _ index: Int) -> Int
    ) -> [Float] {
      var out = from
      for line in 0..<side {
        for index in 0..<side {
          var sum: Float = 0
          for distance in distances {
            let before = from[place(line, mirrored(index - distance))]
            let pair =
              distance == 0 ? before : before + from[place(line, mirrored(index + distance))]
            sum.addProduct(kernel[distance], pair)
          }
          out[place(line, index)] = sum
        }
      }
      return out
    }
    let across = pass(grid, (0...window).reversed()) { $0 * side + $1 }
    return pass(across, Array(0...window)) { $1 * side + $0 }
  }

  func apply(to picture: Picture) -> [UInt8] {
    precondition(picture.width == side && picture.height == side, "picture: of another size")
    let field = kernels.framed(
      picture.pixels, width: side, height: side, rows: places, columns: places)
    let row = 3 * (side + 2 * reach)
    return kernels.bytes(
      field, taps, start: reach * (row + 3), row: row, count: 3 * side, height: side)
  }
}
