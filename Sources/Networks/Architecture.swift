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
    case dense(String, Int, bias: Bool = true)
    /// A convolution: name, output channels, kernel size, geometry.
    case convolution(String, Int, Int, ConvolutionGeometry, bias: Bool = true)
    /// Batch normalisation per channel.
    case batchNorm(String, epsilon: Float = 1e-5)
    /// max(0, ·).
    case relu
    /// x where positive, a slope times x elsewhere.
    case leakyRelu(Float)
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
    // The forward pass takes a maximum before the rectifier that stands before it.
    for case .leakyRelu(let slope) in layers {
      precondition(slope >= 0, "\(name): a rectifier that rises")
    }
  }

  /// The layers with weights, in order, with their full shapes.
  public var weighted: [WeightedLayer] {
    var found: [WeightedLayer] = []
    walk { layer, _ in found.append(layer) }
    return found
  }

  /// Number of trained parameters, biases and normalisations included.
  public var parameterCount: Int {
    var count = 0
    walk { layer, _ in
      count += layer.weights + (layer.hasBias ? layer.shape[0] : 0)
    } normalised: {
      count += 2 * $0
    }
    return count
  }
  /// Number of weights, biases excluded.
  public var weightCount: Int { weighted.reduce(0) { $0 + $1.weights } }

  /// Multiply-adds of the weighted layers for one example.
  public var multiplyAdds: Int {
    var count = 0
    walk { layer, output in
      count += layer.weights * output.dropFirst().reduce(1, *)
    }
    return count
  }

  /// The forward pass; `apply` maps the input of each weighted layer to its output.
  ///
  /// A rectifier before a maximum is moved behind it: the two commute, and there is less to rectify.
  public func forward(_ x: Value, _ apply: (WeightedLayer, Value) -> Value) -> Value {
    var value = x.reshaped(input)
    var pending: ((Value) -> Value)?
    func rectify() {
      value = pending?(value) ?? value
      pending = nil
    }
    for layer in layers {
      switch layer {
      case .relu:
        rectify()
        pending = { relu($0) }
      case .leakyRelu(let slope):
        rectify()
        pending = { leakyRelu($0, slope: slope) }
      case .maxPool(let size):
        value = maxPool2d(value, kernel: size)
      case .batchNorm(let name, let epsilon):
        rectify()
        value = BatchNorm(name, epsilon: epsilon)(value, in: value.trace)
      case .dense, .convolution:
        rectify()
        value = apply(layer.weighted(value.shape)!, value)
      }
    }
    rectify()
    return value
  }

  /// The layers before the first dense one, and the rest as a classifier of what they give.
  public func splitAtHead() -> (body: Architecture, head: Architecture) {
    let first =
      layers.firstIndex {
        if case .dense = $0 { true } else { false }
      } ?? layers.endIndex
    let features = weighted.first { $0.shape.count == 2 }?.shape[1] ?? input.reduce(1, *)
    return (
      Architecture(
        name: "\(name), body", input: input, classes: classes, layers: Array(layers[..<first])),
      Architecture(
        name: "\(name), head", input: [features], classes: classes,
        layers: Array(layers[first...]))
    )
  }

  /// Visits the layers with weights, each with the shape of its output.
  private func walk(_ visit: (WeightedLayer, [Int]) -> Void, normalised: (Int) -> Void = { _ in }) {
    var shape = input
    for layer in layers {
      switch layer {
      case .relu, .leakyRelu: break
      case .maxPool(let size): shape = [shape[0], shape[1] / size, shape[2] / size]
      case .batchNorm: normalised(shape[0])
      case .dense(_, let outputs, _):
        let weighted = layer.weighted(shape)!
        shape = [outputs]
        visit(weighted, shape)
      case .convolution(_, let channels, let kernel, let geometry, _):
        let weighted = layer.weighted(shape)!
        shape = [
          channels, (shape[1] + 2 * geometry.padding.0 - kernel) / geometry.stride.0 + 1,
          (shape[2] + 2 * geometry.padding.1 - kernel) / geometry.stride.1 + 1,
        ]
        visit(weighted, shape)
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

  /// LeNet-5 with batch normalisation and no biases (variance networks): 431,640 parameters.
  public static let leNet5BN = Architecture(
    name: "LeNet-5-BN", input: [1, 28, 28], classes: 10,
    layers: [
      .convolution("conv1", 20, 5, .init(), bias: false), .batchNorm("bn1"), .relu, .maxPool(2),
      .convolution("conv2", 50, 5, .init(), bias: false), .batchNorm("bn2"), .relu, .maxPool(2),
      .dense("fc1", 500, bias: false), .batchNorm("bn3"), .relu, .dense("fc2", 10, bias: false),
    ])

  /// Thirteen convolutions of `width` times VGG's channels, a dense layer and the head; normalisation before every
  /// rectifier. 14,987,210 parameters at width 1 and 10 classes.
  public static func vggLike(width: Double = 1, classes: Int = 10) -> Architecture {
    let stages = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]
    var layers: [Layer] = []
    var number = 0
    func normalise() { layers += [.batchNorm("bn\(number)", epsilon: 1e-3), .relu] }
    for (channels, count) in stages {
      for _ in 0..<count {
        number += 1
        layers.append(
          .convolution(
            "conv\(number)", Int(width * Double(channels)), 3, .init(padding: 1), bias: false))
        normalise()
      }
      layers.append(.maxPool(2))
    }
    number += 1
    layers.append(.dense("fc1", Int(width * 512), bias: false))
    normalise()
    layers.append(.dense("fc2", classes))
    return Architecture(
      name: "VGG-like-\(width)" + (classes == 10 ? "" : "-c\(classes)"), input: [3, 32, 32],
      classes: classes, layers: layers)
  }

  /// The network of the deep weight prior's MNIST experiments: 115,658 parameters.
  public static let dwpConvNet = dwpConvNet(filters: [32, 128])

  /// The CIFAR network of the deep weight prior, as its paper counts it: 5,759,498 parameters.
  public static let dwpCIFARNet = dwpCIFARNet(filters: [128, 256, 256])

  /// The architectures that experiments may name.
  public static let all = [leNet300, leNet5]
  /// The architecture of a name, if there is one: one of `all`, or one of a family (`Architecture+Families.swift`).
  public static func named(_ name: String) -> Architecture? {
    all.first { $0.name == name } ?? member(name)
  }
}

extension Architecture.Layer {
  /// The layer's weights for an input of a shape, if it has any.
  func weighted(_ input: [Int]) -> WeightedLayer? {
    switch self {
    case .dense(let name, let outputs, let bias):
      WeightedLayer(
        name: name, shape: [outputs, input.reduce(1, *)], geometry: .init(), hasBias: bias)
    case .convolution(let name, let channels, let kernel, let geometry, let bias):
      WeightedLayer(
        name: name, shape: [channels, input[0], kernel, kernel], geometry: geometry, hasBias: bias)
    case .batchNorm, .relu, .leakyRelu, .maxPool: nil
    }
  }
}
