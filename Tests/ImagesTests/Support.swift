import Files
import Foundation
import Images

/// The fixtures of this module.
let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("Fixtures/Images", isDirectory: true)

/// The root of the checkout.
let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// A fixture of pictures and numbers.
struct Fixture {
  let file: SafetensorsFile

  init(_ name: String) throws {
    file = try SafetensorsFile.read(fixtures.appendingPathComponent(name))
  }

  var names: [String] { file.tensors.map(\.name) }

  /// `[H, W, 3]` bytes.
  func picture(_ name: String) -> Picture {
    let tensor = file[name]!
    precondition(tensor.shape.count == 3 && tensor.shape[2] == 3, "\(name): no picture")
    return Picture(width: tensor.shape[1], height: tensor.shape[0], pixels: Array(tensor.bytes))
  }

  /// `[N, H, W, 3]` bytes.
  func pictures(_ name: String) -> [Picture] {
    let tensor = file[name]!
    let (height, width) = (tensor.shape[1], tensor.shape[2])
    let size = height * width * 3
    let bytes = Array(tensor.bytes)
    return (0..<tensor.shape[0]).map {
      Picture(width: width, height: height, pixels: Array(bytes[($0 * size)..<(($0 + 1) * size)]))
    }
  }
}

/// How far two runs of bytes are apart.
struct Distance: CustomStringConvertible {
  /// The largest difference, and shares of bytes that differ at all and by more than one.
  var largest = 0
  var differing = 0.0
  var beyondOne = 0.0

  init(_ found: some Collection<UInt8>, _ expected: some Collection<UInt8>) {
    precondition(found.count == expected.count, "of other sizes: \(found.count) \(expected.count)")
    for (a, b) in zip(found, expected) where a != b {
      largest = max(largest, abs(Int(a) - Int(b)))
      differing += 1 / Double(found.count)
      if abs(Int(a) - Int(b)) > 1 { beyondOne += 1 / Double(found.count) }
    }
  }

  var description: String { "largest \(largest), differing \(differing), beyond one \(beyondOne)" }
}
