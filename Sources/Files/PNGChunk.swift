import Foundation

/// A piece of a PNG file: type, data, checksum.
struct PNGChunk {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  let type: String
  let data: ArraySlice<UInt8>

  /// All chunks of a file, from `IHDR` to `IEND`, checksums verified.
  static func parse(_ bytes: [UInt8], path: String) throws(FileError) -> [PNGChunk] {
    guard bytes.starts(with: signature) else {
      throw FileError(
        .wrongMagic, path: path, at: .byte(0), expected: "PNG signature 89504e470d0a1a0a",
        found: hexadecimal(bytes.prefix(8)))
    }
    var chunks: [PNGChunk] = []
    var position = 8
    while chunks.last?.type != "IEND" {
      func truncated(_ expected: String) -> FileError {
        FileError(
          .truncated, path: path, at: .byte(bytes.count), expected: expected,
          found: "end of file")
      }
      if bytes.count - position < 12 { throw truncated("a chunk at byte \(position)") }
      let length = number(bytes[position..<(position + 4)])
      let type = String(decoding: bytes[(position + 4)..<(position + 8)], as: UTF8.self)
      let start = position + 8
      if length > bytes.count - start - 4 {
        throw truncated("chunk \(type) up to byte \(start + length + 4)")
      }
      let chunk = PNGChunk(type: type, data: bytes[start..<(start + length)])
      if chunks.isEmpty && (type != "IHDR" || length != 13) {
        throw FileError(
          .malformed, path: path, at: .byte(position), expected: "chunk IHDR of 13 bytes",
          found: "\(type) of \(length)")
      }
      let sum = number(bytes[(start + length)..<(start + length + 4)])
      let computed = Int(LibPNG.crc(bytes[(position + 4)..<(start + length)]))
      if sum != computed {
        throw FileError(
          .malformed, path: path, at: .byte(start + length),
          expected: "checksum \(computed) of chunk \(type)", found: "\(sum)")
      }
      // Capital first letters mark what a reader must understand.
      if bytes[position + 4] & 0x20 == 0, !["IHDR", "PLTE", "IDAT", "IEND"].contains(type) {
        throw FileError(
          .unsupported, path: path, at: .byte(position + 4),
          expected: "chunks that a reader may pass over", found: "critical chunk \(type)")
      }
      chunks.append(chunk)
      position = start + length + 4
    }
    if position != bytes.count {
      throw FileError(
        .oversized, path: path, at: .byte(position), expected: "end of file",
        found: "\(bytes.count - position) more bytes")
    }
    return chunks
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }

  /// The chunk as it stands in a file.
  var encoded: [UInt8] {
    let body = Array(type.utf8) + data
    return PNGChunk.bigEndian(UInt32(data.count)) + body + PNGChunk.bigEndian(LibPNG.crc(body[...]))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}

// MARK: - Texts

extension PNGChunk {
  /// A text: `tEXt` where Latin-1 can hold it, else `iTXt` in UTF-8.
  init(key: String, text: String) {
    let scalars = text.unicodeScalars
    if scalars.allSatisfy({ $0.value < 256 && $0.value > 0 }) {
      let body = Array(key.utf8) + [0] + scalars.map { UInt8($0.value) }
      self.init(type: "tEXt", data: body[...])
    } else {
      let body = Array(key.utf8) + [0, 0, 0, 0, 0] + Array(text.utf8)
      self.init(type: "iTXt", data: body[...])
    }
  }

  /// Key and value of an uncompressed text chunk.
  var text: (String, String)? {
    guard type == "tEXt" || type == "iTXt", let end = data.firstIndex(of: 0) else { return nil }
    let key = String(decoding: data[..<end], as: UTF8.self)
    var rest = data[(end + 1)...]
    if type == "tEXt" {
      var value = ""
      for byte in rest { value.unicodeScalars.append(UnicodeScalar(byte)) }
      return (key, value)
    }
    guard rest.first == 0, rest.count >= 4 else { return nil }
    rest = rest.dropFirst(2)
    // Language, then the key in that language, each ended by a zero.
    for _ in 0..<2 {
      guard let stop = rest.firstIndex(of: 0) else { return nil }
      rest = rest[(stop + 1)...]
    }
    return (key, String(decoding: rest, as: UTF8.self))
  }
}
