import CNettle
import Foundation

/// A SHA-256 sum.
public struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let hex: String

  /// Reads 64 hexadecimal digits; `nil` for anything else.
  public init?(hex: String) {
    guard hex.utf8.count == 64, hex.utf8.allSatisfy({ Digest.isHexadecimal($0) }) else {
      return nil
    }
    self.hex = hex.lowercased()
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
  }

  private init(_ bytes: [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    hex = String(decoding: text, as: UTF8.self)
  }

  /// The digest of bytes in memory.
  public static func sha256(of bytes: [UInt8]) -> Digest {
    var stream = Stream()
    stream.update(bytes)
    return stream.digest
  }

  /// The digest of a text in UTF-8.
  public static func sha256(of text: String) -> Digest {
    sha256(of: Array(text.utf8))
  }

  /// The digest of a file, read in pieces of 1 MiB.
  ///
  /// - Throws: `FileError`: `missing`, `unreadable`, `io`.
  public static func sha256(file url: URL) throws(FileError) -> Digest {
    let file = try Descriptor.reading(url.path)
    var stream = Stream()
    while true {
      let piece = try file.read(1 << 20)
      if piece.isEmpty { return stream.digest }
      stream.update(piece)
    }
  }

  /// A digest of bytes that come in pieces.
  public struct Stream {
    private var hash = sha256_ctx()

    /// A digest of nothing yet.
    public init() { nettle_sha256_init(&hash) }

    /// Takes the next piece.
    public mutating func update(_ bytes: [UInt8]) {
      nettle_sha256_update(&hash, bytes.count, bytes)
    }

    /// The digest of all pieces so far.
    public var digest: Digest {
      var end = hash
      var bytes = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
      finish_sha256(&end, &bytes)
      return Digest(bytes)
    }
  }

  /// The hexadecimal digits.
  public var description: String { hex }

  /// Reads the hexadecimal digits.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let digest = Digest(hex: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected 64 hexadecimal digits, found \"\(text)\"")
    }
    self = digest
  }

  /// Writes the hexadecimal digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }
}
