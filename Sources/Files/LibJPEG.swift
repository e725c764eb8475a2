import CJPEG
import Foundation

/// The one place that calls libjpeg (libjpeg-turbo); its errors jump inside the C shim and come back as messages.
enum LibJPEG {
  /// The version whose interface it has, such as `62`, and that of libjpeg-turbo.
  static var version: String { "libjpeg-turbo \(LIBJPEG_TURBO_VERSION_NUMBER)" }

  /// Width, height and number of components.
  static func header(
    _ bytes: [UInt8], path: String
  ) throws(FileError) -> (width: Int, height: Int, components: Int) {
    var numbers: [Int32] = [0, 0, 0]
    var message = [CChar](repeating: 0, count: Int(JMSG_LENGTH_MAX))
    if bench_jpeg_header(bytes, bytes.count, &numbers, &message) == 0 {
      throw malformed(path, message)
    }
    return (Int(numbers[0]), Int(numbers[1]), Int(numbers[2]))
  }

  /// RGB pixels, `[height, width, 3]`.
  static func decode(
    _ bytes: [UInt8], width: Int, height: Int, path: String
  ) throws(FileError) -> [UInt8] {
    var message = [CChar](repeating: 0, count: Int(JMSG_LENGTH_MAX))
    var done: Int32 = 0
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { target, filled in
      done = bench_jpeg_decode(bytes, bytes.count, target.baseAddress, width * 3, &message)
      filled = done == 0 ? 0 : width * height * 3
    }
    if done == 0 { throw malformed(path, message) }
    return pixels
  }

  /// A baseline file of RGB pixels, `[height, width, 3]`.
  static func encode(_ pixels: [UInt8], width: Int, height: Int, quality: Int) -> [UInt8] {
    var message = [CChar](repeating: 0, count: Int(JMSG_LENGTH_MAX))
    // libjpeg allocates the file; it is ours to free, also after an error.
    var file: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    let done = bench_jpeg_encode(
      pixels, Int32(width), Int32(height), Int32(quality), &file, &size, &message)
    defer { free(file) }
    precondition(done != 0, "libjpeg: \(text(message))")
    return Array(UnsafeBufferPointer(start: file, count: Int(size)))
  }

  private static func malformed(_ path: String, _ message: [CChar]) -> FileError {
    FileError(.malformed, path: path, expected: "a valid JPEG picture", found: text(message))
  }

  private static func text(_ message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
