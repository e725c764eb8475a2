import Foundation

/// A table of texts with named columns.
public struct CSVTable: Hashable, Sendable {
  /// Column names, each once.
  public var header: [String]
  /// Rows, each as long as the header.
  public var rows: [[String]]

  /// A table; every row must be as long as the header.
  public init(header: [String], rows: [[String]] = []) {
    precondition(rows.allSatisfy { $0.count == header.count }, "rows: a row of another length")
    self.header = header
    self.rows = rows
  }

  /// Position of a column; `nil` if there is none of this name.
  public func column(_ name: String) -> Int? { header.firstIndex(of: name) }

  /// All values of a column; `nil` if there is none of this name.
  public func values(_ name: String) -> [String]? {
    column(name).map { index in rows.map { $0[index] } }
  }
}

/// Comma-separated values as RFC 4180 describes them, with lines ending in `\n`.
public enum CSV {
  /// Reads a file.
  ///
  /// - Throws: `FileError`.
  public static func read(_ url: URL, limit: Int = 1 << 30) throws(FileError) -> CSVTable {
    try parse(try Bytes.read(url, limit: limit), path: url.path)
  }

  /// Reads UTF-8 bytes; blank lines are skipped, blanks belong to their field, lines may end in `\r\n`.
  ///
  /// - Parameter path: what errors call it.
  /// - Throws: `FileError` with the line: not UTF-8, no header, a column twice, a row of another length,
  ///   a quote inside an unquoted field, a quote never closed.
  public static func parse(_ bytes: [UInt8], path: String = "csv") throws(FileError) -> CSVTable {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let body = bytes.starts(with: mark) ? Array(bytes.dropFirst(3)) : bytes
    if let offset = firstInvalidUTF8(body) {
      let line = 1 + body[..<offset].count { $0 == 10 }
      throw FileError(
        .malformed, path: path, at: .line(line), expected: "UTF-8",
        found: "byte \(body[offset])")
    }
    let records = try CSVParser.records(body, path: path)
    guard let header = records.first else {
      throw FileError(
        .malformed, path: path, at: .line(1), expected: "a header", found: "end of file")
    }
    var names: Set<String> = []
    for (index, name) in header.fields.enumerated() where !names.insert(name).inserted {
      throw FileError(
        .malformed, path: path, at: .line(header.line), expected: "unique column names",
        found: "\"\(name)\" again as column \(index + 1)")
    }
    for record in records where record.fields.count != header.fields.count {
      throw FileError(
        .malformed, path: path, at: .line(record.line),
        expected: "\(header.fields.count) fields", found: "\(record.fields.count)")
    }
    return CSVTable(header: header.fields, rows: records.dropFirst().map(\.fields))
  }

  /// The text of a table: quotes only where they are needed, every line ended by `\n`.
  public static func encode(_ table: CSVTable) -> String {
    var text = ""
    for row in [table.header] + table.rows {
      precondition(row.count == table.header.count, "rows: a row of another length")
      // A lone empty field would read as a blank line.
      text += row == [""] ? "\"\"" : row.map(quoted).joined(separator: ",")
      text += "\n"
    }
    return text
  }

  /// Writes a file, whole or not at all.
  ///
  /// - Throws: `FileError`: `noSpace`, `readOnly`, `io`.
  public static func write(_ table: CSVTable, to url: URL) throws(FileError) {
    try AtomicFile.write(encode(table), to: url)
  }

  /// The shortest text that reads back as the same number: `5`, `0.1`, `1e-07`, `nan`, `inf`.
  public static func number(_ value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func quoted(_ field: String) -> String {
    // A byte order mark at the start of a file would be taken for one.
    let special =
      field.utf8.contains { $0 == 34 || $0 == 44 || $0 == 10 || $0 == 13 }
      || field.utf8.starts(with: [0xEF, 0xBB, 0xBF])
    return special ? "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : field
  }

  /// Offset of the first byte that is not part of valid UTF-8.
  private static func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    // Only now look for the place: a valid prefix of a broken text is found by halving.
    var low = 0
    var high = bytes.count
    while low + 1 < high {
      let middle = (low + high) / 2
      var end = middle
      // Do not cut a character: step back to the start of one.
      while end > low, bytes[end] & 0xC0 == 0x80 { end -= 1 }
      if end == low { break }
      if String(validating: bytes[low..<end], as: UTF8.self) != nil {
        low = end
      } else {
        high = end
      }
    }
    return low
  }
}
