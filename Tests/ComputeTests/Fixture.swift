import Files
import Foundation

/// One case that PyTorch computed in float64: an operation, its attributes, its tensors.
struct Fixture: Sendable, CustomStringConvertible {
  let name: String
  let operation: String
  let attributes: [String: Attribute]
  private let file: SafetensorsFile

  /// A value of the JSON object `attributes`.
  enum Attribute: Sendable {
    case number(Double)
    case numbers([Double])
    case other
  }

  var description: String { name }

  /// Where the fixtures of a folder lie.
  static func folder(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name)", isDirectory: true)
  }

  /// Every fixture of a folder whose name starts with `prefix`, by name.
  static func all(_ folderName: String, prefix: String = "") -> [Fixture] {
    let folder = folder(folderName)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".safetensors") && $0.hasPrefix(prefix) }.sorted()
      .compactMap { try? Fixture(folder.appendingPathComponent($0)) }
  }

  init(_ url: URL) throws {
    name = url.deletingPathExtension().lastPathComponent
    file = try SafetensorsFile.read(url)
    operation = file.metadata["op"] ?? ""
    let text = Data((file.metadata["attributes"] ?? "{}").utf8)
    let object = try JSONSerialization.jsonObject(with: text) as? [String: Any] ?? [:]
    attributes = object.mapValues { value in
      if let list = value as? [Any] {
        return .numbers(list.compactMap { ($0 as? NSNumber)?.doubleValue })
      }
      return (value as? NSNumber).map { .number($0.doubleValue) } ?? .other
    }
  }

  var names: [String] { file.tensors.map(\.name) }
  func has(_ name: String) -> Bool { file[name] != nil }
  func shape(_ name: String) -> [Int] { file[name]!.shape }
  func floats(_ name: String) -> [Float] { file[name]!.floats! }
  func integers(_ name: String) -> [Int32] {
    LittleEndian.decode(file[name]!.bytes, as: Int32.self)
  }
  func count(_ name: String) -> Int { shape(name).reduce(1, *) }

  func number(_ name: String) -> Double {
    if case .number(let value)? = attributes[name] { return value }
    return .nan
  }
  func pair(_ name: String) -> (Int, Int) {
    if case .numbers(let values)? = attributes[name], values.count == 2 {
      return (Int(values[0]), Int(values[1]))
    }
    return (0, 0)
  }
}
