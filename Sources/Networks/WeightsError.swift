import Files

/// What is wrong with stored weights, for the parameters that they should fill.
public enum WeightsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file itself.
  case file(FileError)
  /// A parameter that the file lacks.
  case missingTensor(path: String, name: String)
  /// A tensor of another shape than its parameter.
  case wrongShape(path: String, name: String, expected: [Int], found: [Int])
  /// A tensor that is not of floating-point numbers.
  case wrongType(path: String, name: String, found: String)
  /// A tensor that no parameter has the name of.
  case extraTensor(path: String, name: String)
  /// A number that is not finite, or a second moment below zero, at a place in row-major order.
  case badNumber(path: String, name: String, index: Int, found: Float)
  /// Metadata that a training state needs.
  case badMetadata(path: String, key: String, expected: String, found: String)

  /// One line: file, tensor, expected, found.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .missingTensor(let path, let name):
      "\(path): expected a tensor \"\(name)\", found none"
    case .wrongShape(let path, let name, let expected, let found):
      "\(path): expected shape \(expected) of \"\(name)\", found \(found)"
    case .wrongType(let path, let name, let found):
      "\(path): expected floating-point numbers in \"\(name)\", found \(found)"
    case .extraTensor(let path, let name):
      "\(path): expected no further tensors, found \"\(name.prefix(200))\""
    case .badNumber(let path, let name, let index, let found):
      "\(path): expected usable numbers in \"\(name)\", found \(found) at index \(index)"
    case .badMetadata(let path, let key, let expected, let found):
      "\(path): expected \(expected) as \"\(key)\", found \"\(found.prefix(200))\""
    }
  }
}
