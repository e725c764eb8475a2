import Compute

/// Damages bytes the way disks, networks and adversaries do; the same generator gives the same damage.
public struct Mutator {
  /// Numbers that readers get wrong: borders of types, of signs, and counts no file has.
  static let borders: [UInt64] = [
    0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0xEA60, 0x7FFF_FFFF,
    0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF,
  ]

  /// One to eight changes, one after the other, each half as often as one fewer; `other` is a valid file to take pieces from.
  public static func mutate(
    _ bytes: [UInt8], with other: [UInt8], using generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    var bytes = bytes
    let changes = 1 + min(7, generator.next().trailingZeroBitCount)
    for _ in 0..<changes { change(&bytes, other, &generator) }
    return bytes
  }

  private static func change(
    _ bytes: inout [UInt8], _ other: [UInt8], _ generator: inout some RandomNumberGenerator
  ) {
    let place = pick(bytes.count + 1, &generator)
    let length = min(bytes.count - place, 1 + pick(16, &generator) * pick(16, &generator))
    switch pick(14, &generator) {
    case 0...2 where place < bytes.count: bytes[place] ^= 1 << UInt8(pick(8, &generator))
    case 3...4 where place < bytes.count: bytes[place] = UInt8(pick(256, &generator))
    case 5: bytes.removeSubrange(place...)
    case 6: bytes.removeSubrange(place..<(place + length))
    case 7: bytes.insert(contentsOf: bytes[place..<(place + length)], at: place)
    case 8:
      let added = (0..<(1 + pick(8, &generator))).map { _ in UInt8(pick(256, &generator)) }
      bytes.insert(contentsOf: added, at: place)
    case 9 where !other.isEmpty:
      // The rest of another file.
      bytes.replaceSubrange(place..., with: other[pick(other.count, &generator)...])
    case 10...11: writeNumber(into: &bytes, at: place, &generator)
    case 12: changeDigit(of: &bytes, &generator)
    default:
      // A number in the first 64 bytes, where headers have their counts.
      writeNumber(into: &bytes, at: pick(min(bytes.count, 64) + 1, &generator), &generator)
    }
  }

  /// Writes a border number of 1 to 8 bytes over what is there.
  private static func writeNumber(
    into bytes: inout [UInt8], at place: Int, _ generator: inout some RandomNumberGenerator
  ) {
    let number = borders[pick(borders.count, &generator)]
    let width = 1 << pick(4, &generator)
    let big = pick(2, &generator) == 0
    for index in 0..<width where place + index < bytes.count {
      let shift = 8 * (big ? width - 1 - index : index)
      bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(shift))
    }
  }

  /// Another digit, or a few of them, where the text has one.
  private static func changeDigit(
    of bytes: inout [UInt8], _ generator: inout some RandomNumberGenerator
  ) {
    let digits = bytes.indices.prefix(4096).filter { (48...57).contains(bytes[$0]) }
    guard !digits.isEmpty else { return }
    let place = digits[pick(digits.count, &generator)]
    let added = (0..<(1 + pick(3, &generator) * pick(8, &generator))).map { _ in
      UInt8(48 + pick(10, &generator))
    }
    bytes.replaceSubrange(place...place, with: added)
  }

  /// A number in `0 ..< bound`.
  static func pick(_ bound: Int, _ generator: inout some RandomNumberGenerator) -> Int {
    Int(generator.next().multipliedFullWidth(by: UInt64(bound)).high)
  }
}
