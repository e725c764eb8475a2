import Compute
import Foundation

/// The random numbers of one picture: xoshiro256++ (Blackman and Vigna 2019), started from two Philox blocks of
/// (stream, picture). No other picture, batch or worker has a part in it.
public struct Draws: RandomNumberGenerator, Sendable {
  private var a, b, c, d: UInt64
  private var spare: Double?

  /// The numbers of picture `index` in the stream of a key.
  public init(key: UInt64, index: Int) {
    let low = UInt32(truncatingIfNeeded: index)
    let high = UInt32(truncatingIfNeeded: index >> 32)
    let words = [UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)]
    let first = Philox.block(counter: [low, high, 0, 0], key: words)
    let second = Philox.block(counter: [low, high, 1, 0], key: words)
    func joined(_ low: UInt32, _ high: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }
    a = joined(first[0], first[1])
    b = joined(first[2], first[3])
    c = joined(second[0], second[1])
    // A state of zeros only would stay there.
    d = joined(second[2], second[3]) | 1
  }

  /// The next 64 random bits.
  @inline(__always)
  public mutating func next() -> UInt64 {
    let sum = a &+ d
    let result = (sum << 23 | sum >> 41) &+ a
    let shifted = b << 17
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = d << 45 | d >> 19
    return result
  }

  /// Uniform in [low, high), 53 bits.
  @inline(__always)
  mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * (Double(next() >> 11) * 0x1p-53)
  }

  /// A whole number in `0 ..< bound`.
  @inline(__always)
  mutating func whole(below bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A standard normal (Marsaglia's polar method, both numbers used).
  mutating func normal() -> Double {
    if let known = spare {
      spare = nil
      return known
    }
    while true {
      let x = uniform(-1, 1)
      let y = uniform(-1, 1)
      let square = x * x + y * y
      if square < 1 && square > 0 {
        let factor = (-2 * log(square) / square).squareRoot()
        spare = y * factor
        return x * factor
      }
    }
  }
}
