import CPNG
import CZlib
import Foundation

/// The one place that calls libpng. Its `longjmp` must not cross Swift frames: it stays inside the shim when reading and inside
/// the `png_image` interface when writing.
enum LibPNG {
  static var version: String { String(cString: png_get_libpng_ver(nil)) }

  /// CRC-32 as PNG uses it.
  static func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBufferPointer {
      UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count))
    }
  }

  /// Stored values of a file in rows of `stride` bytes; see the shim for what is expanded and reduced.
  ///
  /// Warnings count as errors: a picture with missing or damaged rows is not the picture.
  ///
  /// - Parameter place: where an error is said to be.
  static func decode(
    _ bytes: [UInt8], height: Int, stride: Int, path: String, at place: FileError.Place
  ) throws(FileError) -> [UInt8] {
    var message = [CChar](repeating: 0, count: Int(BENCH_PNG_MESSAGE))
    // libpng leaves the rest of a damaged picture as it finds it: zeros.
    var pixels = [UInt8](repeating: 0, count: height * stride)
    if bench_png_decode(bytes, bytes.count, &pixels, stride, &message) == 0 {
      let words = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw FileError(
        .malformed, path: path, at: place, expected: "a valid PNG picture",
        found: String(decoding: words, as: UTF8.self))
    }
    return pixels
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
