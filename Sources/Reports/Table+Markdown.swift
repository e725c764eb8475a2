extension Table {
  /// GitHub's Markdown; bars and line ends inside cells are escaped.
  public var markdown: String {
    var lines: [String] = []
    if !title.isEmpty { lines += ["**\(Self.escaped(title))**", ""] }
    lines.append(Self.line(columns.map { Self.escaped($0.heading) }))
    lines.append(Self.line(columns.map { $0.kind == .text ? ":---" : "---:" }))
    lines += rows.map { row in Self.line(row.map { Self.escaped($0.text) }) }
    if !note.isEmpty { lines += ["", note] }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ cells: [String]) -> String {
    "| " + cells.joined(separator: " | ") + " |"
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "|": out += "\\|"
      case "\\": out += "\\\\"
      case "\n", "\r", "\r\n": out += " "
      default: out.append(character)
      }
    }
    return out
  }
}
