import Compute
import Files
import Foundation

/// All that a training needs to go on after an epoch as if it had never stopped: parameters (running statistics
/// included), the optimiser's steps and memories, and the number of finished epochs.
///
/// Random streams are named by epoch and step, so nothing of theirs is kept.
public struct TrainingState: Hashable, Sendable {
  /// Finished epochs.
  public let epoch: Int
  /// Steps the optimiser has taken.
  public let steps: Int
  /// Whatever else is to be remembered.
  public let metadata: [String: String]
  private let parameters: [SafetensorsFile.Tensor]
  private let optimiser: String
  private let memories: [String: [Float]]

  private static func stepsKey(_ optimiser: String) -> String { "\(optimiser)_steps" }

  /// A copy of where a training stands; metadata must not name `epoch` or `adam_steps`.
  public init(
    epoch: Int, parameters set: ParameterSet, optimiser: any Optimiser,
    metadata: [String: String] = [:]
  ) {
    let kind = type(of: optimiser)
    precondition(epoch >= 0, "\(epoch) finished epochs")
    precondition(
      metadata["epoch"] == nil && metadata[Self.stepsKey(kind.name)] == nil, "reserved metadata")
    self.epoch = epoch
    self.metadata = metadata
    self.optimiser = kind.name
    parameters = set.safetensors().tensors
    steps = optimiser.steps
    memories = Dictionary(uniqueKeysWithValues: kind.memories.map { ($0, optimiser.memory($0)) })
  }

  /// Puts the numbers back; parameters and optimiser must have the layout of the state.
  public func restore(_ set: ParameterSet, _ optimiser: any Optimiser) {
    precondition(type(of: optimiser).name == self.optimiser, "a state of another optimiser")
    for tensor in parameters { set[tensor.name] = tensor.floats! }
    optimiser.restore(steps: steps, memories: memories)
  }

  /// The bytes of a safetensors file; equal states give equal bytes.
  public func encode() -> Data {
    var file = SafetensorsFile(
      metadata: metadata.merging(
        ["epoch": "\(epoch)", Self.stepsKey(optimiser): "\(steps)"]
      ) { $1 },
      tensors: parameters)
    for (name, numbers) in memories.sorted(by: { $0.key < $1.key }) {
      file.append(.init(name: "\(optimiser).\(name)", shape: [numbers.count], numbers))
    }
    return Data(file.encoded())
  }

  /// Reads the state of a training with these parameters and this optimiser.
  ///
  /// - Parameter path: what errors call the file.
  /// - Throws: `FileError` for damage, `WeightsError` and `TrainingError.foreignState` for the state of another
  ///   training or one that is not finite.
  public init(
    decoding data: Data, _ layout: ParameterLayout, _ optimiser: any Optimiser,
    path: String = "checkpoint"
  ) throws {
    let kind = type(of: optimiser)
    let file = try SafetensorsFile.parse(Array(data), path: path)
    func count(_ key: String) throws -> Int {
      guard let value = file.metadata[key].flatMap(Int.init), value >= 0 else {
        throw TrainingError.foreignState(
          "expected a count as \(key), found \"\((file.metadata[key] ?? "").prefix(100))\"")
      }
      return value
    }
    epoch = try count("epoch")
    steps = try count(Self.stepsKey(kind.name))
    self.optimiser = kind.name
    metadata = file.metadata.filter { $0.key != "epoch" && $0.key != Self.stepsKey(kind.name) }
    parameters = try layout.entries.map {
      .init(
        name: $0.name, shape: $0.shape, try file.finite($0.name, shape: $0.shape, path: path))
    }
    var memories: [String: [Float]] = [:]
    for name in kind.memories {
      memories[name] = try file.finite(
        "\(kind.name).\(name)", shape: [optimiser.stateCount], path: path)
    }
    self.memories = memories
    if kind == Adam.self, let second = memories["second"],
      let index = second.firstIndex(where: { $0 < 0 })
    {
      throw TrainingError.foreignState(
        "expected second moments of at least 0, found \(second[index])")
    }
    let known = kind.memories.map { "\(kind.name).\($0)" }
    for tensor in file.tensors where !layout.contains(tensor.name) && !known.contains(tensor.name) {
      throw WeightsError.extra(path: path, name: tensor.name)
    }
  }
}
