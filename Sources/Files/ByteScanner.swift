/// Reads the small textual headers of npy and safetensors, byte by byte, naming the offset of a mistake.
struct ByteScanner {
  let bytes: ArraySlice<UInt8>
  let path: String
  var position: Int

  init(_ bytes: ArraySlice<UInt8>, path: String) {
    self.bytes = bytes
    self.path = path
    position = bytes.startIndex
  }

  var peek: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  /// What stands at the position, for a message.
  var here: String {
    guard let byte = peek else { return "end of header" }
    if (33...126).contains(byte) { return "\"\(Character(UnicodeScalar(byte)))\"" }
    return "byte \(byte)"
  }

  func mistake(_ expected: String, found: String? = nil, at offset: Int? = nil) -> FileError {
    FileError(
      .malformed, path: path, at: .byte(offset ?? position), expected: expected,
      found: found ?? here)
  }

  mutating func skipSpace() {
    while let byte = peek, byte == 32 || (9...13).contains(byte) { position += 1 }
  }

  /// Takes `character` if it comes next, after blanks.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func need(_ character: Unicode.Scalar) throws(FileError) {
    if !take(character) { throw mistake("\"\(character)\"") }
  }

  /// Takes a word of ASCII letters.
  mutating func word() -> String {
    skipSpace()
    let start = position
    while let byte = peek, (65...90).contains(byte) || (97...122).contains(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// Takes a whole number of at most 18 digits, without a sign.
  mutating func number() throws(FileError) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while let byte = peek, (48...57).contains(byte) {
      if position - start == 18 { throw mistake("a number of at most 18 digits", found: "more") }
      value = value * 10 + Int(byte - 48)
      position += 1
    }
    if position == start { throw mistake("a whole number") }
    return value
  }

  /// Takes a text without escapes in quotes of either kind, as Python writes them.
  mutating func plainText() throws(FileError) -> String {
    skipSpace()
    guard let quote = peek, quote == 34 || quote == 39 else { throw mistake("a quoted text") }
    position += 1
    let start = position
    while let byte = peek, byte != quote, byte != 92, byte >= 32, byte < 127 { position += 1 }
    guard peek == quote else { throw mistake("a closing quote") }
    position += 1
    return String(decoding: bytes[start..<(position - 1)], as: UTF8.self)
  }

  /// Takes a JSON text with its escapes.
  mutating func jsonText() throws(FileError) -> String {
    try need("\"")
    let start = position
    var raw: [UInt8] = []
    while true {
      guard let byte = peek, byte >= 32 else { throw mistake("a closing quote") }
      position += 1
      if byte == 34 { break }
      if byte != 92 {
        raw.append(byte)
        continue
      }
      guard let escape = peek else { throw mistake("an escape") }
      position += 1
      switch escape {
      case 34, 92, 47: raw.append(escape)
      case UInt8(ascii: "b"): raw.append(8)
      case UInt8(ascii: "f"): raw.append(12)
      case UInt8(ascii: "n"): raw.append(10)
      case UInt8(ascii: "r"): raw.append(13)
      case UInt8(ascii: "t"): raw.append(9)
      case UInt8(ascii: "u"):
        var code = try hexadecimal()
        if (0xD800..<0xDC00).contains(code) {
          guard bytes[position...].starts(with: Array("\\u".utf8)) else {
            throw mistake("the second half of a surrogate pair")
          }
          position += 2
          let low = try hexadecimal()
          guard (0xDC00..<0xE000).contains(low) else {
            throw mistake("the second half of a surrogate pair")
          }
          code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = UnicodeScalar(code) else { throw mistake("a Unicode scalar") }
        raw += Array(String(Character(scalar)).utf8)
      default: throw mistake("an escape", at: position - 1)
      }
    }
    guard let text = String(validating: raw, as: UTF8.self) else {
      throw mistake("UTF-8", found: "other bytes", at: start)
    }
    return text
  }

  private mutating func hexadecimal() throws(FileError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
        throw mistake("four hexadecimal digits")
      }
      code = code * 16 + UInt32(digit)
      position += 1
    }
    return code
  }
}
