import Foundation

/// Writes an array of floats whose shape is known beforehand part by part, so that it never stands in memory as a whole.
///
/// The file is there once `finish` has returned, and not before. A class because it owns an open file.
public final class NPYWriter {
  private let url: URL
  private let temporary: String
  private let file: Descriptor
  private var missing: Int
  private var isFinished = false

  /// A file of `f4` of this shape.
  ///
  /// - Throws: `FileError`: `missing` (no such folder), `noSpace`, `readOnly`, `io`.
  public init(_ url: URL, shape: [Int]) throws(FileError) {
    precondition(shape.allSatisfy { $0 >= 0 }, "shape: negative length")
    self.url = url
    temporary = TemporaryName.beside(url)
    missing = shape.reduce(1, *)
    file = try Descriptor.creating(temporary)
    try file.write(NPY.head(shape, .f4))
  }

  deinit { if !isFinished { Posix.remove(temporary) } }

  /// The next elements, last axis fastest.
  ///
  /// - Throws: `FileError`: `noSpace`, `io`.
  public func append(_ floats: [Float]) throws(FileError) {
    precondition(floats.count <= missing, "\(floats.count) floats where \(missing) are missing")
    missing -= floats.count
    try file.write(LittleEndian.encode(floats))
  }

  /// Puts the file in its place once every element has been written.
  ///
  /// - Throws: `FileError`: `noSpace`, `readOnly`, `io`.
  public func finish() throws(FileError) {
    precondition(missing == 0 && !isFinished, "\(missing) floats are missing")
    try file.sync()
    try Posix.rename(temporary, url.path)
    isFinished = true
    try Posix.syncFolder(url.deletingLastPathComponent().path)
  }
}
