/// Plain files of a tar archive in the POSIX (ustar) layout, as far as data sets are passed on in it.
public enum Tar {
  /// A file in an archive.
  public struct Member: Hashable, Sendable {
    /// Its path, as the archive says.
    public let path: String
    /// Its content.
    public let bytes: ArraySlice<UInt8>

    /// The last part of its path.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  }

  private static let block = 512

  /// The plain files of an archive, in its order; folders, links and extended headers are passed over.
  ///
  /// - Parameter path: what errors call it.
  /// - Throws: `FileError`: `truncated`, `malformed` (a checksum or a length that is none).
  public static func members(_ bytes: [UInt8], path: String = "tar") throws(FileError) -> [Member] {
    var members: [Member] = []
    var position = 0
    while position < bytes.count {
      guard bytes.count - position >= block else {
        throw FileError(
          .truncated, path: path, at: .byte(bytes.count), expected: "a header of \(block) bytes",
          found: "end of file")
      }
      let header = bytes[position..<(position + block)]
      // Two blocks of zeros end an archive; what follows is padding.
      if header.allSatisfy({ $0 == 0 }) { return members }
      let size = try number(header, 124, 12, "a length", path)
      let sum = try number(header, 148, 8, "a checksum", path)
      // The field of the sum itself counts as eight blanks.
      let found =
        header.reduce(0) { $0 + Int($1) }
        - header[(position + 148)..<(position + 156)].reduce(0) { $0 + Int($1) } + 8 * 32
      if sum != found {
        throw FileError(
          .malformed, path: path, at: .byte(position + 148), expected: "checksum \(found)",
          found: "\(sum)")
      }
      let start = position + block
      if size > bytes.count - start {
        throw FileError(
          .truncated, path: path, at: .byte(bytes.count), expected: "\(size) bytes of a file",
          found: "\(bytes.count - start)")
      }
      let kind = header[position + 156]
      if kind == 0 || kind == UInt8(ascii: "0") {
        let prefix = text(header, 345, 155)
        let name = text(header, 0, 100)
        members.append(
          Member(
            path: prefix.isEmpty ? name : prefix + "/" + name,
            bytes: bytes[start..<(start + size)]))
      }
      position = start + (size + block - 1) / block * block
    }
    return members
  }

  /// A text that a zero ends, unless it fills its field.
  private static func text(_ header: ArraySlice<UInt8>, _ offset: Int, _ length: Int) -> String {
    let start = header.startIndex + offset
    return String(
      decoding: header[start..<(start + length)].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// An octal number with blanks or zeros around it.
  private static func number(
    _ header: ArraySlice<UInt8>, _ offset: Int, _ length: Int, _ what: String, _ path: String
  ) throws(FileError) -> Int {
    let word = text(header, offset, length).filter { $0 != " " }
    guard let number = Int(word, radix: 8), number >= 0 else {
      throw FileError(
        .malformed, path: path, at: .byte(header.startIndex + offset),
        expected: "\(what) in octal digits", found: "\"\(word)\"")
    }
    return number
  }
}
