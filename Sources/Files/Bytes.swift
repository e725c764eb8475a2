import Foundation

/// Whole files as bytes.
public enum Bytes {
  /// Reads a file.
  ///
  /// - Parameter limit: most bytes that are accepted; the length is looked at before anything is allocated.
  /// - Throws: `FileError`: `missing`, `unreadable`, `oversized`, `io`.
  public static func read(_ url: URL, limit: Int = 1 << 32) throws(FileError) -> [UInt8] {
    let path = url.path
    let file = try Descriptor.reading(path)
    let length = try Posix.status(path)?.bytes ?? 0
    let tooLong = FileError(
      .oversized, path: path, expected: "at most \(limit) bytes", found: "more")
    if length > limit { throw tooLong }
    var bytes = try file.read(length)
    while true {
      // A file may grow or shrink while it is read; what counts is what is read.
      let more = try file.read(1 << 16)
      if more.isEmpty { return bytes }
      bytes += more
      if bytes.count > limit { throw tooLong }
    }
  }
}
