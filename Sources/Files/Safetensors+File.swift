import Foundation

// Format: 8 bytes little-endian header length, a JSON header, then the arrays without holes or overlap
// (huggingface/safetensors, README "Format").
extension SafetensorsFile {
  /// Longest header that is accepted, bytes.
  public static let headerLimit = 100_000_000

  /// Reads a file; arrays come in the order of their bytes.
  ///
  /// - Parameter limit: most bytes that are accepted.
  /// - Throws: `FileError`.
  public static func read(_ url: URL, limit: Int = 1 << 34) throws(FileError) -> SafetensorsFile {
    try parse(try Bytes.read(url, limit: limit), path: url.path)
  }

  /// Reads the bytes of a file.
  ///
  /// - Parameter path: what errors call it.
  public static func parse(
    _ bytes: [UInt8], path: String = "safetensors"
  ) throws(FileError) -> SafetensorsFile {
    guard bytes.count >= 8 else {
      throw FileError(
        .truncated, path: path, at: .byte(bytes.count), expected: "a header length of 8 bytes",
        found: "end of file")
    }
    let length = LittleEndian.decode(Array(bytes[0..<8]), as: UInt64.self)[0]
    if length > UInt64(headerLimit) {
      throw FileError(
        .oversized, path: path, at: .byte(0),
        expected: "a header of at most \(headerLimit) bytes", found: "\(length)")
    }
    let start = 8 + Int(length)
    if bytes.count < start {
      throw FileError(
        .truncated, path: path, at: .byte(bytes.count), expected: "a header up to byte \(start)",
        found: "end of file")
    }
    var scan = HeaderScanner(bytes[8..<start], path: path)
    let (metadata, entries) = try scan.header()
    let size = bytes.count - start
    var tensors: [Tensor] = []
    var end = 0
    for entry in entries.sorted(by: { ($0.begin, $0.end, $0.at) < ($1.begin, $1.end, $1.at) }) {
      func wrong(_ expected: String, _ found: String) -> FileError {
        FileError(
          .malformed, path: path, at: .byte(entry.at),
          expected: "\(expected) for \"\(entry.name)\"", found: found)
      }
      guard entry.begin == end else {
        throw wrong("data from byte \(end) on", "\(entry.begin)")
      }
      guard entry.end >= entry.begin else {
        throw wrong("an end not before \(entry.begin)", "\(entry.end)")
      }
      guard let expected = entry.shape.byteCount(elementSize: entry.type.size),
        expected == entry.end - entry.begin
      else {
        throw wrong(
          "the bytes of \(entry.type.rawValue) \(entry.shape)", "\(entry.end - entry.begin)")
      }
      guard entry.end <= size else {
        throw FileError(
          .truncated, path: path, at: .byte(bytes.count),
          expected: "\"\(entry.name)\" up to byte \(start + entry.end)", found: "end of file")
      }
      tensors.append(
        Tensor(
          name: entry.name, elementType: entry.type, shape: entry.shape,
          bytes: Array(bytes[(start + entry.begin)..<(start + entry.end)])))
      end = entry.end
    }
    if end != size {
      throw FileError(
        .oversized, path: path, at: .byte(start + end), expected: "end of file",
        found: "\(size - end) more bytes")
    }
    return SafetensorsFile(metadata: metadata, tensors: tensors)
  }

  /// The bytes of a file.
  ///
  /// The same value gives the same bytes: metadata sorted by key; wider elements first, so that each array is
  /// aligned to its element, else in the order of `tensors`; the header padded with blanks to 8 bytes.
  public func encoded() -> [UInt8] {
    let sorted = [8, 4, 2, 1].flatMap { size in
      tensors.filter { $0.elementType.size == size }
    }
    var parts: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      let text = pairs.map { "\(Self.json($0.key)):\(Self.json($0.value))" }
      parts.append("\"__metadata__\":{\(text.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in sorted {
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let end = offset + tensor.bytes.count
      parts.append(
        "\(Self.json(tensor.name)):{\"dtype\":\"\(tensor.elementType.rawValue)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array("{\(parts.joined(separator: ","))}".utf8)
    header += Array(repeating: 32, count: (8 - header.count % 8) % 8)
    var file = LittleEndian.encode([UInt64(header.count)])
    file.reserveCapacity(8 + header.count + offset)
    file += header
    for tensor in sorted { file += tensor.bytes }
    return file
  }

  /// Writes a file, whole or not at all.
  ///
  /// - Throws: `FileError`: `noSpace`, `readOnly`, `io`.
  public func write(to url: URL) throws(FileError) {
    try AtomicFile.write(encoded(), to: url)
  }

  private static func json(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case _ where scalar.value < 32:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

/// Reads the JSON header; only what the format allows is JSON here, and duplicate keys are errors.
private struct HeaderScanner {
  struct Entry {
    var name: String
    var type: SafetensorsFile.ElementType
    var shape: [Int]
    var begin: Int
    var end: Int
    /// Where the entry stands in the file, for messages.
    var at: Int
  }

  private var scan: ByteScanner

  init(_ bytes: ArraySlice<UInt8>, path: String) {
    scan = ByteScanner(bytes, path: path)
  }

  mutating func header() throws(FileError) -> ([String: String], [Entry]) {
    guard scan.peek == UInt8(ascii: "{") else { throw scan.mistake("\"{\"") }
    var metadata: [String: String]?
    var entries: [Entry] = []
    var names: Set<String> = []
    try object { (scanner: inout HeaderScanner, name, at) throws(FileError) in
      if !names.insert(name).inserted {
        throw scanner.scan.mistake("unique names", found: "\"\(name)\" twice", at: at)
      }
      if name == "__metadata__" {
        metadata = try scanner.texts()
      } else {
        entries.append(try scanner.entry(name, at))
      }
    }
    while let byte = scan.peek {
      if byte != 32 { throw scan.mistake("blanks up to the end of the header") }
      scan.position += 1
    }
    return (metadata ?? [:], entries)
  }

  /// `{"key": value, …}`, each value read by `body`.
  private mutating func object(
    _ body: (inout HeaderScanner, String, Int) throws(FileError) -> Void
  ) throws(FileError) {
    try scan.need("{")
    if scan.take("}") { return }
    repeat {
      scan.skipSpace()
      let at = scan.position
      let key = try scan.jsonText()
      try scan.need(":")
      try body(&self, key, at)
    } while scan.take(",")
    try scan.need("}")
  }

  private mutating func texts() throws(FileError) -> [String: String] {
    var texts: [String: String] = [:]
    try object { (scanner: inout HeaderScanner, key, at) throws(FileError) in
      scanner.scan.skipSpace()
      let value = try scanner.scan.jsonText()
      if texts.updateValue(value, forKey: key) != nil {
        throw scanner.scan.mistake("unique keys", found: "\"\(key)\" twice", at: at)
      }
    }
    return texts
  }

  private mutating func numbers() throws(FileError) -> [Int] {
    var numbers: [Int] = []
    try scan.need("[")
    if scan.take("]") { return [] }
    repeat {
      if numbers.count == 32 { throw scan.mistake("at most 32 axes", found: "more") }
      numbers.append(try scan.number())
    } while scan.take(",")
    try scan.need("]")
    return numbers
  }

  private mutating func entry(_ name: String, _ at: Int) throws(FileError) -> Entry {
    var type: SafetensorsFile.ElementType?
    var shape: [Int]?
    var range: [Int]?
    try object { (scanner: inout HeaderScanner, key, at) throws(FileError) in
      switch key {
      case "dtype" where type == nil:
        scanner.scan.skipSpace()
        let at = scanner.scan.position
        let text = try scanner.scan.jsonText()
        type = SafetensorsFile.ElementType(rawValue: text)
        if type == nil {
          throw FileError(
            .unsupported, path: scanner.scan.path, at: .byte(at),
            expected: "a known dtype for \"\(name)\"", found: "\"\(text)\"")
        }
      case "shape" where shape == nil: shape = try scanner.numbers()
      case "data_offsets" where range == nil: range = try scanner.numbers()
      default:
        throw scanner.scan.mistake(
          "dtype, shape and data_offsets, once each", found: "\"\(key)\"", at: at)
      }
    }
    guard let type, let shape, let range, range.count == 2 else {
      throw scan.mistake(
        "dtype, shape and two data_offsets for \"\(name)\"", found: "not all of them", at: at)
    }
    return Entry(name: name, type: type, shape: shape, begin: range[0], end: range[1], at: at)
  }
}
