import Foundation

/// Where words go: data to standard output, everything else to standard error.
enum Console {
  /// A line on standard error.
  static func note(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

  /// A line that the next one replaces, on a terminal.
  static func status(_ line: String) {
    let width = columns
    let shown = line.count > width - 1 ? String(line.prefix(max(0, width - 2))) + "…" : line
    FileHandle.standardError.write(Data("\r\u{1B}[K\(shown)".utf8))
  }
  /// Removes the status line.
  static func clearStatus() { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }

  /// Whether standard error is a terminal that can redraw a line.
  static var isTerminal: Bool {
    isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }
  /// Width of the terminal, 80 where nobody knows.
  static var columns: Int {
    if let text = ProcessInfo.processInfo.environment["COLUMNS"], let number = Int(text), number > 0
    {
      return number
    }
    var size = winsize()
    for descriptor: Int32 in [1, 2]
    where ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 {
      return Int(size.ws_col)
    }
    return 80
  }

  /// `1 h 05 min`, `3 min 20 s`, `12 s`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    if whole >= 3600 { return String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60) }
    if whole >= 60 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
    return "\(whole) s"
  }

  /// `17 B`, `1.7 MB`.
  static func size(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var index = 0
    while value >= 999.5, index < units.count - 1 { (value, index) = (value / 1000, index + 1) }
    return index == 0 || value >= 99.95
      ? String(format: "%.0f \(units[index])", value)
      : String(format: "%.1f \(units[index])", value)
  }

  /// Columns for tables on standard output: those of the terminal, many where the output is read by a program.
  static var tableColumns: Int {
    ProcessInfo.processInfo.environment["COLUMNS"] != nil || isatty(1) == 1 ? columns : 200
  }

  /// Words in lines of at most `tableColumns` characters, all but the first indented.
  static func wrapped(_ text: String, indent: Int = 0, first: Int? = nil) -> String {
    let width = max(20, min(tableColumns, 120))
    var lines: [String] = []
    var line = String(repeating: " ", count: first ?? indent)
    var isEmpty = true
    for word in text.split(whereSeparator: \.isWhitespace) {
      if !isEmpty && line.count + 1 + word.count > width {
        lines.append(line)
        line = String(repeating: " ", count: indent)
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return (lines + [line]).joined(separator: "\n")
  }

  /// Asks on the terminal; false where there is none.
  static func confirms(_ question: String) -> Bool {
    guard isatty(0) == 1, isatty(2) == 1 else { return false }
    FileHandle.standardError.write(Data("\(question) [y/N] ".utf8))
    let answer = readLine()?.trimmingCharacters(in: .whitespaces).lowercased()
    return answer == "y" || answer == "yes"
  }
}
