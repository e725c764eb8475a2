import CZlib
import Foundation

/// gzip through zlib, with a cap on what comes out.
public enum Gzip {
  /// Whether these first bytes are those of a gzip file.
  public static func isGzip(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: [0x1F, 0x8B])
  }

  /// The version of zlib in use, for records of what made a file.
  public static var version: String { String(cString: zlibVersion()) }

  /// Decompresses a file in pieces; only the result is held whole.
  ///
  /// - Parameter limit: most bytes that may come out.
  /// - Throws: `FileError`: `missing`, `unreadable`, `wrongMagic`, `truncated`, `oversized`, `malformed`.
  public static func decompress(file url: URL, limit: Int) throws(FileError) -> [UInt8] {
    let file = try Descriptor.reading(url.path)
    let inflater = try Inflater(path: url.path, limit: limit)
    while true {
      let piece = try file.read(1 << 18)
      if piece.isEmpty { return try inflater.finish() }
      try inflater.feed(piece)
    }
  }

  /// Decompresses bytes in memory.
  public static func decompress(
    _ bytes: [UInt8], limit: Int, path: String = "gzip"
  ) throws(FileError) -> [UInt8] {
    let inflater = try Inflater(path: path, limit: limit)
    try inflater.feed(bytes)
    return try inflater.finish()
  }

  /// Compresses at the highest level, without name or time: the same bytes for the same input and zlib.
  public static func compress(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    // 31 = 15 bits of window + 16 for a gzip frame.
    let opened = deflateInit2_(
      &stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(opened == Z_OK, "zlib: no memory")
    defer { deflateEnd(&stream) }
    var output: [UInt8] = []
    var offset = 0
    var status = Z_OK
    var input = bytes
    while status != Z_STREAM_END {
      // zlib counts in 32 bits, so that a large input is passed in pieces.
      let size = min(input.count - offset, 1 << 30)
      let last = offset + size == input.count
      var used = 0
      let piece = [UInt8](unsafeUninitializedCapacity: 1 << 16) { target, filled in
        input.withUnsafeMutableBufferPointer { source in
          stream.next_in = source.baseAddress.map { $0 + offset }
          stream.avail_in = UInt32(size)
          stream.next_out = target.baseAddress
          stream.avail_out = UInt32(target.count)
          status = deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH)
          used = size - Int(stream.avail_in)
          filled = target.count - Int(stream.avail_out)
        }
      }
      offset += used
      output += piece
    }
    return output
  }
}

/// Decompression that is fed piece by piece.
///
/// A class because zlib's state points into itself and must not move.
private final class Inflater {
  private let stream: UnsafeMutablePointer<z_stream>
  private let path: String
  private let limit: Int
  private var output: [UInt8] = []
  /// Compressed bytes taken so far.
  private var offset = 0
  /// Between two members, or before the first.
  private var atStart = true
  private var members = 0
  private var head: [UInt8] = []

  init(path: String, limit: Int) throws(FileError) {
    self.path = path
    self.limit = limit
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let opened = inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    if opened != Z_OK { throw failure(.io(errno: ENOMEM), "memory for zlib", "none") }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  private func failure(_ kind: FileError.Kind, _ expected: String, _ found: String) -> FileError {
    FileError(kind, path: path, at: .byte(offset), expected: expected, found: found)
  }

  func feed(_ piece: [UInt8]) throws(FileError) {
    var input = piece
    var position = 0
    if members == 0 && head.count < 2 {
      head += piece.prefix(2 - head.count)
      if !head.starts(with: [0x1F, 0x8B].prefix(head.count)) {
        throw FileError(
          .wrongMagic, path: path, at: .byte(0), expected: "gzip magic 1f8b",
          found: hexadecimal(head))
      }
    }
    // zlib may have taken all input and still hold output for which there was no room.
    var pending = false
    while position < input.count || pending {
      if atStart && members > 0 {
        // More members may follow the first, anything else may not.
        if input[position] != 0x1F {
          throw failure(.malformed, "end of file or another gzip member", "other bytes")
        }
      }
      atStart = false
      let size = min(input.count - position, 1 << 30)
      var status = Z_OK
      var used = 0
      let part = [UInt8](unsafeUninitializedCapacity: 1 << 18) { target, filled in
        input.withUnsafeMutableBufferPointer { source in
          stream.pointee.next_in = source.baseAddress! + position
          stream.pointee.avail_in = UInt32(size)
          stream.pointee.next_out = target.baseAddress
          stream.pointee.avail_out = UInt32(target.count)
          status = inflate(stream, Z_NO_FLUSH)
          used = size - Int(stream.pointee.avail_in)
          filled = target.count - Int(stream.pointee.avail_out)
        }
      }
      position += used
      offset += used
      pending = part.count == 1 << 18 && status == Z_OK
      if output.count + part.count > limit {
        throw failure(.oversized, "at most \(limit) bytes when decompressed", "more")
      }
      output += part
      switch status {
      case Z_STREAM_END:
        members += 1
        atStart = true
        inflateReset(stream)
      case Z_OK, Z_BUF_ERROR: break
      default:
        let words = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
        throw failure(.malformed, "valid gzip data", words)
      }
    }
  }

  func finish() throws(FileError) -> [UInt8] {
    if head.isEmpty {
      throw FileError(
        .wrongMagic, path: path, at: .byte(0), expected: "gzip magic 1f8b", found: "end of file")
    }
    if !atStart || members == 0 {
      throw failure(.truncated, "more compressed data", "end of file")
    }
    return output
  }
}
