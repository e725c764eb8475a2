import Files

/// What can be wrong with stored weights, for the parameters that they should fill.
public enum WeightsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file itself.
  case file(FileError)
  /// A parameter of the network is not in the file.
  case missing(path: String, name: String)
  /// It has other dimensions.
  case shape(path: String, name: String, expected: [Int], found: [Int])
  /// It is not of floating-point numbers.
  case type(path: String, name: String, found: String)
  /// It holds NaN or an infinity, at a place in row-major order.
  case notFinite(path: String, name: String, index: Int)
  /// A tensor that no parameter has the name of.
  case extra(path: String, name: String)
  /// Places of sparse weights that are no places.
  case places(path: String, name: String, expected: String, found: String)

  /// One line.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .missing(let path, let name): "\(path): expected tensor \(name), found none"
    case .shape(let path, let name, let expected, let found):
      "\(path): \(name): expected shape \(expected), found \(found)"
    case .type(let path, let name, let found):
      "\(path): \(name): expected floating-point numbers, found \(found)"
    case .notFinite(let path, let name, let index):
      "\(path): \(name): expected finite numbers, found another at index \(index)"
    case .places(let path, let name, let expected, let found):
      "\(path): \(name): expected \(expected), found \(found)"
    case .extra(let path, let name):
      "\(path): expected no tensor but the network's, found \"\(name.prefix(200))\""
    }
  }
}
