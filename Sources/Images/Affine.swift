import Foundation

/// Where the point of an old picture lies that a new pixel shows: x' = a x + b y + c, y' = d x + e y + f.
///
/// x, y are pixel numbers of the new picture; as in Pillow, its pixel centres lie half a pixel further.
public struct Affine: Hashable, Sendable {
  /// The six numbers, in Pillow's order.
  public var a, b, c, d, e, f: Double

  /// A map of these numbers.
  public init(_ a: Double, _ b: Double, _ c: Double, _ d: Double, _ e: Double, _ f: Double) {
    (self.a, self.b, self.c, self.d, self.e, self.f) = (a, b, c, d, e, f)
  }
}

extension Picture {
  /// The picture seen through an affine map, black where the old one ends; as Pillow's `transform`, byte for byte.
  ///
  /// - Parameter filter: `nearest`, `bilinear` or `bicubic`.
  public func transformed(_ map: Affine, _ filter: Interpolation) -> Picture {
    precondition(filter != .box, "filter: nearest, bilinear or bicubic")
    var out = [UInt8](repeating: 0, count: pixels.count)
    switch filter {
    case .nearest:
      if map.b == 0 && map.d == 0 {
        scale(map, into: &out)
      } else {
        nearest(map, into: &out)
      }
    case .bilinear, .bicubic, .box:
      interpolate(map, cubic: filter == .bicubic, into: &out)
    }
    return Picture(width: width, height: height, pixels: out)
  }

  /// Turned counterclockwise about its middle by an angle in degrees, as Pillow's `rotate`.
  public func rotated(_ degrees: Double, _ filter: Interpolation) -> Picture {
    let angle = degrees - 360 * (degrees / 360).rounded(.down)
    if angle == 0 { return self }
    if angle == 180 { return flipped.flippedUpsideDown }
    if (angle == 90 || angle == 270) && width == height { return quarterTurned(angle == 90) }
    func rounded(_ value: Double) -> Double { (value * 1e15).rounded(.toNearestOrEven) / 1e15 }
    let radians = -(angle * .pi / 180)
    let (cosine, sine) = (rounded(cos(radians)), rounded(sin(radians)))
    let (x, y) = (Double(width) / 2, Double(height) / 2)
    let c = cosine * -x + sine * -y + 0 + x
    let f = rounded(-sin(radians)) * -x + cosine * -y + 0 + y
    return transformed(Affine(cosine, sine, c, rounded(-sin(radians)), cosine, f), filter)
  }

  private func quarterTurned(_ left: Bool) -> Picture {
    var out = [UInt8](repeating: 0, count: pixels.count)
    for y in 0..<height {
      for x in 0..<width {
        let target = left ? (width - 1 - x) * height + y : x * height + height - 1 - y
        for channel in 0..<3 { out[3 * target + channel] = pixels[3 * (y * width + x) + channel] }
      }
    }
    return Picture(width: width, height: height, pixels: out)
  }

  /// Nearest pixels where rows stay rows: coordinates are summed up in double precision.
  private func scale(_ map: Affine, into out: inout [UInt8]) {
    var columns: [(x: Int, from: Int)] = []
    var position = map.c + map.a * 0.5
    for x in 0..<width {
      if position >= 0, Int(position) < width { columns.append((x, Int(position))) }
      position += map.a
    }
    position = map.f + map.e * 0.5
    for y in 0..<height {
      if position >= 0, Int(position) < height {
        let row = Int(position) * width
        for (x, from) in columns {
          for channel in 0..<3 {
            out[3 * (y * width + x) + channel] = pixels[3 * (row + from) + channel]
          }
        }
      }
      position += map.e
    }
  }

  /// Nearest pixels in fixed point of 16 bits.
  private func nearest(_ map: Affine, into out: inout [UInt8]) {
    func fixed(_ value: Double) -> Int { Int((value * 65536 + 0.5).rounded(.down)) }
    let (a, b, d, e) = (fixed(map.a), fixed(map.b), fixed(map.d), fixed(map.e))
    var startX = fixed(map.c + map.a * 0.5 + map.b * 0.5)
    var startY = fixed(map.f + map.d * 0.5 + map.e * 0.5)
    var target = 0
    for _ in 0..<height {
      var (x, y) = (startX, startY)
      for _ in 0..<width {
        let (column, row) = (x >> 16, y >> 16)
        if column >= 0, column < width, row >= 0, row < height {
          let source = 3 * (row * width + column)
          out[target] = pixels[source]
          out[target + 1] = pixels[source + 1]
          out[target + 2] = pixels[source + 2]
        }
        target += 3
        x += a
        y += d
      }
      startX += b
      startY += e
    }
  }

  /// Bilinear or bicubic, in double precision, truncated.
  private func interpolate(_ map: Affine, cubic: Bool, into out: inout [UInt8]) {
    let (right, bottom) = (Double(width), Double(height))
    var target = 0
    for row in 0..<height {
      let y = Double(row) + 0.5
      for column in 0..<width {
        let x = Double(column) + 0.5
        let oldX = map.a * x + map.b * y + map.c
        let oldY = map.d * x + map.e * y + map.f
        if oldX >= 0, oldX < right, oldY >= 0, oldY < bottom {
          let color = cubic ? bicubic(oldX, oldY) : bilinear(oldX, oldY)
          let clamped = color.clamped(lowerBound: .zero, upperBound: SIMD4(repeating: 255))
          out[target] = UInt8(clamped[0])
          out[target + 1] = UInt8(clamped[1])
          out[target + 2] = UInt8(clamped[2])
        }
        target += 3
      }
    }
  }

  /// A pixel; beyond the border the nearest one.
  @inline(__always)
  private func color(_ x: Int, _ row: Int) -> SIMD4<Double> {
    let source = 3 * (row + min(max(x, 0), width - 1))
    return SIMD4(
      Double(pixels[source]), Double(pixels[source + 1]), Double(pixels[source + 2]), 0)
  }

  private func bilinear(_ x: Double, _ y: Double) -> SIMD4<Double> {
    let (left, top) = ((x - 0.5).rounded(.down), (y - 0.5).rounded(.down))
    let (dx, dy) = (x - 0.5 - left, y - 0.5 - top)
    let (column, row) = (Int(left), Int(top))
    func across(_ row: Int) -> SIMD4<Double> {
      let start = min(max(row, 0), height - 1) * width
      let (one, two) = (color(column, start), color(column + 1, start))
      return one + (two - one) * dx
    }
    let first = across(row)
    let second = row + 1 < height ? across(row + 1) : first
    return first + (second - first) * dy
  }

  private func bicubic(_ x: Double, _ y: Double) -> SIMD4<Double> {
    let (left, top) = ((x - 0.5).rounded(.down), (y - 0.5).rounded(.down))
    let (dx, dy) = (x - 0.5 - left, y - 0.5 - top)
    let (column, row) = (Int(left) - 1, Int(top) - 1)
    func cubic(
      _ one: SIMD4<Double>, _ two: SIMD4<Double>, _ three: SIMD4<Double>, _ four: SIMD4<Double>,
      _ d: Double
    ) -> SIMD4<Double> {
      let linear = three - one
      let square = 2 * (one - two) + three - four
      let cube = two - one - three + four
      return two + d * (linear + d * (square + d * cube))
    }
    func across(_ row: Int) -> SIMD4<Double> {
      let start = min(max(row, 0), height - 1) * width
      return cubic(
        color(column, start), color(column + 1, start), color(column + 2, start),
        color(column + 3, start), dx)
    }
    // Below the last row the one before counts again.
    let first = across(row)
    let second = row + 1 >= 0 && row + 1 < height ? across(row + 1) : first
    let third = row + 2 >= 0 && row + 2 < height ? across(row + 2) : second
    let fourth = row + 3 >= 0 && row + 3 < height ? across(row + 3) : third
    return cubic(first, second, third, fourth, dy)
  }
}
