import Foundation

/// Gray bytes, `[height, width]`, with the operations of OpenCV that drops of water are made with.
public struct GrayField: Hashable, Sendable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  /// Row by row from the top.
  public var values: [UInt8]

  /// Bytes, or black.
  public init(width: Int, height: Int, values: [UInt8]? = nil) {
    self.width = width
    self.height = height
    self.values = values ?? [UInt8](repeating: 0, count: width * height)
    precondition(self.values.count == width * height, "values: count does not match")
  }

  /// The bright side of the edges: distance from them, at most 20, blurred, equalized, embossed, blurred.
  public var edgeRelief: [Float] {
    let far = edges(low: 50, high: 150).distances.map { min($0, 20) }
    let near = GrayField(
      width: width, height: height, values: blurred(far).map { UInt8(truncatingIfNeeded: Int($0)) })
    return near.equalized.embossed.boxBlurred.values.map { Float($0) }
  }

  /// A place beyond the border, mirrored at the border pixel.
  @inline(__always)
  private func mirrored(_ index: Int, _ length: Int) -> Int {
    if index < 0 { return min(-index, length - 1) }
    return index < length ? index : max(0, 2 * (length - 1) - index)
  }

  /// The mean of 3 × 3 numbers.
  private func blurred(_ numbers: [Float]) -> [Float] {
    var out = [Float](repeating: 0, count: numbers.count)
    for y in 0..<height {
      let rows = (-1...1).map { mirrored(y + $0, height) * width }
      for x in 0..<width {
        let (left, right) = (mirrored(x - 1, width), mirrored(x + 1, width))
        var sum: Float = 0
        for row in rows { sum += numbers[row + left] + numbers[row + x] + numbers[row + right] }
        out[y * width + x] = sum / 9
      }
    }
    return out
  }

  /// The mean of 3 × 3 bytes, rounded.
  public var boxBlurred: GrayField {
    var out = self
    for (index, value) in blurred(values.map { Float($0) }).enumerated() {
      out.values[index] = UInt8(value.rounded(.toNearestOrEven))
    }
    return out
  }

  /// Levels spread so that all are about equally frequent, as OpenCV's `equalizeHist`.
  public var equalized: GrayField {
    var counts = [Int](repeating: 0, count: 256)
    for value in values { counts[Int(value)] += 1 }
    guard let first = counts.firstIndex(where: { $0 > 0 }), counts[first] < values.count else {
      return self
    }
    let scale = Float(255) / Float(values.count - counts[first])
    var table = [UInt8](repeating: 0, count: 256)
    var sum = 0
    for level in (first + 1)..<256 {
      sum += counts[level]
      table[level] = UInt8(min(255, (Float(sum) * scale).rounded(.toNearestOrEven)))
    }
    var out = self
    for index in 0..<values.count { out.values[index] = table[Int(values[index])] }
    return out
  }

  /// Correlated with ((−2, −1, 0), (−1, 1, 1), (0, 1, 2)), clamped to bytes.
  public var embossed: GrayField {
    var out = self
    for y in 0..<height {
      let above = mirrored(y - 1, height) * width
      let row = y * width
      let below = mirrored(y + 1, height) * width
      for x in 0..<width {
        let (left, right) = (mirrored(x - 1, width), mirrored(x + 1, width))
        var sum = -2 * Int(values[above + left]) - Int(values[above + x])
        sum += Int(values[row + x]) + Int(values[row + right]) - Int(values[row + left])
        sum += Int(values[below + x]) + 2 * Int(values[below + right])
        out.values[row + x] = UInt8(clamping: sum)
      }
    }
    return out
  }

  /// Distance of every pixel from the nearest marked (255) one, by steps of 1, 1.4 and 2.1969 (Borgefors 1986) in
  /// fixed point of 16 bits, as OpenCV's `distanceTransform` with a mask of 5.
  public var distances: [Float] {
    let (straight, diagonal, knight) = (65536, 91750, 143976)
    let wide = width + 4
    let far = Int(Int32.max >> 2)
    var steps = [Int](repeating: far, count: wide * (height + 4))
    for y in 0..<height {
      for x in 0..<width {
        let at = (y + 2) * wide + x + 2
        if values[y * width + x] == 255 {
          steps[at] = 0
          continue
        }
        var best = min(steps[at - 2 * wide - 1], steps[at - 2 * wide + 1]) + knight
        best = min(best, min(steps[at - wide - 2], steps[at - wide + 2]) + knight)
        best = min(best, min(steps[at - wide - 1], steps[at - wide + 1]) + diagonal)
        best = min(best, min(steps[at - wide], steps[at - 1]) + straight)
        steps[at] = best
      }
    }
    var out = [Float](repeating: 0, count: values.count)
    for y in (0..<height).reversed() {
      for x in (0..<width).reversed() {
        let at = (y + 2) * wide + x + 2
        var best = steps[at]
        if best > straight {
          best = min(best, min(steps[at + 2 * wide - 1], steps[at + 2 * wide + 1]) + knight)
          best = min(best, min(steps[at + wide - 2], steps[at + wide + 2]) + knight)
          best = min(best, min(steps[at + wide - 1], steps[at + wide + 1]) + diagonal)
          best = min(best, min(steps[at + wide], steps[at + 1]) + straight)
          steps[at] = best
        }
        out[y * width + x] = Float(best) / 65536
      }
    }
    return out
  }

  /// Canny's edges (1986) as OpenCV has them: Sobel gradients, their 1-norm, the strongest across an edge, two thresholds.
  /// Edges are 255.
  public func edges(low: Int, high: Int) -> GrayField {
    let wide = width + 2
    var dx = [Int](repeating: 0, count: width * height)
    var dy = dx
    var strength = [Int](repeating: 0, count: wide * (height + 2))
    for y in 0..<height {
      let above = max(y - 1, 0) * width
      let row = y * width
      let below = min(y + 1, height - 1) * width
      for x in 0..<width {
        let (left, right) = (max(x - 1, 0), min(x + 1, width - 1))
        func at(_ row: Int, _ column: Int) -> Int { Int(values[row + column]) }
        let (a, c, g, i) = (at(above, left), at(above, right), at(below, left), at(below, right))
        dx[row + x] = c - a + 2 * (at(row, right) - at(row, left)) + i - g
        dy[row + x] = g - a + 2 * (at(below, x) - at(above, x)) + i - c
        strength[(y + 1) * wide + x + 1] = abs(dx[row + x]) + abs(dy[row + x])
      }
    }
    // 0: may become an edge, 1: not, 2: an edge.
    var marks = [UInt8](repeating: 1, count: wide * (height + 2))
    var open: [Int] = []
    for y in 0..<height {
      for x in 0..<width {
        let at = (y + 1) * wide + x + 1
        let m = strength[at]
        if m <= low { continue }
        let (gx, gy) = (dx[y * width + x], dy[y * width + x])
        // tan 22.5° in fixed point of 15 bits.
        let slope = abs(gx) * 13573
        let steep = abs(gy) << 15
        let isPeak: Bool
        if steep < slope {
          isPeak = m > strength[at - 1] && m >= strength[at + 1]
        } else if steep > slope + (abs(gx) << 16) {
          isPeak = m > strength[at - wide] && m >= strength[at + wide]
        } else {
          let side = (gx ^ gy) < 0 ? -1 : 1
          isPeak = m > strength[at - wide - side] && m > strength[at + wide + side]
        }
        if !isPeak { continue }
        marks[at] = m > high ? 2 : 0
        if m > high { open.append(at) }
      }
    }
    while let at = open.popLast() {
      for step in [-wide - 1, -wide, -wide + 1, -1, 1, wide - 1, wide, wide + 1]
      where marks[at + step] == 0 {
        marks[at + step] = 2
        open.append(at + step)
      }
    }
    var out = self
    for y in 0..<height {
      for x in 0..<width {
        out.values[y * width + x] = marks[(y + 1) * wide + x + 1] == 2 ? 255 : 0
      }
    }
    return out
  }
}
