import Files
import Testing

/// A damaged file, and how a reader has to refuse it.
struct Malformed {
  /// What was done to it.
  let name: String
  /// What kind of error that is.
  let kind: FileError.Kind
  /// Where the error is; `nil` where only the library knows.
  let place: FileError.Place?
  let bytes: [UInt8]

  init(
    _ name: String, _ kind: FileError.Kind, at place: FileError.Place? = nil, _ bytes: [UInt8]
  ) {
    self.name = name
    self.kind = kind
    self.place = place
    self.bytes = bytes
  }

  init(_ name: String, _ kind: FileError.Kind, at offset: Int, _ bytes: [UInt8]) {
    self.init(name, kind, at: .byte(offset), bytes)
  }
}

/// Expects every file to be refused as it says, in one line, and no two files to be the same.
func expectRefused(
  _ files: [Malformed], atLeast count: Int = 25,
  by read: ([UInt8]) throws(FileError) -> Void
) {
  #expect(files.count >= count)
  #expect(Set(files.map(\.bytes)).count == files.count, "two files are the same")
  for file in files {
    do throws(FileError) {
      try read(file.bytes)
      Issue.record("\(file.name): was read")
    } catch {
      #expect(error.kind == file.kind, "\(file.name): \(error)")
      if let place = file.place { #expect(error.place == place, "\(file.name): \(error)") }
      #expect(!error.description.contains("\n") && !error.found.isEmpty, "\(file.name)")
    }
  }
}

extension [UInt8] {
  /// With other bytes from an offset on.
  func replacing(at offset: Int, _ bytes: [UInt8]) -> [UInt8] {
    var changed = self
    changed.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    return changed
  }

  /// The first bytes.
  func cut(_ count: Int) -> [UInt8] { Array(prefix(count)) }
}

/// A number of four bytes, highest first.
func bigEndian(_ number: Int) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
}
