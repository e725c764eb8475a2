import Foundation

/// What chunk `IHDR` says of a picture, checked against the combinations that the format allows.
///
/// Source: W3C, Portable Network Graphics, 11.2.1.
struct PNGHeader {
  /// What the channels mean.
  enum Colour: Int {
    case gray = 0
    case rgb = 2
    case palette = 3
    case grayAlpha = 4
    case rgba = 6

    var hasAlpha: Bool { self == .grayAlpha || self == .rgba }

    /// Values stored per pixel.
    var channels: Int {
      switch self {
      case .gray, .palette: 1
      case .grayAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    }

    /// Bits per value.
    var depths: [Int] {
      switch self {
      case .gray: [1, 2, 4, 8, 16]
      case .palette: [1, 2, 4, 8]
      default: [8, 16]
      }
    }
  }

  let width: Int
  let height: Int
  let depth: Int
  let colour: Colour

  var bitsPerPixel: Int { depth * colour.channels }

  /// The header of a chunk of 13 bytes, as `PNGChunk.parse` hands out first.
  init(_ chunk: PNGChunk, path: String) throws(FileError) {
    let start = chunk.data.startIndex
    let bytes = chunk.data.map { Int($0) }
    func wrong(_ offset: Int, _ expected: String, _ found: Int) -> FileError {
      FileError(
        .malformed, path: path, at: .byte(start + offset), expected: expected, found: "\(found)")
    }
    width = bytes[0..<4].reduce(0) { $0 << 8 | $1 }
    height = bytes[4..<8].reduce(0) { $0 << 8 | $1 }
    if width == 0 { throw wrong(0, "a width of at least 1", 0) }
    if height == 0 { throw wrong(4, "a height of at least 1", 0) }
    guard let colour = Colour(rawValue: bytes[9]) else {
      throw wrong(9, "colour type 0, 2, 3, 4 or 6", bytes[9])
    }
    depth = bytes[8]
    guard colour.depths.contains(depth) else {
      let list = colour.depths.map(String.init).joined(separator: ", ")
      throw wrong(8, "bit depth \(list) with colour type \(colour.rawValue)", depth)
    }
    if bytes[10] != 0 { throw wrong(10, "compression method 0", bytes[10]) }
    if bytes[11] != 0 { throw wrong(11, "filter method 0", bytes[11]) }
    if bytes[12] > 1 { throw wrong(12, "interlace method 0 or 1", bytes[12]) }
    self.colour = colour
  }
}
