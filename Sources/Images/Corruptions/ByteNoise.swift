import Foundation

/// Noise that treats every byte alone: for each of the 256 bytes, with which probability it becomes which byte.
///
/// Noise of independent channels is nothing else once it has become bytes, so that one draw of 32 bits and one table
/// (Walker's alias method) take the place of normal and Poisson numbers. Probabilities are exact to 2⁻²⁴.
struct ByteNoise: Sendable {
  /// `[byte][slot]`: the share of the slot that is its own, in units of 2⁻²⁴, above the byte that has the rest.
  private let slots: [UInt32]

  /// Noise of these distributions.
  ///
  /// - Parameter distribution: 256 probabilities for each byte.
  init(_ distribution: (UInt8) -> [Double]) {
    var slots: [UInt32] = []
    slots.reserveCapacity(65536)
    for byte in 0..<256 { slots += ByteNoise.aliases(distribution(UInt8(byte))) }
    self.slots = slots
  }

  private static func aliases(_ probabilities: [Double]) -> [UInt32] {
    let sum = probabilities.reduce(0, +)
    var shares = probabilities.map { $0 / sum * 256 }
    var slots = (0..<256).map { UInt32($0) }
    var poor = shares.indices.filter { shares[$0] < 1 }
    var rich = shares.indices.filter { shares[$0] >= 1 }
    while let low = poor.last, let high = rich.last {
      poor.removeLast()
      let own = UInt32(min(shares[low] * 0x1p24, 0x1p24 - 1))
      slots[low] = own << 8 | UInt32(high)
      shares[high] -= 1 - shares[low]
      if shares[high] < 1 {
        rich.removeLast()
        poor.append(high)
      }
    }
    // What is left is full up to rounding: its own alias, whatever the share.
    return slots
  }

  /// Every byte replaced.
  func apply(to pixels: [UInt8], _ draws: inout Draws) -> [UInt8] {
    var out = pixels
    var bits: UInt64 = 0
    for index in 0..<out.count {
      bits = index & 1 == 0 ? draws.next() : bits >> 32
      let slot = Int(bits & 0xFF)
      let entry = slots[Int(out[index]) << 8 | slot]
      let isOwn = UInt32(truncatingIfNeeded: bits >> 8) & 0xFF_FFFF < entry >> 8
      out[index] = isOwn ? UInt8(slot) : UInt8(truncatingIfNeeded: entry)
    }
    return out
  }

  /// x + N(0, σ²), where σ may depend on x, both in units of 255; clipped and truncated.
  static func normal(_ deviation: (Double) -> Double) -> ByteNoise {
    ByteNoise { byte in
      let x = Double(byte) / 255
      let sigma = deviation(x)
      var probabilities = [Double](repeating: 0, count: 256)
      if sigma == 0 {
        probabilities[Int(byte)] = 1
        return probabilities
      }
      // P(value ≥ level): the byte is the last level that is not above the value.
      func above(_ level: Int) -> Double {
        0.5 * erfc((Double(level) / 255 - x) / sigma / 2.0.squareRoot())
      }
      for level in 0..<256 {
        let upper = level == 255 ? 0 : above(level + 1)
        probabilities[level] = (level == 0 ? 1 : above(level)) - upper
      }
      return probabilities
    }
  }

  /// Poisson(rate · x) / rate, clipped and truncated.
  static func poisson(rate: Double) -> ByteNoise {
    ByteNoise { byte in
      let mean = Double(byte) / 255 * rate
      var probabilities = [Double](repeating: 0, count: 256)
      let last = Int(mean + 12 * mean.squareRoot() + 30)
      for count in 0...last {
        // e^−λ λ^k / k!
        let log = mean == 0 ? 0 : Double(count) * Foundation.log(mean) - mean
        let probability = mean == 0 ? (count == 0 ? 1 : 0) : exp(log - lgamma(Double(count) + 1))
        probabilities[Int(min(Double(count) / rate, 1) * 255)] += probability
      }
      return probabilities
    }
  }

  /// Black or white, half each, with a probability; else as it is.
  static func saltAndPepper(_ amount: Double) -> ByteNoise {
    ByteNoise { byte in
      var probabilities = [Double](repeating: 0, count: 256)
      probabilities[Int(byte)] = 1 - amount
      probabilities[0] += amount / 2
      probabilities[255] += amount / 2
      return probabilities
    }
  }
}
