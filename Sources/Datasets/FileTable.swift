import Files
import Foundation

/// A table of files: lines of name, length and SHA-256 with tabs between, under a line of these words.
///
/// Names are relative and have no part that begins with a dot: none leaves the folder.
struct FileTable: Sendable {
  /// A file.
  struct Row: Hashable, Sendable {
    var name: String
    var bytes: Int
    var sha256: Digest

    /// The same as a form in a catalogue.
    func variant(_ id: String) -> Catalogue.Variant {
      Catalogue.Variant(id: id, name: name, bytes: bytes, sha256: sha256)
    }
  }

  static let header = "file\tbytes\tsha256"

  /// Reads a table.
  ///
  /// - Throws: `FileError`: `malformed` with the line.
  static func read(_ url: URL) throws(FileError) -> [Row] {
    try parse(try Bytes.read(url, limit: 1 << 24), path: url.path)
  }

  static func parse(_ bytes: [UInt8], path: String) throws(FileError) -> [Row] {
    func wrong(_ line: Int, _ expected: String, _ found: some StringProtocol) -> FileError {
      FileError(
        .malformed, path: path, at: .line(line), expected: expected,
        found: found.isEmpty ? "nothing" : "\"\(found.prefix(200))\"")
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    guard lines[0] == header else { throw wrong(1, "file, bytes, sha256", lines[0]) }
    var rows: [Row] = []
    var names: Set<String> = []
    for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard parts.count == 3, let length = Int(parts[1]), length >= 0,
        let digest = Digest(hex: String(parts[2]))
      else { throw wrong(index + 1, "a name, a length, a SHA-256", line) }
      let folders = parts[0].split(separator: "/", omittingEmptySubsequences: false)
      guard folders.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.utf8.contains(0) }),
        names.insert(String(parts[0])).inserted
      else { throw wrong(index + 1, "a relative name, once", parts[0]) }
      rows.append(Row(name: String(parts[0]), bytes: length, sha256: digest))
    }
    if rows.isEmpty { throw wrong(2, "a file", "") }
    return rows
  }

  /// The bytes of a table.
  static func encoded(_ rows: [Row]) -> [UInt8] {
    Array(
      ([header] + rows.map { "\($0.name)\t\($0.bytes)\t\($0.sha256)" })
        .map { $0 + "\n" }.joined().utf8)
  }
}
