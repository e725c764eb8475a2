import Files
import Foundation

/// The format of MNIST: a magic number, counts, then one byte per value, all big-endian.
///
/// Source: yann.lecun.com/exdb/mnist, "File formats".
public enum IDX {
  /// Magic of three axes of unsigned bytes.
  public static let imageMagic = 2051
  /// Magic of one axis of unsigned bytes.
  public static let labelMagic = 2049

  /// Pictures of one size.
  public struct Images: Hashable, Sendable {
    /// Number of pictures.
    public let count: Int
    /// Rows.
    public let height: Int
    /// Columns.
    public let width: Int
    /// `[count, height, width]`.
    public let pixels: [UInt8]
  }

  /// The bytes of a file, decompressed if they are gzip, whatever its name.
  ///
  /// - Parameter limit: most bytes that are accepted, also after decompression.
  /// - Throws: `FileError`; a name in `.gz` whose content is neither gzip nor idx is `wrongMagic`.
  public static func read(_ url: URL, limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
    try unpack(try Bytes.read(url, limit: limit), path: url.path, limit: limit)
  }

  /// `bytes`, decompressed if they are gzip.
  static func unpack(
    _ bytes: [UInt8], path: String, limit: Int
  ) throws(FileError) -> [UInt8] {
    let isIDX = bytes.starts(with: [0, 0])
    if Gzip.isGzip(bytes) || (path.hasSuffix(".gz") && !isIDX) {
      return try Gzip.decompress(bytes, limit: limit, path: path)
    }
    return bytes
  }

  /// Pictures from unpacked bytes.
  ///
  /// - Parameter path: what errors call the file.
  /// - Throws: `FileError`: `wrongMagic`, `truncated`, `oversized`, `malformed`.
  public static func images(_ bytes: [UInt8], path: String = "idx") throws(FileError) -> Images {
    let lengths = try header(bytes, magic: imageMagic, axes: 3, path: path)
    return Images(
      count: lengths[0], height: lengths[1], width: lengths[2], pixels: Array(bytes[16...]))
  }

  /// Labels from unpacked bytes.
  ///
  /// - Parameters:
  ///   - classes: number of classes; every label must be below.
  ///   - path: what errors call the file.
  /// - Throws: `FileError`: `wrongMagic`, `truncated`, `oversized`, `malformed`.
  public static func labels(
    _ bytes: [UInt8], classes: Int = 256, path: String = "idx"
  ) throws(FileError) -> [UInt8] {
    _ = try header(bytes, magic: labelMagic, axes: 1, path: path)
    if let offset = bytes[8...].firstIndex(where: { Int($0) >= classes }) {
      throw FileError(
        .malformed, path: path, at: .byte(offset), expected: "a label below \(classes)",
        found: "\(bytes[offset])")
    }
    return Array(bytes[8...])
  }

  /// Checks the magic and that the file is as long as its counts say; gives the counts.
  private static func header(
    _ bytes: [UInt8], magic: Int, axes: Int, path: String
  ) throws(FileError) -> [Int] {
    func number(_ offset: Int) throws(FileError) -> Int {
      guard bytes.count >= offset + 4 else {
        throw FileError(
          .truncated, path: path, at: .byte(bytes.count),
          expected: "a header of \(4 + 4 * axes) bytes", found: "end of file")
      }
      return bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
    let found = try number(0)
    if found != magic {
      throw FileError(
        .wrongMagic, path: path, at: .byte(0), expected: "magic \(magic)", found: "\(found)")
    }
    var lengths: [Int] = []
    var total = 1
    for axis in 0..<axes {
      lengths.append(try number(4 + 4 * axis))
      let (product, overflow) = total.multipliedReportingOverflow(by: lengths[axis])
      if overflow {
        throw FileError(
          .malformed, path: path, at: .byte(4), expected: "counts whose product fits 64 bits",
          found: "\(lengths)")
      }
      total = product
    }
    let start = 4 + 4 * axes
    let words = lengths.map(String.init).joined(separator: " x ")
    if bytes.count - start < total {
      throw FileError(
        .truncated, path: path, at: .byte(bytes.count), expected: "\(total) bytes for \(words)",
        found: "\(bytes.count - start)")
    }
    if bytes.count - start > total {
      throw FileError(
        .oversized, path: path, at: .byte(start + total), expected: "\(total) bytes for \(words)",
        found: "\(bytes.count - start)")
    }
    return lengths
  }
}
