import Files
import Foundation

extension Table {
  /// Writes `<name>.csv`, `.md` and `.tex` into a folder, each whole or not at all.
  ///
  /// - Returns: the names of the files, in the order written.
  /// - Throws: `FileError` as `AtomicFile.write` does.
  @discardableResult
  public func write(named name: String, to folder: URL) throws(FileError) -> [String] {
    try CSV.write(csv, to: folder.appendingPathComponent("\(name).csv"))
    try AtomicFile.write(markdown, to: folder.appendingPathComponent("\(name).md"))
    try AtomicFile.write(latex, to: folder.appendingPathComponent("\(name).tex"))
    return ["\(name).csv", "\(name).md", "\(name).tex"]
  }
}
