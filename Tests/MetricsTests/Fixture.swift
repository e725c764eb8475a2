import Foundation

/// What the scripts `Tests/Oracles/metrics*.py` made.
let fixtureFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().appendingPathComponent("Fixtures/Metrics")

/// Rows of a numeric fixture made by `Tests/Oracles/metrics.py`, by column name.
func fixture(_ name: String) throws -> [[String: String]] {
  let text = try String(contentsOf: fixtureFolder.appendingPathComponent(name), encoding: .utf8)
  let lines = text.split(separator: "\n").map {
    $0.split(separator: ",", omittingEmptySubsequences: false)
  }
  return lines.dropFirst().map { line in
    Dictionary(uniqueKeysWithValues: zip(lines[0].map(String.init), line.map(String.init)))
  }
}

extension [String: String] {
  func number(_ column: String) -> Double { Double(self[column]!)! }
  func numbers(_ column: String) -> [Double] {
    self[column]!.split(separator: " ").map { Double($0)! }
  }
}

/// |a − b| relative to the larger magnitude, or absolute below 1e-300.
func relativeError(_ a: Double, _ b: Double) -> Double {
  a == b ? 0 : abs(a - b) / max(abs(a), abs(b), 1e-300)
}

/// A small fixed generator (SplitMix64), so that bootstrap tests repeat.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
