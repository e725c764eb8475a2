import Files
import Foundation

/// A row of a table read by column name, which knows its place for errors.
struct CSVRow {
  let file: String
  let line: Int
  let fields: [String: String]

  subscript(name: String) -> String? { fields[name] }
  subscript(name: String, default value: String) -> String { fields[name] ?? value }

  func required(_ name: String) throws -> String {
    guard let text = fields[name], !text.isEmpty else {
      throw HarnessError.malformed(
        file: file, line: line, expected: "a value in column '\(name)'", found: "nothing")
    }
    return text
  }

  func number(_ name: String) throws -> Double {
    let text = try required(name)
    guard let value = Double(text), value.isFinite else {
      throw HarnessError.malformed(
        file: file, line: line, expected: "a finite number in column '\(name)'", found: text)
    }
    return value
  }

  /// Rows of a file; the line is that of a table without line breaks inside fields.
  static func read(_ url: URL) throws -> (header: [String], rows: [CSVRow]) {
    let table = try CSV.read(url, limit: 1 << 28)
    let rows = table.rows.enumerated().map { index, row in
      CSVRow(
        file: url.lastPathComponent, line: index + 2,
        fields: Dictionary(uniqueKeysWithValues: zip(table.header, row)))
    }
    return (table.header, rows)
  }
}
