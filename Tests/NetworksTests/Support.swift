import Compute
import Files
import Foundation
import Testing

/// A fixture made by PyTorch in float64 (Tests/Oracles).
struct Fixture {
  let file: SafetensorsFile

  init(_ name: String, in folder: String = "Networks") throws {
    let url = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(folder)/\(name).safetensors")
    file = try SafetensorsFile.read(url)
  }

  func has(_ name: String) -> Bool { file[name] != nil }
  func floats(_ name: String) throws -> [Float] { try file.floats(named: name) }
  func number(_ name: String) throws -> Double { Double(try #require(floats(name).first)) }
  func labels(_ name: String = "labels") throws -> [Int32] {
    let tensor = try #require(file[name])
    return LittleEndian.decode(tensor.bytes, as: Int32.self)
  }
}

/// The largest difference, as a share of the largest expected number.
func distance(_ found: [Float], _ expected: [Float]) -> Double {
  guard found.count == expected.count else { return .infinity }
  let scale = max(expected.map { Swift.abs(Double($0)) }.max() ?? 0, 1e-6)
  var worst = 0.0
  for (a, b) in zip(found, expected) {
    let gap = Swift.abs(Double(a) - Double(b))
    worst = gap.isNaN ? .infinity : max(worst, gap)
  }
  return worst / scale
}
func distance(_ found: Double, _ expected: Double) -> Double {
  distance([Float(found)], [Float(expected)])
}
