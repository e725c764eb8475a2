import Fuzzing

/// PNG files piece by piece, right or wrong.
enum PNGFile {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10]

  static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bigEndian(data.count) + body + bigEndian(Int(Repair.crc(body)))
  }

  static func header(
    _ width: Int, _ height: Int, depth: UInt8 = 8, colour: UInt8 = 2, methods: [UInt8] = [0, 0, 0]
  ) -> [UInt8] {
    chunk("IHDR", bigEndian(width) + bigEndian(height) + [depth, colour] + methods)
  }

  /// A zlib stream that stores its bytes, with its own sum (Adler-32) or another.
  static func stored(_ bytes: [UInt8], sum: Int? = nil) -> [UInt8] {
    precondition(bytes.count < 65536)
    var (one, two) = (1, 0)
    for byte in bytes {
      one = (one + Int(byte)) % 65521
      two = (two + one) % 65521
    }
    let length = [UInt8(bytes.count & 255), UInt8(bytes.count >> 8)]
    let stream = [0x78, 0x01, 1] + length + length.map { ~$0 } + bytes
    return stream + bigEndian(sum ?? (two << 16 | one))
  }

  static let end = chunk("IEND", [])

  static func file(_ chunks: [UInt8]...) -> [UInt8] { signature + chunks.joined() + end }
}
