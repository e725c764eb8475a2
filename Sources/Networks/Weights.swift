import Compute
import Files
import Foundation

extension ParameterSet {
  /// The parameters as tensors of F32, in the order of the layout.
  public func tensors(prefix: String = "") -> [SafetensorsFile.Tensor] {
    layout.entries.map {
      SafetensorsFile.Tensor(name: prefix + $0.name, shape: $0.shape, self[$0.name])
    }
  }

  /// Writes all parameters to a `.safetensors` file, whole or not at all.
  ///
  /// - Throws: `FileError`: `noSpace`, `readOnly`, `io`.
  public func save(to url: URL, metadata: [String: String] = [:]) throws(FileError) {
    try SafetensorsFile(metadata: metadata, tensors: tensors()).write(to: url)
  }

  /// Reads all parameters from a file; nothing changes where it throws.
  ///
  /// - Parameter nameInFile: the tensor that holds a parameter, where it is called otherwise.
  /// - Returns: the metadata of the file.
  @discardableResult
  public func load(
    from url: URL, nameInFile: (String) -> String = { $0 }
  ) throws(WeightsError) -> [String: String] {
    let file: SafetensorsFile
    do throws(FileError) {
      file = try SafetensorsFile.read(url)
    } catch {
      throw .file(error)
    }
    try load(file, path: url.lastPathComponent, nameInFile: nameInFile)
    return file.metadata
  }

  /// Takes all parameters from the tensors of a file; nothing changes where it throws.
  ///
  /// - Parameters:
  ///   - path: what errors call the file.
  ///   - nameInFile: the tensor that holds a parameter, where it is called otherwise.
  ///   - ignored: whether a tensor that no parameter wants may be there.
  public func load(
    _ file: SafetensorsFile, path: String = "safetensors", nameInFile: (String) -> String = { $0 },
    ignored: (String) -> Bool = { _ in false }
  ) throws(WeightsError) {
    let reader = TensorReader(file, path: path)
    var loaded: [(name: String, numbers: [Float])] = []
    var wanted: Set<String> = []
    for entry in layout.entries {
      let name = nameInFile(entry.name)
      wanted.insert(name)
      loaded.append((entry.name, try reader.numbers(name, shape: entry.shape)))
    }
    for tensor in file.tensors where !wanted.contains(tensor.name) && !ignored(tensor.name) {
      throw .extraTensor(path: path, name: tensor.name)
    }
    for (name, numbers) in loaded { self[name] = numbers }
  }
}

/// Tensors by name, checked as they are read.
struct TensorReader {
  let path: String
  private let tensors: [String: SafetensorsFile.Tensor]

  init(_ file: SafetensorsFile, path: String) {
    self.path = path
    tensors = Dictionary(file.tensors.map { ($0.name, $0) }) { first, _ in first }
  }

  func numbers(_ name: String, shape: [Int], isNegativeAllowed: Bool = true) throws(WeightsError)
    -> [Float]
  {
    guard let tensor = tensors[name] else { throw .missingTensor(path: path, name: name) }
    guard tensor.shape == shape else {
      throw .wrongShape(path: path, name: name, expected: shape, found: tensor.shape)
    }
    guard let numbers = tensor.floats else {
      throw .wrongType(path: path, name: name, found: tensor.elementType.rawValue)
    }
    if let index = numbers.firstIndex(where: { !$0.isFinite || (!isNegativeAllowed && $0 < 0) }) {
      throw .badNumber(path: path, name: name, index: index, found: numbers[index])
    }
    return numbers
  }
}
