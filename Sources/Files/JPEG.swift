import Foundation

/// JPEG pictures as RGB bytes.
public enum JPEG {
  /// Whether these first bytes are those of a JPEG file.
  public static func isJPEG(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: [0xFF, 0xD8, 0xFF])
  }

  /// Reads the bytes of a file; gray and CMYK become RGB as in Pillow's `convert("RGB")`. A rotation in its EXIF data is not
  /// applied: Pillow does so only when told to, and torchvision's loaders do not tell it.
  ///
  /// - Parameters:
  ///   - path: what errors call it.
  ///   - limit: most bytes of pixels that are accepted.
  /// - Throws: `FileError`; what libjpeg warns of counts as damage where it touches pixels.
  public static func parse(
    _ bytes: [UInt8], path: String = "jpeg", limit: Int = 1 << 28
  ) throws(FileError) -> (width: Int, height: Int, pixels: [UInt8]) {
    guard isJPEG(bytes) else {
      throw FileError(
        .wrongMagic, path: path, at: .byte(0), expected: "JPEG magic ffd8ff",
        found: hexadecimal(bytes.prefix(3)))
    }
    let (width, height, components) = try LibJPEG.header(bytes, path: path)
    guard width > 0, height > 0, width * height <= limit / 3 else {
      throw FileError(
        .oversized, path: path, expected: "1 to \(limit / 3) pixels", found: "\(width) x \(height)")
    }
    guard components != 2 else {
      throw FileError(
        .unsupported, path: path, expected: "1, 3 or 4 components", found: "\(components)")
    }
    let pixels = try LibJPEG.decode(
      bytes, width: width, height: height, channels: components == 4 ? 4 : 3, path: path)
    return (width, height, components == 4 ? rgb(fromInverted: pixels) : pixels)
  }

  /// RGB of CMYK whose inks are stored inverted, as Adobe began it and Pillow takes it for granted:
  ///
  ///     R = k − round((255 − c) k / 255), with c and k as stored
  ///
  /// Source: Pillow, src/libImaging/Convert.c, `cmyk2rgb`.
  private static func rgb(fromInverted inks: [UInt8]) -> [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(inks.count / 4 * 3)
    for start in stride(from: 0, to: inks.count, by: 4) {
      let black = Int(inks[start + 3])
      for channel in 0..<3 {
        let product = (255 - Int(inks[start + channel])) * black
        pixels.append(UInt8(max(0, black - (product + 127) / 255)))
      }
    }
    return pixels
  }

  /// The bytes of a baseline file, colours at half resolution (4:2:0).
  ///
  /// - Parameters:
  ///   - pixels: RGB, `[height, width, 3]`.
  ///   - quality: 1 to 100, in the scale of the Independent JPEG Group.
  public static func encode(_ pixels: [UInt8], width: Int, height: Int, quality: Int) -> [UInt8] {
    precondition((1...65_500).contains(width) && (1...65_500).contains(height), "size: 1 to 65500")
    precondition(pixels.count == width * height * 3, "pixels: count does not match")
    precondition((1...100).contains(quality), "quality: 1 to 100")
    return LibJPEG.encode(pixels, width: width, height: height, quality: quality)
  }

  /// The pixels that a file of `encode` shows.
  public static func recoded(
    _ pixels: [UInt8], width: Int, height: Int, quality: Int
  ) -> [UInt8] {
    let file = encode(pixels, width: width, height: height, quality: quality)
    do throws(FileError) {
      // Its header is known.
      return try LibJPEG.decode(file, width: width, height: height, channels: 3, path: "jpeg")
    } catch {
      preconditionFailure("libjpeg reads what it wrote: \(error)")
    }
  }

  /// The version of libjpeg-turbo in use, for records of what made a file.
  public static var version: String { LibJPEG.version }
}
