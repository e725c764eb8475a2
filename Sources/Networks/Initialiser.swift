import Compute

/// How the weights of a layer start. Biases start at zero unless said otherwise.
public enum Initialiser: String, Sendable, Codable {
  /// N(0, 0.01²), as the sparse variational dropout code does (Lasagne's `Normal()`).
  case normal001 = "normal_0.01"
  /// N(0, 0.02²).
  case normal002 = "normal_0.02"
  /// N(0, 2 / (fan in + fan out)) (Glorot and Bengio 2010).
  case xavierNormal = "xavier_normal"
  /// N(0, 2 / fan in) (He et al. 2015).
  case heNormal = "he_normal"

  /// Standard deviation for a layer.
  public func deviation(_ layer: WeightedLayer) -> Double {
    switch self {
    case .normal001: 0.01
    case .normal002: 0.02
    case .xavierNormal: (2 / Double(layer.fanIn + layer.fanOut)).squareRoot()
    case .heNormal: (2 / Double(layer.fanIn)).squareRoot()
    }
  }

  /// Draws every weight of a set, one stream per parameter: tensors of two axes and more, whose fans are counted as
  /// PyTorch does. Scales and running variances become one, biases and running means zero.
  public func fill(_ set: ParameterSet, stream: RandomStream) {
    for entry in set.layout.entries {
      if entry.shape.count > 1 {
        var generator = stream.child(entry.name).generator
        let deviation = deviation(
          WeightedLayer(name: entry.name, shape: entry.shape, geometry: .init(), hasBias: false))
        set[entry.name] = (0..<entry.count).map { _ in Float(deviation * generator.normal()) }
      } else {
        let isOne = entry.name.hasSuffix(".running_var") || entry.name.hasSuffix(".weight")
        set[entry.name] = Array(repeating: isOne ? 1 : 0, count: entry.count)
      }
    }
  }

  /// Draws the weights of every layer from one stream per layer; scales of normalisations and running variances
  /// become one.
  public func fill(_ set: ParameterSet, _ architecture: Architecture, stream: RandomStream) {
    for entry in set.layout.entries
    where entry.name.hasSuffix(".running_var")
      || (entry.shape.count == 1 && entry.name.hasSuffix(".weight"))
    {
      set[entry.name] = Array(repeating: 1, count: entry.count)
    }
    for layer in architecture.weighted {
      var generator = stream.child(layer.name).generator
      let deviation = deviation(layer)
      set["\(layer.name).weight"] = (0..<layer.weights).map { _ in
        Float(deviation * generator.normal())
      }
    }
  }
}
