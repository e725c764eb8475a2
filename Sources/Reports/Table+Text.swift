extension Table {
  /// Lines for a terminal `width` characters wide.
  ///
  /// Columns stand aligned where they fit. Where they do not, or below 60 characters, each row
  /// becomes a short list: its first cell, then one indented `heading: cell` per line.
  public func text(width: Int) -> String {
    let aligned = self.aligned
    let widest = aligned.map(Self.columns(of:)).max() ?? 0
    var lines = title.isEmpty ? [] : Self.wrapped(title, width)
    lines += width < 60 || widest > width ? listed(width) : aligned
    if !note.isEmpty { lines += Self.wrapped(note, width) }
    return lines.joined(separator: "\n") + "\n"
  }

  private var aligned: [String] {
    let headings = columns.map(\.heading)
    let body = rows.map { $0.map { Self.flat($0.text) } }
    let widths = columns.indices.map { column in
      ([headings] + body).map { Self.columns(of: $0[column]) }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      let padded = zip(columns.indices, cells).map { column, cell in
        let space = String(repeating: " ", count: widths[column] - Self.columns(of: cell))
        return columns[column].kind == .text ? cell + space : space + cell
      }
      return Self.trimmed(padded.joined(separator: "  "))
    }
    let rule = String(
      repeating: "─", count: widths.reduce(0, +) + 2 * max(columns.count - 1, 0))
    var lines = [line(headings), rule]
    for (index, row) in body.enumerated() {
      if breaks.contains(index) { lines.append(rule) }
      lines.append(line(row))
    }
    return lines
  }

  private func listed(_ width: Int) -> [String] {
    rows.flatMap { row -> [String] in
      var lines = Self.wrapped(Self.flat(row[0].text), width)
      for (column, cell) in zip(columns, row).dropFirst() where !cell.text.isEmpty {
        lines += Self.wrapped("\(column.heading): \(Self.flat(cell.text))", width, indent: 2)
      }
      return lines
    }
  }

  /// Words in lines of at most `width` characters; a longer word stands alone.
  static func wrapped(_ text: String, _ width: Int, indent: Int = 0) -> [String] {
    var lines: [String] = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      if let last = lines.last, columns(of: last) + 1 + columns(of: String(word)) <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        let space = lines.isEmpty ? indent : 2 * indent
        lines.append(String(repeating: " ", count: space) + word)
      }
    }
    return lines.isEmpty ? [""] : lines
  }

  /// Columns of a terminal that the text takes: ideographs and emoji take two.
  static func columns(of text: String) -> Int {
    text.reduce(0) { sum, character in
      guard let scalar = character.unicodeScalars.first else { return sum }
      let isWide =
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
          0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
          true
        default: false
        }
      return sum + (isWide ? 2 : 1)
    }
  }

  private static func flat(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
  }

  private static func trimmed(_ text: String) -> String {
    var text = text
    while text.last == " " { text.removeLast() }
    return text
  }
}
