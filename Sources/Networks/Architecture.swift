import Compute

/// A layer that has weights: a dense layer or a convolution.
public struct WeightedLayer: Sendable {
  /// Its name; parameters are `name.weight` and `name.bias`.
  public let name: String
  /// `[O, I]` or `[O, C, KH, KW]`.
  public let shape: [Int]
  /// Stride and padding, where it is a convolution.
  public let geometry: ConvolutionGeometry
  /// Whether a bias is added.
  public let hasBias: Bool

  /// Number of weights, biases excluded.
  public var weights: Int { shape.reduce(1, *) }
  /// Inputs that one output sees.
  public var fanIn: Int { shape.dropFirst().reduce(1, *) }
  /// Outputs that one input reaches.
  public var fanOut: Int { shape[0] * shape.dropFirst(2).reduce(1, *) }

  /// The layer's linear map with the given weight and bias.
  public func apply(_ x: Value, weight: Value, bias: Value?) -> Value {
    shape.count == 2
      ? dense(x.flattened, weight, bias: bias) : conv2d(x, weight, bias: bias, geometry)
  }
  /// The linear map with the network's own parameters.
  public func apply(_ x: Value, in trace: Trace) -> Value {
    apply(
      x, weight: trace.parameter("\(name).weight", shape),
      bias: hasBias ? trace.parameter("\(name).bias", [shape[0]]) : nil)
  }
}

/// A feed-forward network as a list of layers, so that a method can put its own weights into each of them.
public struct Architecture: Sendable {
  /// One step of the forward pass.
  public enum Layer: Sendable {
    /// A dense layer of so many outputs.
    case dense(String, Int)
    /// A convolution: name, output channels, kernel size, geometry.
    case convolution(String, Int, Int, ConvolutionGeometry)
    /// max(0, ·).
    case relu
    /// Maximum over windows of this size, which is also the stride.
    case maxPool(Int)
  }

  /// The name that reports use.
  public let name: String
  /// `[C, H, W]` or `[features]`.
  public let input: [Int]
  /// Classes it tells apart.
  public let classes: Int
  /// Its layers in order.
  public let layers: [Layer]

  /// A network from its layers; names of layers with weights must differ.
  public init(name: String, input: [Int], classes: Int, layers: [Layer]) {
    self.name = name
    self.input = input
    self.classes = classes
    self.layers = layers
    precondition(
      Set(weighted.map(\.name)).count == weighted.count, "\(name): two layers of one name")
  }

  /// The layers with weights, in order, with their full shapes.
  public var weighted: [WeightedLayer] {
    var found: [WeightedLayer] = []
    walk { found.append($0) }
    return found
  }

  /// Number of parameters, biases included.
  public var parameterCount: Int { weighted.reduce(0) { $0 + $1.weights + $1.shape[0] } }
  /// Number of weights, biases excluded.
  public var weightCount: Int { weighted.reduce(0) { $0 + $1.weights } }

  /// The forward pass; `apply` maps the input of each weighted layer to its output.
  ///
  /// A rectifier before a maximum is moved behind it: the two commute, and there is less to rectify.
  public func forward(_ x: Value, _ apply: (WeightedLayer, Value) -> Value) -> Value {
    var value = x.reshaped(input)
    var pending = false
    for layer in layers {
      switch layer {
      case .relu:
        pending = true
        continue
      case .maxPool(let size):
        value = maxPool2d(value, kernel: size)
      case .dense(let name, let outputs):
        if pending { value = relu(value) }
        pending = false
        value = apply(
          WeightedLayer(
            name: name, shape: [outputs, value.count], geometry: .init(), hasBias: true), value)
      case .convolution(let name, let channels, let kernel, let geometry):
        if pending { value = relu(value) }
        pending = false
        value = apply(
          WeightedLayer(
            name: name, shape: [channels, value.shape[0], kernel, kernel], geometry: geometry,
            hasBias: true), value)
      }
    }
    return pending ? relu(value) : value
  }

  private func walk(_ visit: (WeightedLayer) -> Void) {
    var shape = input
    for layer in layers {
      switch layer {
      case .relu: break
      case .maxPool(let size): shape = [shape[0], shape[1] / size, shape[2] / size]
      case .dense(let name, let outputs):
        visit(
          WeightedLayer(
            name: name, shape: [outputs, shape.reduce(1, *)], geometry: .init(), hasBias: true))
        shape = [outputs]
      case .convolution(let name, let channels, let kernel, let geometry):
        visit(
          WeightedLayer(
            name: name, shape: [channels, shape[0], kernel, kernel], geometry: geometry,
            hasBias: true))
        shape = [
          channels, (shape[1] + 2 * geometry.padding.0 - kernel) / geometry.stride.0 + 1,
          (shape[2] + 2 * geometry.padding.1 - kernel) / geometry.stride.1 + 1,
        ]
      }
    }
  }

  /// 784-300-100-10 with rectifiers: 266,610 parameters (LeCun et al. 1998).
  public static let leNet300 = Architecture(
    name: "LeNet-300-100", input: [784], classes: 10,
    layers: [.dense("fc1", 300), .relu, .dense("fc2", 100), .relu, .dense("fc3", 10)])

  /// Caffe's LeNet-5 with a rectifier behind each convolution: 431,080 parameters.
  public static let leNet5 = Architecture(
    name: "LeNet-5-Caffe", input: [1, 28, 28], classes: 10,
    layers: [
      .convolution("conv1", 20, 5, .init()), .relu, .maxPool(2),
      .convolution("conv2", 50, 5, .init()), .relu, .maxPool(2),
      .dense("fc1", 500), .relu, .dense("fc2", 10),
    ])

  /// The architectures by name.
  public static let all = [leNet300, leNet5]
  /// The architecture of a name, if there is one.
  public static func named(_ name: String) -> Architecture? { all.first { $0.name == name } }
}
