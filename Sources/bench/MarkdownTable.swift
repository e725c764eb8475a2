import Files
import Foundation
import Reports

/// The paper's own table of a report, read back from its `table.md` for a terminal.
enum MarkdownTable {
  /// Nil where the experiment has no such table.
  static func read(_ folder: URL) -> Table? {
    guard
      let bytes = try? Bytes.read(folder.appendingPathComponent("table.md"), limit: 1 << 22)
    else { return nil }
    return parse(String(decoding: bytes, as: UTF8.self))
  }

  static func parse(_ text: String) -> Table? {
    let lines = text.split(separator: "\n").map(String.init)
    guard let top = lines.firstIndex(where: { $0.hasPrefix("|") }), top + 1 < lines.count else {
      return nil
    }
    let columns = zip(cells(lines[top]), cells(lines[top + 1])).map { title, rule in
      TableColumn(title, rule.hasSuffix(":") ? .number : .text)
    }
    guard !columns.isEmpty else { return nil }
    let title = lines[..<top].joined(separator: " ").trimmingCharacters(in: ["*", " "])
    let note = lines[top...].filter { !$0.hasPrefix("|") }.joined(separator: " ")
    var table = Table(title: unescaped(title), columns: columns, note: note)
    var group: String?
    for line in lines[(top + 2)...] where line.hasPrefix("|") {
      let row = cells(line)
      guard row.count == columns.count else { return nil }
      if group != row[0] { table.startGroup() }
      group = row[0]
      table.append(row.map { $0.isEmpty ? .none : .text($0) })
    }
    return table
  }

  /// Cells of `| a | b |`, where `\|` is a bar inside a cell.
  private static func cells(_ line: String) -> [String] {
    var cells: [String] = []
    var cell = ""
    var isEscaped = false
    for character in line.dropFirst() {
      switch character {
      case "\\" where !isEscaped:
        isEscaped = true
        continue
      case "|" where !isEscaped:
        cells.append(cell.trimmingCharacters(in: .whitespaces))
        cell = ""
      default: cell.append(character)
      }
      isEscaped = false
    }
    return cells
  }

  private static func unescaped(_ text: String) -> String {
    text.replacingOccurrences(of: "\\|", with: "|").replacingOccurrences(of: "\\\\", with: "\\")
  }
}
