import Foundation

/// Elastic transform: a random affine map, then a smooth random displacement of every pixel.
struct Elastic: Sendable {
  /// How far pixels are displaced, and the three points of the affine map, in pixels.
  private let displacement, shift: Double
  private let filter: GaussianFilter

  init(displacement: Double, smoothing: Double, shift: Double) {
    self.displacement = displacement
    self.shift = shift
    filter = GaussianFilter(smoothing, truncate: 3, border: .reflect)
  }

  func apply(to picture: Picture, _ draws: inout Draws) -> [UInt8] {
    let (width, height) = (picture.width, picture.height)
    let warped = Elastic.warped(picture, Elastic.map(width, height, shift, &draws))
    var fields: [[Double]] = []
    for _ in 0..<2 {
      var field = [Double](repeating: 0, count: width * height)
      for index in 0..<field.count { field[index] = draws.uniform(-1, 1) }
      fields.append(filter.apply(to: field, width: width, height: height, channels: 1))
    }
    return displaced(warped, width, height, fields[0], fields[1])
  }

  /// The inverse of the affine map that moves three points by up to `shift`: from new places to old.
  private static func map(
    _ width: Int, _ height: Int, _ shift: Double, _ draws: inout Draws
  ) -> [Double] {
    let (x, y) = (Double(width / 2), Double(height / 2))
    let reach = Double(min(width, height) / 3)
    // The definition takes rows for x; pictures are square, so that it makes no difference.
    let from = [(x + reach, y + reach), (x + reach, y - reach), (x - reach, y - reach)]
    let to = from.map {
      (
        Double(Float($0.0 + Double(Float(draws.uniform(-shift, shift))))),
        Double(Float($0.1 + Double(Float(draws.uniform(-shift, shift)))))
      )
    }
    // Solved for the map from new to old directly: old = A · new + b through three pairs.
    let (ux, uy) = (to[1].0 - to[0].0, to[1].1 - to[0].1)
    let (vx, vy) = (to[2].0 - to[0].0, to[2].1 - to[0].1)
    let determinant = ux * vy - uy * vx
    func row(_ one: Double, _ two: Double, _ three: Double) -> [Double] {
      let (p, q) = (two - one, three - one)
      let a = (p * vy - q * uy) / determinant
      let b = (q * ux - p * vx) / determinant
      return [a, b, one - a * to[0].0 - b * to[0].1]
    }
    return row(from[0].0, from[1].0, from[2].0) + row(from[0].1, from[1].1, from[2].1)
  }

  /// OpenCV's `warpAffine`: bilinear at places rounded to 1/32 pixel, mirrored at the border pixels.
  static func warped(_ picture: Picture, _ map: [Double]) -> [SIMD4<Float>] {
    let (width, height) = (picture.width, picture.height)
    let table = (0..<256).map { Float(Double($0) / 255) }
    var colors = [SIMD4<Float>](repeating: .zero, count: width * height)
    for index in 0..<colors.count {
      colors[index] = SIMD4(
        table[Int(picture.pixels[3 * index])], table[Int(picture.pixels[3 * index + 1])],
        table[Int(picture.pixels[3 * index + 2])], 0)
    }
    func mirrored(_ index: Int, _ length: Int) -> Int {
      if index >= 0 && index < length { return index }
      let period = 2 * (length - 1)
      let place = abs(index) % period
      return place < length ? place : period - place
    }
    func fixed(_ value: Double) -> Int { Int((value * 1024).rounded(.toNearestOrEven)) }
    var out = [SIMD4<Float>](repeating: .zero, count: width * height)
    for y in 0..<height {
      let startX = fixed(map[1] * Double(y) + map[2]) + 16
      let startY = fixed(map[4] * Double(y) + map[5]) + 16
      for x in 0..<width {
        let placeX = (startX + fixed(map[0] * Double(x))) >> 5
        let placeY = (startY + fixed(map[3] * Double(x))) >> 5
        let (u, v) = (Float(placeX & 31) / 32, Float(placeY & 31) / 32)
        let left = mirrored(placeX >> 5, width)
        let right = mirrored((placeX >> 5) + 1, width)
        let above = mirrored(placeY >> 5, height) * width
        let below = mirrored((placeY >> 5) + 1, height) * width
        let upper = colors[above + left] * (1 - u) + colors[above + right] * u
        let lower = colors[below + left] * (1 - u) + colors[below + right] * u
        out[y * width + x] = upper * (1 - v) + lower * v
      }
    }
    return out
  }

  /// SciPy's `map_coordinates` of order 1, mirrored at the border, border pixels repeated.
  private func displaced(
    _ colors: [SIMD4<Float>], _ width: Int, _ height: Int, _ across: [Double], _ down: [Double]
  ) -> [UInt8] {
    func mirrored(_ index: Int, _ length: Int) -> Int {
      if index >= 0 && index < length { return index }
      let place = ((index % (2 * length)) + 2 * length) % (2 * length)
      return place < length ? place : 2 * length - 1 - place
    }
    var out = [UInt8](repeating: 0, count: 3 * width * height)
    for y in 0..<height {
      for x in 0..<width {
        let index = y * width + x
        let placeX = Double(x) + Double(Float(across[index] * displacement))
        let placeY = Double(y) + Double(Float(down[index] * displacement))
        let (floorX, floorY) = (placeX.rounded(.down), placeY.rounded(.down))
        let (u, v) = (Float(placeX - floorX), Float(placeY - floorY))
        let left = mirrored(Int(floorX), width)
        let right = mirrored(Int(floorX) + 1, width)
        let above = mirrored(Int(floorY), height) * width
        let below = mirrored(Int(floorY) + 1, height) * width
        let upper = colors[above + left] + u * (colors[above + right] - colors[above + left])
        let lower = colors[below + left] + u * (colors[below + right] - colors[below + left])
        let color = upper + v * (lower - upper)
        out[3 * index] = truncated(color[0])
        out[3 * index + 1] = truncated(color[1])
        out[3 * index + 2] = truncated(color[2])
      }
    }
    return out
  }
}
