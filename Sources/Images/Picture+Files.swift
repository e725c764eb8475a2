import Files
import Foundation

extension Picture {
  /// Reads a PNG or JPEG file, told apart by its first bytes.
  ///
  /// - Parameter limit: most bytes of pixels that are accepted.
  /// - Throws: `FileError`.
  public static func read(_ url: URL, limit: Int = 1 << 28) throws(FileError) -> Picture {
    try parse(try Bytes.read(url, limit: 1 << 30), path: url.path, limit: limit)
  }

  /// Reads the bytes of a PNG or JPEG file, whatever its colours, as Pillow's `convert("RGB")`: gray is tripled, palettes
  /// are looked up, an alpha channel is left out, a rotation in EXIF data is not applied.
  public static func parse(
    _ bytes: [UInt8], path: String = "picture", limit: Int = 1 << 28
  ) throws(FileError) -> Picture {
    if JPEG.isJPEG(bytes) {
      let (width, height, pixels) = try JPEG.parse(bytes, path: path, limit: limit)
      return Picture(width: width, height: height, pixels: pixels)
    }
    guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else {
      let found = bytes.prefix(4).map { String(format: "%02x", $0) }.joined()
      throw FileError(
        .wrongMagic, path: path, at: .byte(0), expected: "a PNG or JPEG picture",
        found: found.isEmpty ? "end of file" : found)
    }
    return Picture(try PNG.parse(bytes, path: path, limit: limit))
  }

  /// The colours of a PNG picture.
  public init(_ png: PNG) {
    let area = png.width * png.height
    var pixels = png.pixels
    if png.channels != 3 {
      pixels = [UInt8](repeating: 0, count: area * 3)
      for position in 0..<area {
        for channel in 0..<3 {
          let index = png.channels == 1 ? position : 4 * position + channel
          pixels[3 * position + channel] = png.pixels[index]
        }
      }
    }
    self.init(width: png.width, height: png.height, pixels: pixels)
  }

  /// The bytes of a PNG file; the same picture and libpng give the same bytes.
  public func png(text: [String: String] = [:]) -> [UInt8] {
    PNG(width: width, height: height, channels: 3, pixels: pixels, text: text).encoded()
  }

  /// The bytes of a baseline JPEG file with Pillow's defaults.
  public func jpeg(quality: Int = 75) -> [UInt8] {
    JPEG.encode(pixels, width: width, height: height, quality: quality)
  }

  /// The picture that a JPEG file of this quality shows.
  public func throughJPEG(quality: Int) -> Picture {
    Picture(
      width: width, height: height,
      pixels: JPEG.recoded(pixels, width: width, height: height, quality: quality))
  }
}
