/// Checksums computed by the plain definitions, beside those of the libraries that the readers use.
public enum Repair {
  /// CRC-32 of PNG and gzip, bit by bit over a table.
  public static func crc(_ bytes: some Collection<UInt8>) -> UInt32 {
    var sum: UInt32 = 0xFFFF_FFFF
    for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ (sum >> 8) }
    return ~sum
  }

  private static let table: [UInt32] = (0..<256).map { (number: UInt32) in
    (0..<8).reduce(number) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ (sum >> 1) : sum >> 1 }
  }

  /// The checksum of every chunk that is still whole.
  @Sendable public static func png(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var position = 8
    while position + 12 <= bytes.count {
      let length = bytes[position..<(position + 4)].reduce(0) { $0 << 8 | Int($1) }
      let end = position + 8 + length
      if end + 4 > bytes.count { break }
      let sum = crc(bytes[(position + 4)..<end])
      for index in 0..<4 {
        bytes[end + index] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * index))
      }
      position = end + 4
    }
    return bytes
  }

  /// The checksum of every header of an archive, found by going from length to length.
  @Sendable public static func tar(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var position = 0
    while position + 512 <= bytes.count {
      if bytes[position..<(position + 512)].allSatisfy({ $0 == 0 }) { break }
      seal(&bytes, at: position)
      let digits = bytes[(position + 124)..<(position + 135)].filter { (48...55).contains($0) }
      let length = digits.reduce(0) { $0 << 3 | Int($1 - 48) }
      position += 512 + (length + 511) / 512 * 512
    }
    return bytes
  }

  /// A small archive of plain files.
  public static func archive(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var archive: [UInt8] = []
    for (name, content) in members {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, at offset: Int) {
        header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
      }
      put(name, at: 0)
      put("0000644", at: 100)
      let length = String(content.count, radix: 8)
      put(String(repeating: "0", count: 11 - length.count) + length, at: 124)
      put("0", at: 156)
      put("ustar", at: 257)
      put("00", at: 263)
      seal(&header, at: 0)
      archive += header + content
      archive += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
    return archive + [UInt8](repeating: 0, count: 1024)
  }

  /// Sum of the header's bytes, those of the sum taken as blanks, in six octal digits.
  private static func seal(_ bytes: inout [UInt8], at position: Int) {
    for index in 148..<156 { bytes[position + index] = 32 }
    let sum = bytes[position..<(position + 512)].reduce(0) { $0 + Int($1) }
    let digits = String(sum, radix: 8)
    let text = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    bytes.replaceSubrange((position + 148)..<(position + 154), with: text.utf8.prefix(6))
    bytes[position + 154] = 0
  }
}
