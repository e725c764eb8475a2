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
    var report = bench_jpeg_report()
    if bench_jpeg_header(bytes, bytes.count, &numbers, &report) == 0 { throw failure(path, report) }
    return (Int(numbers[0]), Int(numbers[1]), Int(numbers[2]))
  }

  /// Pixels, `[height, width, channels]`: CMYK as it is stored where there are four components, else RGB.
  static func decode(
    _ bytes: [UInt8], width: Int, height: Int, channels: Int, path: String
  ) throws(FileError) -> [UInt8] {
    var report = bench_jpeg_report()
    var done: Int32 = 0
    let count = width * height * channels
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
      done = bench_jpeg_decode(bytes, bytes.count, target.baseAddress, width * channels, &report)
      filled = done == 0 ? 0 : count
    }
    if done == 0 { throw failure(path, report) }
    return pixels
  }

  /// A baseline file of RGB pixels, `[height, width, 3]`.
  static func encode(_ pixels: [UInt8], width: Int, height: Int, quality: Int) -> [UInt8] {
    var report = bench_jpeg_report()
    // libjpeg allocates the file; it is ours to free, also after an error.
    var file: UnsafeMutablePointer<UInt8>?
    var size: UInt = 0
    let done = bench_jpeg_encode(
      pixels, Int32(width), Int32(height), Int32(quality), &file, &size, &report)
    defer { free(file) }
    precondition(done != 0, "libjpeg: \(words(report))")
    return Array(UnsafeBufferPointer(start: file, count: Int(size)))
  }

  /// The error that a report stands for.
  private static func failure(_ path: String, _ report: bench_jpeg_report) -> FileError {
    let kind: FileError.Kind
    var expected = "a valid JPEG picture"
    switch Int(report.code) {
    case -1:
      kind = .unsupported
      expected = "at most \(BENCH_JPEG_SCANS) scans"
    case Int(JWRN_JPEG_EOF.rawValue), Int(JERR_INPUT_EOF.rawValue),
      Int(JERR_INPUT_EMPTY.rawValue):
      kind = .truncated
    case Int(JERR_BAD_PRECISION.rawValue), Int(JERR_SOF_UNSUPPORTED.rawValue),
      Int(JERR_ARITH_NOTIMPL.rawValue), Int(JERR_NOT_COMPILED.rawValue),
      Int(JERR_CONVERSION_NOTIMPL.rawValue), Int(JERR_CCIR601_NOTIMPL.rawValue),
      Int(JERR_FRACT_SAMPLE_NOTIMPL.rawValue), Int(JERR_COMPONENT_COUNT.rawValue):
      kind = .unsupported
    case Int(JERR_IMAGE_TOO_BIG.rawValue), Int(JERR_WIDTH_OVERFLOW.rawValue): kind = .oversized
    default: kind = .malformed
    }
    return FileError(
      kind, path: path, at: .byte(report.offset), expected: expected, found: words(report))
  }

  private static func words(_ report: bench_jpeg_report) -> String {
    withUnsafeBytes(of: report.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
