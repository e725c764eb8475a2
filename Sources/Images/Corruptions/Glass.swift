/// Frosted glass: blurred, pixels displaced by a few steps, blurred again.
struct Glass: Sendable {
  private let filter: GaussianFilter
  private let shift: Int
  private let passes: Int

  init(deviation: Double, shift: Int, passes: Int) {
    filter = GaussianFilter(deviation)
    self.shift = shift
    self.passes = passes
  }

  func apply(to picture: Picture, _ draws: inout Draws) -> [UInt8] {
    let (width, height) = (picture.width, picture.height)
    func blurred(_ bytes: [UInt8]) -> [UInt8] {
      filter.apply(to: bytes, width: width, height: height)
    }
    var pixels = blurred(picture.pixels)
    // The definition swaps views of one array, which copies the displaced pixel and leaves it where it was.
    for _ in 0..<passes {
      for y in stride(from: height - shift, to: shift, by: -1) {
        for x in stride(from: width - shift, to: shift, by: -1) {
          let bits = draws.next()
          let dx = Int(((bits & 0xFFFF_FFFF) * UInt64(2 * shift)) >> 32) - shift
          let dy = Int(((bits >> 32) * UInt64(2 * shift)) >> 32) - shift
          let target = 3 * (y * width + x)
          let source = 3 * ((y + dy) * width + x + dx)
          pixels[target] = pixels[source]
          pixels[target + 1] = pixels[source + 1]
          pixels[target + 2] = pixels[source + 2]
        }
      }
    }
    return blurred(pixels)
  }
}
