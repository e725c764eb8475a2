/// Writes the physical pixel size (chunk `pHYs`) that cairo leaves out, so that programs place the
/// picture at its printed size.
enum PNGDensity {
  static func insert(pixelsPerInch: Double, into png: [UInt8]) -> [UInt8] {
    let headerEnd = 8 + 25  // signature, then IHDR: length, name, 13 bytes, checksum
    guard png.count > headerEnd else { return png }
    let perMetre = UInt32((pixelsPerInch / 0.0254).rounded())
    let body = Array("pHYs".utf8) + bigEndian(perMetre) + bigEndian(perMetre) + [1]
    let chunk = bigEndian(9) + body + bigEndian(checksum(body))
    return png[..<headerEnd] + chunk + png[headerEnd...]
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// CRC-32 as PNG defines it; nine bytes do not deserve a table.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
    }
    return ~crc
  }
}
