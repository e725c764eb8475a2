import Compute
import Files
import Foundation

/// Parameters as a safetensors file, each under its own name.
extension ParameterSet {
  /// The file of all parameters.
  public func safetensors(metadata: [String: String] = [:]) -> SafetensorsFile {
    SafetensorsFile(
      metadata: metadata,
      tensors: layout.entries.map { .init(name: $0.name, shape: $0.shape, self[$0.name]) })
  }

  /// Takes every parameter from a file.
  ///
  /// - Throws: `WeightsError` when a tensor is missing, has another shape or holds a number that is not finite.
  public func load(_ file: SafetensorsFile, path: String) throws {
    for entry in layout.entries {
      guard let tensor = file[entry.name] else {
        throw WeightsError.missing(path: path, name: entry.name)
      }
      guard tensor.shape == entry.shape, let floats = tensor.floats else {
        throw WeightsError.shape(
          path: path, name: entry.name, expected: entry.shape, found: tensor.shape)
      }
      guard floats.allSatisfy(\.isFinite) else {
        throw WeightsError.notFinite(path: path, name: entry.name)
      }
      self[entry.name] = floats
    }
  }
}

/// What can be wrong with a file of weights.
public enum WeightsError: Error, Equatable, CustomStringConvertible {
  /// A parameter of the network is not in the file.
  case missing(path: String, name: String)
  /// It has other dimensions or another element type.
  case shape(path: String, name: String, expected: [Int], found: [Int])
  /// It holds NaN or an infinity.
  case notFinite(path: String, name: String)

  /// One line.
  public var description: String {
    switch self {
    case .missing(let path, let name): "\(path): expected tensor \(name), found none"
    case .shape(let path, let name, let expected, let found):
      "\(path): \(name): expected F32 \(expected), found \(found)"
    case .notFinite(let path, let name): "\(path): \(name): expected finite numbers, found others"
    }
  }
}
