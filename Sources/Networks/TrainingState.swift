import Compute
import Files
import Foundation

/// All that a training needs to go on at an epoch's end as if it had never stopped: parameters (running statistics
/// included), Adam's moments and steps, and the number of finished epochs.
///
/// Random streams are named by epoch and step, so none of their state is kept.
public struct TrainingState: Hashable, Sendable {
  /// Moments of one trainable parameter, in row-major order.
  public struct Moments: Hashable, Sendable {
    /// Mean of gradients.
    public var first: [Float]
    /// Mean of their squares.
    public var second: [Float]
  }

  /// Finished epochs.
  public let epoch: Int
  /// Steps the optimiser has taken.
  public let steps: Int
  /// Whatever else is to be remembered, such as the curve so far.
  public var metadata: [String: String]
  /// Numbers of each parameter, in row-major order.
  public let parameters: [String: [Float]]
  /// Moments of each trainable parameter.
  public let moments: [String: Moments]
  private let shapes: [String: [Int]]

  /// A copy of where a training stands.
  public init(
    epoch: Int, parameters set: ParameterSet, optimiser: Adam, metadata: [String: String] = [:]
  ) {
    precondition(epoch >= 0, "\(epoch) finished epochs")
    precondition(
      metadata.keys.allSatisfy { !$0.hasPrefix(Self.reserved) }, "\(Self.reserved)… is reserved")
    self.epoch = epoch
    self.metadata = metadata
    steps = optimiser.steps
    var parameters: [String: [Float]] = [:]
    var moments: [String: Moments] = [:]
    for entry in set.layout.entries {
      parameters[entry.name] = set[entry.name]
      guard entry.role == .trainable else { continue }
      let (first, second) = optimiser.moments(of: entry.name, in: set.layout)
      moments[entry.name] = Moments(first: first, second: second)
    }
    self.parameters = parameters
    self.moments = moments
    shapes = Dictionary(uniqueKeysWithValues: set.layout.entries.map { ($0.name, $0.shape) })
  }

  /// Puts the numbers back where they came from; both must have the layout of this state.
  public func restore(_ set: ParameterSet, _ optimiser: Adam) {
    precondition(set.layout.entries.count == parameters.count, "another layout")
    for (name, numbers) in parameters { set[name] = numbers }
    optimiser.restore(steps: steps, in: set.layout) { name in
      guard let found = moments[name] else { preconditionFailure("another layout: \(name)") }
      return (found.first, found.second)
    }
  }

  // MARK: Bytes

  private static let reserved = "training."
  private static let format = "bench training state 1"

  /// The state as a safetensors file: `parameter/NAME`, `first/NAME`, `second/NAME`. Equal states give equal bytes.
  public func encode() -> Data {
    var file = SafetensorsFile(
      metadata: metadata.merging([
        "training.format": Self.format, "training.epoch": "\(epoch)", "training.steps": "\(steps)",
      ]) { $1 })
    for name in parameters.keys.sorted() {
      file.append(.init(name: "parameter/\(name)", shape: shapes[name]!, parameters[name]!))
    }
    for name in moments.keys.sorted() {
      file.append(.init(name: "first/\(name)", shape: shapes[name]!, moments[name]!.first))
      file.append(.init(name: "second/\(name)", shape: shapes[name]!, moments[name]!.second))
    }
    return Data(file.encoded())
  }

  /// Reads a state of a layout.
  ///
  /// - Parameter path: what errors call the file.
  public init(
    decoding data: Data, _ layout: ParameterLayout, path: String = "checkpoint"
  ) throws(WeightsError) {
    let file: SafetensorsFile
    do throws(FileError) {
      file = try SafetensorsFile.parse(Array(data), path: path)
    } catch {
      throw .file(error)
    }
    guard file.metadata["training.format"] == Self.format else {
      throw .badMetadata(
        path: path, key: "training.format", expected: "\"\(Self.format)\"",
        found: file.metadata["training.format"] ?? "")
    }
    func count(_ key: String) throws(WeightsError) -> Int {
      let text = file.metadata[key] ?? ""
      guard let value = Int(text), value >= 0 else {
        throw .badMetadata(path: path, key: key, expected: "a count", found: text)
      }
      return value
    }
    epoch = try count("training.epoch")
    steps = try count("training.steps")
    metadata = file.metadata.filter { !$0.key.hasPrefix(Self.reserved) }
    let reader = TensorReader(file, path: path)
    var wanted: Set<String> = []
    func numbers(
      _ part: String, _ entry: ParameterLayout.Entry
    ) throws(WeightsError) -> [Float] {
      wanted.insert("\(part)/\(entry.name)")
      return try reader.numbers(
        "\(part)/\(entry.name)", shape: entry.shape, isNegativeAllowed: part != "second")
    }
    var parameters: [String: [Float]] = [:]
    var moments: [String: Moments] = [:]
    for entry in layout.entries {
      parameters[entry.name] = try numbers("parameter", entry)
      guard entry.role == .trainable else { continue }
      moments[entry.name] = Moments(
        first: try numbers("first", entry), second: try numbers("second", entry))
    }
    if let name = file.tensors.first(where: { !wanted.contains($0.name) })?.name {
      throw .extraTensor(path: path, name: name)
    }
    self.parameters = parameters
    self.moments = moments
    shapes = Dictionary(uniqueKeysWithValues: layout.entries.map { ($0.name, $0.shape) })
  }
}
