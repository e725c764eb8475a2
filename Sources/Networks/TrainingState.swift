import Compute
import Files
import Foundation

/// All that a training needs to go on after an epoch as if it had never stopped: parameters (running statistics
/// included), Adam's steps and moments, and the number of finished epochs.
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
  private let first: [Float]
  private let second: [Float]

  private static let reserved = ["epoch", "adam_steps"]
  private static let moments = ["adam.first", "adam.second"]

  /// A copy of where a training stands; metadata must not name `epoch` or `adam_steps`.
  public init(
    epoch: Int, parameters set: ParameterSet, optimiser: Adam, metadata: [String: String] = [:]
  ) {
    precondition(epoch >= 0, "\(epoch) finished epochs")
    precondition(Self.reserved.allSatisfy { metadata[$0] == nil }, "reserved metadata")
    self.epoch = epoch
    self.metadata = metadata
    parameters = set.safetensors().tensors
    (steps, first, second) = optimiser.state
  }

  /// Puts the numbers back; parameters and optimiser must have the layout of the state.
  public func restore(_ set: ParameterSet, _ optimiser: Adam) {
    for tensor in parameters { set[tensor.name] = tensor.floats! }
    optimiser.restore(steps: steps, first: first, second: second)
  }

  /// The bytes of a safetensors file; equal states give equal bytes.
  public func encode() -> Data {
    var file = SafetensorsFile(
      metadata: metadata.merging(["epoch": "\(epoch)", "adam_steps": "\(steps)"]) { $1 },
      tensors: parameters)
    file.append(.init(name: Self.moments[0], shape: [first.count], first))
    file.append(.init(name: Self.moments[1], shape: [second.count], second))
    return Data(file.encoded())
  }

  /// Reads the state of a training with these parameters and this optimiser.
  ///
  /// - Parameter path: what errors call the file.
  /// - Throws: `FileError` for damage, `WeightsError` and `TrainingError.foreignState` for the state of another
  ///   training or one that is not finite.
  public init(
    decoding data: Data, _ layout: ParameterLayout, _ optimiser: Adam, path: String = "checkpoint"
  ) throws {
    let file = try SafetensorsFile.parse(Array(data), path: path)
    func count(_ key: String) throws -> Int {
      guard let value = file.metadata[key].flatMap(Int.init), value >= 0 else {
        throw TrainingError.foreignState(
          "expected a count as \(key), found \"\((file.metadata[key] ?? "").prefix(100))\"")
      }
      return value
    }
    epoch = try count("epoch")
    steps = try count("adam_steps")
    metadata = file.metadata.filter { !Self.reserved.contains($0.key) }
    parameters = try layout.entries.map {
      .init(
        name: $0.name, shape: $0.shape, try file.finite($0.name, shape: $0.shape, path: path))
    }
    first = try file.finite(Self.moments[0], shape: [optimiser.stateCount], path: path)
    second = try file.finite(Self.moments[1], shape: [optimiser.stateCount], path: path)
    if let index = second.firstIndex(where: { $0 < 0 }) {
      throw TrainingError.foreignState(
        "expected second moments of at least 0, found \(second[index])")
    }
    for tensor in file.tensors
    where !layout.contains(tensor.name) && !Self.moments.contains(tensor.name) {
      throw WeightsError.extra(path: path, name: tensor.name)
    }
  }
}
