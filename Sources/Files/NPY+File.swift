import Foundation

// Format: numpy/lib/format.py, versions 1.0 and 2.0 (NEP 1).
extension NPY {
  private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// Reads a file.
  ///
  /// - Parameter limit: most bytes that are accepted.
  /// - Throws: `FileError`, also for what NumPy can write and this cannot read: big-endian, Fortran order, objects, records.
  public static func read(_ url: URL, limit: Int = 1 << 32) throws(FileError) -> NPY {
    try parse(try Bytes.read(url, limit: limit), path: url.path)
  }

  /// Reads the bytes of a file.
  ///
  /// - Parameter path: what errors call it.
  public static func parse(_ bytes: [UInt8], path: String = "npy") throws(FileError) -> NPY {
    guard bytes.count >= 10 || !bytes.starts(with: magic.prefix(bytes.count)) else {
      throw FileError(
        .truncated, path: path, at: .byte(bytes.count), expected: "a header of at least 10 bytes",
        found: "end of file")
    }
    guard bytes.starts(with: magic) else {
      throw FileError(
        .wrongMagic, path: path, at: .byte(0), expected: "magic \\x93NUMPY",
        found: hexadecimal(bytes.prefix(6)))
    }
    let lengthBytes: Int
    switch (bytes[6], bytes[7]) {
    case (1, 0): lengthBytes = 2
    case (2, 0): lengthBytes = 4
    default:
      throw FileError(
        .unsupported, path: path, at: .byte(6), expected: "version 1.0 or 2.0",
        found: "\(bytes[6]).\(bytes[7])")
    }
    let start = 8 + lengthBytes
    var length = 0
    for offset in 0..<lengthBytes where 8 + offset < bytes.count {
      length |= Int(bytes[8 + offset]) << (8 * offset)
    }
    guard start + length <= bytes.count else {
      throw FileError(
        .truncated, path: path, at: .byte(bytes.count),
        expected: "a header up to byte \(start + length)", found: "end of file")
    }
    let (type, shape) = try header(bytes[start..<(start + length)], path: path)
    let body = bytes.count - start - length
    guard let expected = shape.byteCount(elementSize: type.size) else {
      throw FileError(
        .malformed, path: path, at: .byte(start), expected: "a shape whose size fits 64 bits",
        found: "\(shape)")
    }
    let words = "\(expected) bytes of \(type.rawValue) for shape \(shape)"
    if body < expected {
      throw FileError(
        .truncated, path: path, at: .byte(bytes.count), expected: words, found: "\(body)")
    }
    if body > expected {
      throw FileError(
        .oversized, path: path, at: .byte(start + length + expected), expected: words,
        found: "\(body)")
    }
    return NPY(shape: shape, elementType: type, bytes: Array(bytes[(start + length)...]))
  }

  /// The dictionary of a header: element type and shape.
  private static func header(
    _ bytes: ArraySlice<UInt8>, path: String
  ) throws(FileError) -> (ElementType, [Int]) {
    var scan = ByteScanner(bytes, path: path)
    var type: ElementType?
    var shape: [Int]?
    var order: Bool?
    try scan.need("{")
    while !scan.take("}") {
      scan.skipSpace()
      let at = scan.position
      let key = try scan.plainText()
      try scan.need(":")
      switch key {
      case "descr" where type == nil: type = try descriptor(&scan)
      case "fortran_order" where order == nil:
        scan.skipSpace()
        let at = scan.position
        let word = scan.word()
        switch word {
        case "False": order = false
        case "True":
          throw FileError(
            .unsupported, path: path, at: .byte(at), expected: "C order",
            found: "Fortran order")
        default: throw scan.mistake("True or False", at: at)
        }
      case "shape" where shape == nil:
        var lengths: [Int] = []
        try scan.need("(")
        while !scan.take(")") {
          if lengths.count == 32 { throw scan.mistake("at most 32 axes", found: "more") }
          lengths.append(try scan.number())
          if !scan.take(",") {
            try scan.need(")")
            break
          }
        }
        shape = lengths
      default:
        throw scan.mistake(
          "descr, fortran_order and shape, once each", found: "\"\(key)\"", at: at)
      }
      if !scan.take(",") {
        try scan.need("}")
        break
      }
    }
    scan.skipSpace()
    if scan.peek != nil { throw scan.mistake("blanks up to the end of the header") }
    guard let type, let shape, order != nil else {
      throw scan.mistake(
        "descr, fortran_order and shape", found: "not all of them", at: bytes.startIndex)
    }
    return (type, shape)
  }

  private static func descriptor(_ scan: inout ByteScanner) throws(FileError) -> ElementType {
    scan.skipSpace()
    let at = scan.position
    func unsupported(_ expected: String, _ found: String) -> FileError {
      FileError(
        .unsupported, path: scan.path, at: .byte(at), expected: expected, found: found)
    }
    if scan.peek == UInt8(ascii: "[") { throw unsupported("a plain element type", "a record") }
    let text = try scan.plainText()
    if text.hasPrefix(">") { throw unsupported("a little-endian type", "big-endian \(text)") }
    if text.hasSuffix("O") { throw unsupported("numbers", "Python objects") }
    for type in ElementType.allCases {
      if text == "<" + type.rawValue { return type }
      if type.size == 1 && text == "|" + type.rawValue { return type }
    }
    throw unsupported("one of f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1", "\"\(text)\"")
  }

  /// The bytes of a file of version 1.0 (2.0 for a very long shape), the same ones NumPy writes.
  public func encoded() -> [UInt8] { NPY.head(shape, elementType) + bytes }

  /// What stands before the elements.
  static func head(_ shape: [Int], _ elementType: ElementType) -> [UInt8] {
    let lengths = shape.map(String.init).joined(separator: ", ")
    let tuple = shape.count == 1 ? "(\(lengths),)" : "(\(lengths))"
    let text = "{'descr': '\(elementType.descriptor)', 'fortran_order': False, 'shape': \(tuple), }"
    var header = Array(text.utf8)
    // NumPy leaves room for the first axis to grow to 21 digits in place, then pads to 64.
    if let first = shape.first { header += Array(repeating: 32, count: 21 - "\(first)".count) }
    let long = header.count + 1 + 10 > Int(UInt16.max)
    let prefix = long ? 12 : 10
    let total = (prefix + header.count + 1 + 63) / 64 * 64
    header += Array(repeating: 32, count: total - prefix - header.count - 1)
    header.append(10)
    let start = NPY.magic + [long ? 2 : 1, 0]
    return start + LittleEndian.encode([UInt32(header.count)]).prefix(prefix - 8) + header
  }

  /// Writes a file, whole or not at all.
  ///
  /// - Throws: `FileError`: `noSpace`, `readOnly`, `io`.
  public func write(to url: URL) throws(FileError) {
    try AtomicFile.write(encoded(), to: url)
  }
}

/// The bytes as hexadecimal digits, or `end of file` for none.
func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
  if bytes.isEmpty { return "end of file" }
  return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
