import CKernels
import Files
import Foundation

/// A counter-based generator: Philox4x32-10 (Salmon et al. 2011). Equal keys give equal numbers everywhere.
public struct Philox: RandomNumberGenerator, Sendable {
  private var key: (UInt32, UInt32)
  private var counter: UInt64 = 0
  private var buffer: [UInt32] = []

  /// A generator over the 64-bit key.
  public init(key: UInt64) {
    self.key = (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))
  }

  /// One block of four words for a counter and a key.
  public static func block(counter: [UInt32], key: [UInt32]) -> [UInt32] {
    precondition(counter.count == 4 && key.count == 2, "Philox4x32 takes 4 counter and 2 key words")
    var out = [UInt32](repeating: 0, count: 4)
    bench_philox(counter, key, &out)
    return out
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    if buffer.count < 2 {
      buffer = Philox.block(
        counter: [
          UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32), 0, 0,
        ],
        key: [key.0, key.1])
      counter += 1
    }
    let low = buffer.removeFirst()
    let high = buffer.removeFirst()
    return UInt64(high) << 32 | UInt64(low)
  }

  /// Uniform in [0, 1), 53 bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// One standard normal (Box and Muller).
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}

/// A random stream with a name: `seed / purpose / step`. Streams of different names are independent, so drawing
/// more from one never moves another.
public struct RandomStream: Sendable, Hashable {
  /// The path that names the stream, for provenance.
  public let path: String

  /// The stream of one purpose under a trial's seed.
  public init(seed: UInt64, _ purpose: String) { path = "\(seed)/\(purpose)" }
  private init(path: String) { self.path = path }

  /// A stream below this one.
  public func child(_ name: some CustomStringConvertible) -> RandomStream {
    RandomStream(path: "\(path)/\(name)")
  }

  /// 64 bits that stand for the path: the head of its SHA-256.
  public var key: UInt64 {
    UInt64(Digest.sha256(of: path).hex.prefix(16), radix: 16) ?? 0
  }

  /// A generator at the start of the stream.
  public var generator: Philox { Philox(key: key) }
}

/// Numbers in random order, 0 ..< count (Fisher and Yates).
public func permutation(_ count: Int, using generator: inout some RandomNumberGenerator) -> [Int32]
{
  var order = (0..<count).map(Int32.init)
  // Spelled out: the standard library may change how its own shuffle draws.
  for last in stride(from: count - 1, to: 0, by: -1) {
    let bound = UInt64(last + 1)
    let other = Int(generator.next().multipliedFullWidth(by: bound).high)
    order.swapAt(last, other)
  }
  return order
}
