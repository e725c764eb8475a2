import Compute

// Layers declare their parameters as they are applied, under the names and shapes that PyTorch gives them; input
// sizes follow from what they are applied to.

/// A dense layer, `y = W x + b`: parameters `name.weight` `[O, I]` and `name.bias` `[O]`.
public struct Linear: Sendable {
  /// What its parameters are called.
  public let name: String
  /// Length of its output.
  public let outputs: Int
  /// Whether a bias is added.
  public let hasBias: Bool

  /// A dense layer.
  public init(_ name: String, _ outputs: Int, hasBias: Bool = true) {
    self.name = name
    self.outputs = outputs
    self.hasBias = hasBias
  }

  /// Applies it to the features of each example.
  public func callAsFunction(_ x: Value, in trace: Trace) -> Value {
    trace.call(
      LayerCall(
        name: name, input: x.flattened,
        weight: trace.parameter("\(name).weight", [outputs, x.count]),
        bias: hasBias ? trace.parameter("\(name).bias", [outputs]) : nil,
        apply: { dense($0, $1, bias: $2) }))
  }
}

/// A convolution: parameters `name.weight` `[O, C, K, K]` and `name.bias` `[O]`.
public struct Conv2d: Sendable {
  /// What its parameters are called.
  public let name: String
  /// Output channels.
  public let channels: Int
  /// Height and width of the kernel.
  public let kernel: Int
  /// Stride and padding.
  public let geometry: ConvolutionGeometry
  /// Whether a bias is added.
  public var hasBias: Bool

  /// A convolution.
  public init(
    _ name: String, _ channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    hasBias: Bool = true
  ) {
    self.init(
      name, channels, kernel: kernel, ConvolutionGeometry(stride: stride, padding: padding),
      hasBias: hasBias)
  }

  /// A convolution of any geometry.
  public init(
    _ name: String, _ channels: Int, kernel: Int, _ geometry: ConvolutionGeometry,
    hasBias: Bool = true
  ) {
    self.name = name
    self.channels = channels
    self.kernel = kernel
    self.geometry = geometry
    self.hasBias = hasBias
  }

  /// Applies it to `[C, H, W]` of each example.
  public func callAsFunction(_ x: Value, in trace: Trace) -> Value {
    trace.call(
      LayerCall(
        name: name, input: x,
        weight: trace.parameter("\(name).weight", [channels, x.shape[0], kernel, kernel]),
        bias: hasBias ? trace.parameter("\(name).bias", [channels]) : nil, geometry: geometry,
        apply: { conv2d($0, $1, bias: $2, geometry) }))
  }
}

/// A convolution of each channel by its own kernel: parameters `name.weight` `[C, 1, K, K]` and `name.bias` `[C]`.
public struct DepthwiseConv2d: Sendable {
  /// What its parameters are called.
  public let name: String
  /// Height and width of the kernel.
  public let kernel: Int
  /// Stride and padding.
  public let geometry: ConvolutionGeometry
  /// Whether a bias is added.
  public let hasBias: Bool

  /// A depthwise convolution.
  public init(
    _ name: String, kernel: Int, _ geometry: ConvolutionGeometry = .init(), hasBias: Bool = true
  ) {
    self.name = name
    self.kernel = kernel
    self.geometry = geometry
    self.hasBias = hasBias
  }

  /// Applies it to `[C, H, W]` of each example.
  public func callAsFunction(_ x: Value, in trace: Trace) -> Value {
    depthwiseConv2d(
      x, trace.parameter("\(name).weight", [x.shape[0], 1, kernel, kernel]),
      bias: hasBias ? trace.parameter("\(name).bias", [x.shape[0]]) : nil, geometry)
  }
}

/// A transposed convolution: parameters `name.weight` `[C, O, K, K]` and `name.bias` `[O]`.
public struct ConvTranspose2d: Sendable {
  /// What its parameters are called.
  public let name: String
  /// Output channels.
  public let channels: Int
  /// Height and width of the kernel.
  public let kernel: Int
  /// Stride, padding and output padding.
  public let geometry: ConvolutionGeometry
  /// Whether a bias is added.
  public let hasBias: Bool

  /// A transposed convolution.
  public init(
    _ name: String, _ channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    outputPadding: Int = 0, hasBias: Bool = true
  ) {
    self.name = name
    self.channels = channels
    self.kernel = kernel
    geometry = ConvolutionGeometry(stride: stride, padding: padding, outputPadding: outputPadding)
    self.hasBias = hasBias
  }

  /// Applies it to `[C, H, W]` of each example.
  public func callAsFunction(_ x: Value, in trace: Trace) -> Value {
    convTranspose2d(
      x, trace.parameter("\(name).weight", [x.shape[0], channels, kernel, kernel]),
      bias: hasBias ? trace.parameter("\(name).bias", [channels]) : nil, geometry)
  }
}

/// Batch normalisation per channel: trained `name.weight` and `name.bias`, kept `name.running_mean` and
/// `name.running_var`, all `[C]`.
public struct BatchNorm: Sendable {
  /// What its parameters are called.
  public let name: String
  /// Added to the variance.
  public let epsilon: Float
  /// How far running statistics move towards the batch's.
  public let momentum: Float

  /// A normalisation with PyTorch's defaults.
  public init(_ name: String, epsilon: Float = 1e-5, momentum: Float = 0.1) {
    self.name = name
    self.epsilon = epsilon
    self.momentum = momentum
  }

  /// Normalises the channels of each example.
  public func callAsFunction(_ x: Value, in trace: Trace) -> Value {
    let shape = [x.shape[0]]
    return batchNorm(
      x, scale: trace.parameter("\(name).weight", shape),
      shift: trace.parameter("\(name).bias", shape),
      runningMean: trace.parameter("\(name).running_mean", shape, role: .statistic),
      runningVariance: trace.parameter("\(name).running_var", shape, role: .statistic),
      epsilon: epsilon, momentum: momentum)
  }
}
