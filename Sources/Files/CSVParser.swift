import CCSV
import Foundation

/// The one place that calls libcsv.
enum CSVParser {
  struct Record {
    /// Line it starts on, from 1.
    var line: Int
    var fields: [String]
  }

  /// All records of valid UTF-8 bytes.
  static func records(_ bytes: [UInt8], path: String) throws(FileError) -> [Record] {
    var parser = csv_parser()
    guard csv_init(&parser, UInt8(CSV_STRICT | CSV_STRICT_FINI)) == 0 else {
      throw FileError(.io(errno: ENOMEM), path: path, expected: "memory for libcsv", found: "none")
    }
    defer { csv_free(&parser) }
    // libcsv would trim blanks around fields; in RFC 4180 they belong to the field.
    csv_set_space_func(&parser) { _ in 0 }
    let sink = Sink()
    let context = Unmanaged.passUnretained(sink).toOpaque()
    let field: @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Void = {
      text, count, context in
      let sink = Unmanaged<Sink>.fromOpaque(context!).takeUnretainedValue()
      let bytes = UnsafeRawBufferPointer(start: text, count: count)
      sink.fields.append(String(decoding: bytes, as: UTF8.self))
    }
    let end: @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void = { _, context in
      Unmanaged<Sink>.fromOpaque(context!).takeUnretainedValue().endRecord()
    }
    // Fed line by line, so that the callbacks know the line.
    var start = 0
    while start < bytes.count {
      let stop = bytes[start...].firstIndex(of: 10).map { $0 + 1 } ?? bytes.count
      let taken = bytes[start..<stop].withUnsafeBytes {
        csv_parse(&parser, $0.baseAddress, $0.count, field, end, context)
      }
      if taken != stop - start {
        guard csv_error(&parser) == CSV_EPARSE else {
          throw FileError(
            .io(errno: ENOMEM), path: path, at: .line(sink.line), expected: "memory for libcsv",
            found: String(cString: csv_strerror(csv_error(&parser))))
        }
        throw FileError(
          .malformed, path: path, at: .line(sink.line, column: taken + 1),
          expected: "quotes around the whole field", found: "a quote inside or text after it")
      }
      sink.line += 1
      if sink.fields.isEmpty && !sink.isOpen(&parser) { sink.recordLine = sink.line }
      start = stop
    }
    if csv_fini(&parser, field, end, context) != 0 {
      throw FileError(
        .malformed, path: path, at: .line(sink.recordLine), expected: "a closing quote",
        found: "end of file")
    }
    return sink.records
  }

  /// Where libcsv's callbacks put what they get; a class because C holds its address.
  private final class Sink {
    var records: [Record] = []
    var fields: [String] = []
    var line = 1
    var recordLine = 1

    func endRecord() {
      // libcsv reports no blank lines, so that every record has a field.
      records.append(Record(line: recordLine, fields: fields))
      fields = []
      recordLine = line + 1
    }

    /// Whether a field has begun and not ended: a quoted one that goes on over lines.
    func isOpen(_ parser: inout csv_parser) -> Bool { parser.pstate != 0 }
  }
}
