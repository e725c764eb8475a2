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
}
