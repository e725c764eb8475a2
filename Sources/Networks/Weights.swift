import Compute
import Files
import Foundation

/// Parameters as a safetensors file, each under its own name.
extension ParameterSet {
  /// The file of all parameters, as F32.
  public func safetensors(metadata: [String: String] = [:]) -> SafetensorsFile {
    SafetensorsFile(
      metadata: metadata,
      tensors: layout.entries.map { .init(name: $0.name, shape: $0.shape, self[$0.name]) })
  }

  /// Writes all parameters to a file, whole or not at all.
  ///
  /// - Throws: `FileError`: `noSpace`, `readOnly`, `io`.
  public func save(to url: URL, metadata: [String: String] = [:]) throws(FileError) {
    try safetensors(metadata: metadata).write(to: url)
  }

  /// Takes every parameter from a file; nothing changes where it throws.
  ///
  /// - Parameters:
  ///   - path: what errors call the file.
  ///   - nameInFile: the tensor that holds a parameter, where it is called otherwise.
  ///   - ignored: whether a tensor that no parameter wants may be there.
  /// - Throws: `WeightsError` when a tensor is missing or nobody's, has another shape or type, or holds a number that
  ///   is not finite.
  public func load(
    _ file: SafetensorsFile, path: String = "safetensors", nameInFile: (String) -> String = { $0 },
    ignored: (String) -> Bool = { _ in false }
  ) throws(WeightsError) {
    var loaded: [(name: String, numbers: [Float])] = []
    var wanted: Set<String> = []
    for entry in layout.entries {
      let name = nameInFile(entry.name)
      wanted.insert(name)
      loaded.append((entry.name, try file.finite(name, shape: entry.shape, path: path)))
    }
    for tensor in file.tensors where !wanted.contains(tensor.name) && !ignored(tensor.name) {
      throw .extra(path: path, name: tensor.name)
    }
    for (name, numbers) in loaded { self[name] = numbers }
  }

  /// Reads every parameter from the file at a place.
  ///
  /// - Returns: the metadata of the file.
  /// - Throws: `WeightsError`, also for the file itself.
  @discardableResult
  public func load(
    from url: URL, nameInFile: (String) -> String = { $0 },
    ignored: (String) -> Bool = { _ in false }
  ) throws(WeightsError) -> [String: String] {
    let file: SafetensorsFile
    do throws(FileError) {
      file = try SafetensorsFile.read(url)
    } catch {
      throw .file(error)
    }
    try load(file, path: url.lastPathComponent, nameInFile: nameInFile, ignored: ignored)
    return file.metadata
  }
}

extension SafetensorsFile {
  /// The numbers of a tensor of a known shape, all of them finite.
  func finite(_ name: String, shape: [Int], path: String) throws(WeightsError) -> [Float] {
    guard let tensor = self[name] else { throw .missing(path: path, name: name) }
    guard tensor.shape == shape else {
      throw .shape(path: path, name: name, expected: shape, found: tensor.shape)
    }
    guard let numbers = tensor.floats else {
      throw .type(path: path, name: name, found: tensor.elementType.rawValue)
    }
    if let index = numbers.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(path: path, name: name, index: index)
    }
    return numbers
  }
}
