import Files
import Foundation
import Testing

/// A committed fixture of this module.
func fixture(_ name: String) -> URL {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/Files").appendingPathComponent(name)
}

/// Runs `body` with a new folder that is removed afterwards.
func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("files-\(UUID().uuidString)", isDirectory: true)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// The one line of the error that `body` throws; `nil` if it throws none.
func message(_ body: () throws(FileError) -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return error.description
  }
}

/// A generator with a fixed start, good enough to damage files with.
struct Damage: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// `bytes` with a few bytes changed, cut off or added.
  mutating func harm(_ bytes: [UInt8]) -> [UInt8] {
    var harmed = bytes
    for _ in 0..<Int.random(in: 1...4, using: &self) where !harmed.isEmpty {
      let place = Int.random(in: 0..<harmed.count, using: &self)
      switch Int.random(in: 0..<5, using: &self) {
      case 0: harmed[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 1: harmed[place] = UInt8.random(in: 0...255, using: &self)
      case 2: harmed.removeSubrange(place...)
      case 3: harmed.insert(UInt8.random(in: 32..<127, using: &self), at: place)
      default: harmed.remove(at: place)
      }
    }
    return harmed
  }
}
