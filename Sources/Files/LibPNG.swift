import CPNG
import CZlib
import Foundation

/// The one place that calls libpng, through its `png_image` interface: that one contains libpng's `longjmp`,
/// which must not cross Swift frames.
enum LibPNG {
  static var version: String { String(cString: png_get_libpng_ver(nil)) }

  /// CRC-32 as PNG uses it.
  static func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer {
      UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count))
    }
  }

  /// Channels (1, 3 or 4) and pixels of a file.
  static func decode(
    _ bytes: [UInt8], path: String
  ) throws(FileError) -> (channels: Int, pixels: [UInt8]) {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    var pixels: [UInt8] = []
    var channels = 0
    bytes.withUnsafeBytes { source in
      guard png_image_begin_read_from_memory(&image, source.baseAddress, source.count) != 0 else {
        return
      }
      let alpha = image.format & UInt32(PNG_FORMAT_FLAG_ALPHA) != 0
      let colour = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) != 0
      channels = alpha ? 4 : colour ? 3 : 1
      image.format =
        UInt32(PNG_FORMAT_FLAG_COLOR) * (channels > 1 ? 1 : 0)
        | UInt32(PNG_FORMAT_FLAG_ALPHA) * (channels == 4 ? 1 : 0)
      let count = Int(image.width) * Int(image.height) * channels
      let stride = Int32(image.width) * Int32(channels)
      pixels = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
        let done = png_image_finish_read(&image, nil, target.baseAddress, stride, nil)
        filled = done == 0 ? 0 : count
      }
    }
    // Warnings count too: a picture with missing or damaged rows is not the picture.
    if pixels.isEmpty || image.warning_or_error != 0 {
      throw FileError(
        .malformed, path: path, expected: "a valid PNG picture", found: message(&image))
    }
    return (channels, pixels)
  }

  /// The bytes of a file.
  static func encode(_ picture: PNG) -> [UInt8] {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = UInt32(picture.width)
    image.height = UInt32(picture.height)
    image.format =
      UInt32(PNG_FORMAT_FLAG_COLOR) * (picture.channels > 1 ? 1 : 0)
      | UInt32(PNG_FORMAT_FLAG_ALPHA) * (picture.channels == 4 ? 1 : 0)
    defer { png_image_free(&image) }
    // Compressed size plus every header is far below this bound; asking libpng would compress twice.
    var size = picture.pixels.count + picture.pixels.count / 100 + picture.height * 16 + 65536
    let capacity = size
    var done: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { target, filled in
      done = png_image_write_to_memory(
        &image, target.baseAddress, &size, 0, picture.pixels,
        Int32(picture.width * picture.channels), nil)
      filled = done == 0 ? 0 : size
    }
    precondition(done != 0, "libpng: \(message(&image))")
    return bytes
  }

  private static func message(_ image: inout png_image) -> String {
    withUnsafeBytes(of: image.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
