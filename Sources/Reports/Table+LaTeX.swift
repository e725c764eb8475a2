extension Table {
  /// A `tabular` with the rules of the package booktabs; the title is a comment.
  public var latex: String {
    var lines: [String] = []
    if !title.isEmpty {
      lines.append("% " + title.split(whereSeparator: \.isNewline).joined(separator: " "))
    }
    let sides = columns.map { $0.kind == .text ? "l" : "r" }.joined()
    lines.append("\\begin{tabular}{\(sides)}")
    lines.append("\\toprule")
    lines.append(Self.line(columns.map { Self.escaped($0.heading) }))
    lines.append("\\midrule")
    for (index, row) in rows.enumerated() {
      if breaks.contains(index) { lines.append("\\midrule") }
      lines.append(Self.line(row.map { Self.escaped($0.text) }))
    }
    lines.append("\\bottomrule")
    if !note.isEmpty {
      lines.append(
        "\\multicolumn{\(columns.count)}{l}{\\footnotesize \(Self.escaped(note))} \\\\")
    }
    lines.append("\\end{tabular}")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ cells: [String]) -> String {
    cells.joined(separator: " & ") + " \\\\"
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "\\": out += "\\textbackslash{}"
      case "~": out += "\\textasciitilde{}"
      case "^": out += "\\textasciicircum{}"
      case "&", "%", "$", "#", "_", "{", "}": out += "\\\(character)"
      case "±": out += "$\\pm$"
      case "×": out += "$\\times$"
      case "−": out += "$-$"
      case "—": out += "---"
      case "≤": out += "$\\le$"
      case "≥": out += "$\\ge$"
      case "\n", "\r", "\r\n": out += " "
      default: out.append(character)
      }
    }
    return out
  }
}
