import Foundation

/// A file that grows while it is fetched and gets its final name only once it has been checked.
///
/// A class because it owns an open, locked file: while it lives no other process can have the same one.
public final class PartFile {
  /// Where it stands while it is not finished.
  public let url: URL
  /// Bytes so far.
  public private(set) var count: Int
  private let file: Descriptor

  /// Opens or makes the part of `final`: `<final>.part`, locked.
  ///
  /// - Throws: `FileError`: `exists` when another process holds it, `missing`, `noSpace`, `readOnly`, `io`.
  public init(of final: URL) throws(FileError) {
    url = URL(fileURLWithPath: final.path + ".part")
    file = try Descriptor.appending(url.path)
    count = try FileStatus.of(url)?.bytes ?? 0
  }

  /// Throws away what is there.
  public func restart() throws(FileError) {
    try file.truncate()
    count = 0
  }

  /// Adds bytes at the end.
  public func append(_ bytes: [UInt8]) throws(FileError) {
    try file.write(bytes)
    count += bytes.count
  }

  /// Gives the file its final name, durably, replacing what is there.
  public func commit(to final: URL) throws(FileError) {
    try file.sync()
    try Posix.rename(url.path, final.path)
    try Posix.syncFolder(final.deletingLastPathComponent().path)
  }

  /// Removes the part.
  public func discard() {
    Posix.remove(url.path)
  }
}
