import Files
import Foundation

/// Tensors that one of `Tests/Oracles/methods_*.py` computed.
struct Fixture {
  private let file: SafetensorsFile
  private let attributes: [String: Double]

  init(_ name: String) throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/Methods/\(name).safetensors")
    file = try SafetensorsFile.read(url)
    attributes = try JSONDecoder().decode(
      [String: Double].self, from: Data((file.metadata["attributes"] ?? "{}").utf8))
  }

  func floats(_ name: String) -> [Float] { file[name]!.floats! }
  func doubles(_ name: String) -> [Double] { floats(name).map(Double.init) }
  func integers(_ name: String) -> [Int32] {
    LittleEndian.decode(file[name]!.bytes, as: Int32.self)
  }
  func number(_ name: String) -> Double { attributes[name]! }
}
