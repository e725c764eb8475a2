import Foundation

/// An 8-bit picture: gray, RGB or RGBA, with texts that travel in the file.
public struct PNG: Hashable, Sendable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  /// Bytes per pixel: 1 gray, 3 RGB, 4 RGB and alpha (not premultiplied).
  public let channels: Int
  /// Row by row from the top, pixel by pixel, channels together: `[height, width, channels]`.
  public let pixels: [UInt8]
  /// Texts in the file, such as `Title` or `Source`.
  public var text: [String: String]

  /// A picture; `pixels` must hold `height · width · channels` bytes.
  public init(
    width: Int, height: Int, channels: Int, pixels: [UInt8], text: [String: String] = [:]
  ) {
    precondition(width > 0 && height > 0, "width, height: must be positive")
    precondition(width <= 1_000_000 && height <= 1_000_000, "width, height: at most 1,000,000")
    precondition([1, 3, 4].contains(channels), "channels: 1, 3 or 4")
    precondition(pixels.count == width * height * channels, "pixels: count does not match")
    precondition(
      text.keys.allSatisfy { (1...79).contains($0.utf8.count) && $0.allSatisfy(\.isASCII) },
      "text: keys are 1 to 79 ASCII characters")
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
    self.text = text
  }

  /// Reads a file.
  ///
  /// - Parameter limit: most bytes of pixels that are accepted.
  /// - Throws: `FileError`.
  public static func read(_ url: URL, limit: Int = 1 << 28) throws(FileError) -> PNG {
    try parse(try Bytes.read(url, limit: 1 << 30), path: url.path, limit: limit)
  }

  /// Reads the bytes of a file: 1 to 16 bits per channel, with or without palette, interlaced or not. Colour profiles
  /// and gamma are not applied: the stored values are what comes out.
  ///
  /// Of 16 bits the high byte is kept. Plain gray of 16 bits is cut off at 255 instead, since that is what Pillow's
  /// `convert("RGB")` makes of it.
  ///
  /// - Parameters:
  ///   - path: what errors call it.
  ///   - limit: most bytes of pixels that are accepted.
  /// - Throws: `FileError`.
  public static func parse(
    _ bytes: [UInt8], path: String = "png", limit: Int = 1 << 28
  ) throws(FileError) -> PNG {
    let chunks = try PNGChunk.parse(bytes, path: path)
    let header = try PNGHeader(chunks[0], path: path)
    let (width, height) = (header.width, header.height)
    guard width <= 1_000_000, height <= 1_000_000, width * height <= limit / 4 else {
      throw FileError(
        .oversized, path: path, at: .byte(16), expected: "at most \(limit / 4) pixels",
        found: "\(width) x \(height)")
    }
    // Only what says which values the pixels have: libpng would apply the colour chunks.
    let deepGray = header.depth == 16 && header.colour == .gray
    let kept = Set(["IHDR", "PLTE", "IDAT", "IEND"] + (deepGray ? [] : ["tRNS"]))
    let plain = chunks.filter { kept.contains($0.type) }
    guard let data = plain.first(where: { $0.type == "IDAT" }) else {
      throw FileError(
        .malformed, path: path, at: .byte(33), expected: "a chunk IDAT", found: "none")
    }
    // deflate makes at most 1,032 bytes of one: more is promised than can come, and nothing is allocated for it.
    let packed = plain.reduce(0) { $0 + ($1.type == "IDAT" ? $1.data.count : 0) }
    let least = (width * height * header.bitsPerPixel + 7) / 8
    if packed * 1032 < least {
      throw FileError(
        .truncated, path: path, at: .byte(data.data.startIndex),
        expected: "\(least / 1032 + 1) bytes of IDAT or more for \(width) x \(height)",
        found: "\(packed)")
    }
    let alpha = header.colour.hasAlpha || plain.contains { $0.type == "tRNS" }
    let channels = alpha ? 4 : header.colour == .gray ? 1 : 3
    let pixels = try LibPNG.decode(
      PNGChunk.signature + plain.flatMap(\.encoded), height: height,
      stride: width * (deepGray ? 2 : channels), path: path, at: .byte(data.data.startIndex))
    var text: [String: String] = [:]
    for chunk in chunks {
      if let (key, value) = chunk.text { text[key] = value }
    }
    return PNG(
      decodedWidth: width, height: height, channels: channels,
      pixels: deepGray ? clipped(pixels) : pixels, text: text)
  }

  /// Numbers of 16 bits, high byte first, cut off at 255.
  private static func clipped(_ wide: [UInt8]) -> [UInt8] {
    stride(from: 0, to: wide.count, by: 2).map { wide[$0] == 0 ? wide[$0 + 1] : 255 }
  }

  /// What was decoded, whatever its texts are called.
  private init(
    decodedWidth width: Int, height: Int, channels: Int, pixels: [UInt8], text: [String: String]
  ) {
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
    self.text = text
  }

  /// The bytes of a file; the same picture and libpng give the same bytes, texts sorted by key.
  public func encoded() -> [UInt8] {
    var file = LibPNG.encode(self)
    // Texts go right behind the header: signature 8, IHDR 25 bytes.
    let sorted = text.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    let chunks = sorted.flatMap { PNGChunk(key: $0.key, text: $0.value).encoded }
    file.insert(contentsOf: chunks, at: 33)
    return file
  }

  /// Writes a file, whole or not at all.
  ///
  /// - Throws: `FileError`: `noSpace`, `readOnly`, `io`.
  public func write(to url: URL) throws(FileError) {
    try AtomicFile.write(encoded(), to: url)
  }

  /// The version of libpng in use, for records of what made a file.
  public static var version: String { LibPNG.version }
}
