import Files
import Foundation

extension Figure {
  /// Writes `<name>.png`, `.svg`, `.pdf` and `.csv` into a folder, each whole or not at all.
  ///
  /// - Returns: the names of the files, in the order written.
  /// - Throws: `ReportError.drawing`, or `FileError` as `AtomicFile.write` does.
  @discardableResult
  public func write(to folder: URL) throws -> [String] {
    let written = try drawing().write(named: name, to: folder)
    try CSV.write(csv, to: folder.appendingPathComponent("\(name).csv"))
    return written + ["\(name).csv"]
  }
}

extension Canvas {
  /// Writes `<name>.png`, `.svg` and `.pdf` into a folder, each whole or not at all.
  ///
  /// - Returns: the names of the files, in the order written.
  /// - Throws: `ReportError.drawing`, or `FileError` as `AtomicFile.write` does.
  @discardableResult
  public func write(named name: String, to folder: URL) throws -> [String] {
    // All are drawn before the first is written: a figure is not left in two versions by a refusal.
    let encodings = try DrawingFormat.allCases.map { ($0, try encoded(as: $0)) }
    var names: [String] = []
    for (format, bytes) in encodings {
      let file = "\(name).\(format.rawValue)"
      try AtomicFile.write(bytes, to: folder.appendingPathComponent(file))
      names.append(file)
    }
    return names
  }
}
