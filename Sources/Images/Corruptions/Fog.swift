/// Fog: a fractal landscape laid over the picture.
struct Fog: Sendable {
  private let strength: Double
  private let decay: Double

  init(strength: Double, decay: Double) {
    self.strength = strength
    self.decay = decay
  }

  func apply(to picture: Picture, _ draws: inout Draws) -> [UInt8] {
    let (width, height) = (picture.width, picture.height)
    var size = 1
    while size < max(width, height) { size *= 2 }
    let plasma = Fog.plasma(size, decay: decay, &draws)
    let table = shares
    let brightest = table[Int(picture.pixels.max() ?? 0)]
    let divisor = brightest + strength
    var out = [UInt8](repeating: 0, count: picture.pixels.count)
    for y in 0..<height {
      for x in 0..<width {
        let veil = strength * plasma[y * size + x]
        let start = 3 * (y * width + x)
        for channel in 0..<3 {
          let value = table[Int(picture.pixels[start + channel])] + veil
          out[start + channel] = truncated(value * brightest / divisor)
        }
      }
    }
    return out
  }

  /// A landscape by the diamond-square method on a torus, scaled to 0 … 1, `[size, size]`.
  ///
  /// Every step fills in the means of four neighbours plus noise; the wobble enters squared, as in the definition.
  ///
  /// - Parameters:
  ///   - size: a power of two.
  ///   - decay: by what the wobble is divided from step to step.
  static func plasma(_ size: Int, decay: Double, _ draws: inout Draws) -> [Double] {
    precondition(size > 0 && size & (size - 1) == 0, "size: a power of two")
    var map = [Double](repeating: 0, count: size * size)
    let last = size - 1
    var step = size
    var wobble = 100.0
    while step >= 2 {
      let half = step / 2
      let amplitude = wobble * wobble
      for y in stride(from: 0, to: size, by: step) {
        let below = ((y + step) & last) * size
        for x in stride(from: 0, to: size, by: step) {
          let right = (x + step) & last
          let sum = map[y * size + x] + map[below + x] + map[y * size + right] + map[below + right]
          map[(y + half) * size + x + half] = sum / 4 + draws.uniform(-amplitude, amplitude)
        }
      }
      for y in stride(from: 0, to: size, by: step) {
        let row = y * size
        let middle = (y + half) * size
        let above = ((y - half) & last) * size
        let below = ((y + step) & last) * size
        for x in stride(from: 0, to: size, by: step) {
          let right = (x + step) & last
          let left = (x - half) & last
          let center = map[middle + x + half]
          let corner = map[row + x]
          let across = center + map[above + x + half] + corner + map[row + right]
          map[row + x + half] = across / 4 + draws.uniform(-amplitude, amplitude)
          let down = center + map[middle + left] + corner + map[below + x]
          map[middle + x] = down / 4 + draws.uniform(-amplitude, amplitude)
        }
      }
      step = half
      wobble /= decay
    }
    let low = map.min() ?? 0
    let range = (map.max() ?? 0) - low
    return range > 0 ? map.map { ($0 - low) / range } : map
  }
}
