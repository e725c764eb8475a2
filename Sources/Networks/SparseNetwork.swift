import Compute
import Files

/// A network of which most weights are zero, stored as the others and their places.
///
/// In a file, `fc1.weight` becomes `fc1.weight.values` (F32) and `fc1.weight.places` (I32, row-major positions,
/// ascending), with its shape in the metadata under `fc1.weight.shape`; biases and normalisations stay whole.
public struct SparseNetwork: Sendable, Equatable {
  /// One weight tensor.
  public struct Tensor: Sendable, Equatable {
    /// Such as `fc1.weight`.
    public var name: String
    /// What is left of it.
    public var weight: SparseWeight
  }

  /// Weights by layer.
  public var weights: [Tensor]
  /// What stays whole: biases, and what batch normalisation has.
  public var others: [String: [Float]]

  /// Weights left.
  public var keptWeights: Int { weights.reduce(0) { $0 + $1.weight.values.count } }

  /// Picks what is not zero out of a plain network's parameters.
  public init(_ set: ParameterSet, _ architecture: Architecture) {
    weights = []
    others = [:]
    for entry in architecture.others { others[entry.name] = set[entry.name] }
    for layer in architecture.weighted {
      let name = "\(layer.name).weight"
      let all = set[name]
      let places = all.indices.filter { all[$0] != 0 }
      weights.append(
        Tensor(
          name: name,
          weight: SparseWeight(
            shape: layer.shape, places: places.map(Int32.init), values: places.map { all[$0] })))
    }
  }

  /// The file.
  public func file(metadata: [String: String] = [:]) -> SafetensorsFile {
    var file = SafetensorsFile(metadata: metadata)
    for tensor in weights {
      let weight = tensor.weight
      file.metadata["\(tensor.name).shape"] = weight.shape.map(String.init).joined(separator: ",")
      file.append(.init(name: "\(tensor.name).values", shape: [weight.values.count], weight.values))
      file.append(
        .init(
          name: "\(tensor.name).places", elementType: .i32, shape: [weight.places.count],
          bytes: weight.places.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }))
    }
    for (name, values) in others.sorted(by: { $0.key < $1.key }) {
      file.append(.init(name: name, shape: [values.count], values))
    }
    return file
  }

  /// Reads a file back.
  ///
  /// - Throws: `WeightsError` when a tensor is missing or nobody's, has another shape or type, when places are not
  ///   ascending ones of the tensor, or a number is not finite.
  public init(_ file: SafetensorsFile, _ architecture: Architecture, path: String) throws {
    weights = []
    others = [:]
    var known: Set<String> = []
    for entry in architecture.others {
      others[entry.name] = try file.finite(entry.name, shape: entry.shape, path: path)
      known.insert(entry.name)
    }
    for layer in architecture.weighted {
      let name = "\(layer.name).weight"
      let (valuesName, placesName) = ("\(name).values", "\(name).places")
      known.formUnion([valuesName, placesName])
      let shape = file.metadata["\(name).shape"]?.split(separator: ",").map { Int($0) ?? -1 }
      guard shape == nil || shape == layer.shape else {
        throw WeightsError.shape(
          path: path, name: name, expected: layer.shape, found: shape ?? [])
      }
      guard let found = file[valuesName] else {
        throw WeightsError.missing(path: path, name: valuesName)
      }
      let values = try file.finite(valuesName, shape: [found.shape.reduce(1, *)], path: path)
      let places = try Self.places(file, placesName, count: values.count, of: layer, path: path)
      weights.append(
        Tensor(
          name: name, weight: SparseWeight(shape: layer.shape, places: places, values: values)))
    }
    if let extra = file.tensors.first(where: { !known.contains($0.name) }) {
      throw WeightsError.extra(path: path, name: extra.name)
    }
  }

  /// Places in a layer's weight, as many as there are numbers.
  private static func places(
    _ file: SafetensorsFile, _ name: String, count: Int, of layer: WeightedLayer, path: String
  ) throws(WeightsError) -> [Int32] {
    guard let tensor = file[name] else { throw .missing(path: path, name: name) }
    guard tensor.elementType == .i32 else {
      throw .places(
        path: path, name: name, expected: "I32", found: tensor.elementType.rawValue)
    }
    let places = stride(from: 0, to: tensor.bytes.count, by: 4).map { i in
      tensor.bytes[i..<i + 4].reversed().reduce(Int32(0)) { $0 << 8 | Int32($1) }
    }
    guard places.count == count else {
      throw .places(
        path: path, name: name, expected: "one place for each of \(count) numbers",
        found: "\(places.count)")
    }
    var least = 0
    for (index, place) in places.enumerated() {
      guard Int(place) >= least, Int(place) < layer.weights else {
        throw .places(
          path: path, name: name, expected: "places rising from 0 to \(layer.weights - 1)",
          found: "\(place) at index \(index)")
      }
      least = Int(place) + 1
    }
    return places
  }

  /// Fills a plain network's parameters, or those of a program that predicts from the weights left.
  public func expand(into set: ParameterSet) {
    let wanted = Set(set.layout.entries.map(\.name))
    for tensor in weights where wanted.contains(tensor.name) {
      let weight = tensor.weight
      var all = [Float](repeating: 0, count: weight.shape.reduce(1, *))
      for (place, value) in zip(weight.places, weight.values) { all[Int(place)] = value }
      set[tensor.name] = all
    }
    for (name, values) in others { set[name] = values }
  }

  /// The predicting program that costs what the weights left cost: input `x`, tap `logProbabilities` of `[N, classes]`.
  /// Its parameters are what stayed whole, and the weights of padded convolutions, which stay dense.
  public func predictionProgram(
    _ architecture: Architecture, batch: Int, threads: Int = 1
  ) -> Program {
    let tensors = Dictionary(uniqueKeysWithValues: weights.map { ($0.name, $0.weight) })
    return Program(batch: batch, threads: threads) { t in
      let logits = architecture.forward(t.input("x", architecture.input)) { layer, x in
        guard let weight = tensors["\(layer.name).weight"] else {
          preconditionFailure("\(layer.name) is not a layer of the network")
        }
        if layer.geometry.padding != (0, 0) || layer.geometry.farPadding != (0, 0) {
          return layer.apply(x, in: t)
        }
        let bias = layer.hasBias ? t.parameter("\(layer.name).bias", [layer.shape[0]]) : nil
        return layer.shape.count == 2
          ? sparseDense(x.flattened, weight, bias: bias)
          : sparseConv2d(x, weight, bias: bias, layer.geometry)
      }
      t.tap("logProbabilities", logSoftmax(logits))
      return nil
    }
  }
}

extension Architecture {
  /// The parameters that are no weights of a layer.
  fileprivate var others: [ParameterLayout.Entry] {
    let weights = Set(weighted.map { "\($0.name).weight" })
    return predictionProgram(batch: 1).parameters.entries.filter { !weights.contains($0.name) }
  }
}
