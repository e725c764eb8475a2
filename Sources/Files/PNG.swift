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

  /// Reads the bytes of a file: 1 to 8 bits per channel, with or without palette. Colour profiles and gamma
  /// are not applied: the stored values are what comes out.
  ///
  /// - Parameters:
  ///   - path: what errors call it.
  ///   - limit: most bytes of pixels that are accepted.
  /// - Throws: `FileError`; 16 bits per channel are `unsupported`.
  public static func parse(
    _ bytes: [UInt8], path: String = "png", limit: Int = 1 << 28
  ) throws(FileError) -> PNG {
    let chunks = try PNGChunk.parse(bytes, path: path)
    let header = chunks[0].data
    func number(_ offset: Int) -> Int {
      header[(header.startIndex + offset)..<(header.startIndex + offset + 4)]
        .reduce(0) { $0 << 8 | Int($1) }
    }
    let (width, height) = (number(0), number(4))
    let depth = header[header.startIndex + 8]
    guard (1...1_000_000).contains(width), (1...1_000_000).contains(height),
      width * height <= limit / 4
    else {
      throw FileError(
        .oversized, path: path, at: .byte(16), expected: "at most \(limit / 4) pixels",
        found: "\(width) x \(height)")
    }
    if depth == 16 {
      throw FileError(
        .unsupported, path: path, at: .byte(24), expected: "at most 8 bits per channel",
        found: "16")
    }
    // Only what says which values the pixels have: libpng would apply the colour chunks.
    let plain = chunks.filter { ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"].contains($0.type) }
    let file = PNGChunk.signature + plain.flatMap(\.encoded)
    let (channels, pixels) = try LibPNG.decode(file, path: path)
    var text: [String: String] = [:]
    for chunk in chunks {
      if let (key, value) = chunk.text { text[key] = value }
    }
    return PNG(
      decodedWidth: width, height: height, channels: channels, pixels: pixels, text: text)
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
