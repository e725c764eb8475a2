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
    if filter != .nearest {
      return Picture(
        width: width, height: height,
        pixels: kernels.affine(
          pixels, width: width, height: height, map: [map.a, map.b, map.c, map.d, map.e, map.f],
          isCubic: filter == .bicubic))
    }
    var out = [UInt8](repeating: 0, count: pixels.count)
    if map.b == 0 && map.d == 0 {
      scale(map, into: &out)
    } else {
      nearest(map, into: &out)
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
}
