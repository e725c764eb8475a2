import Compute

/// A wide residual network (Zagoruyko and Komodakis 2016): 6n + 4 layers, blocks that normalise and rectify before they
/// convolve, `width` times the channels 16, 32, 64.
///
/// Convolutions have biases and the stride is the second one's; parameters are `conv1`, `layerS.B.bn1`, `conv1`, `bn2`,
/// `conv2`, `layerS.0.shortcut.0`, `bn1`, `linear`, as in the PyTorch models of Pitfalls of in-domain uncertainty.
public struct WideResNet: PictureNetwork {
  /// `[C, H, W]`.
  public let input: [Int]
  /// Channels of the first convolution.
  public let stem: Int
  /// Channels of each stage.
  public let widths: [Int]
  /// Blocks of each stage.
  public let blocks: Int
  /// Classes it tells apart.
  public let classes: Int
  /// Whether normalisations are part of the convolutions.
  public var isFolded = false
  /// Share of the numbers between the two convolutions of a block that training drops.
  public private(set) var dropoutRate: Float = 0

  /// A network of these blocks.
  public init(
    input: [Int] = [3, 32, 32], stem: Int = 16, widths: [Int], blocks: Int, classes: Int = 10
  ) {
    precondition(!widths.isEmpty && blocks > 0, "at least one block")
    self.input = input
    self.stem = stem
    self.widths = widths
    self.blocks = blocks
    self.classes = classes
  }

  /// The network of so many layers and such a width; `nil` where there is none.
  public init?(layers: Int, width: Int, classes: Int = 10) {
    guard layers >= 10, (layers - 4) % 6 == 0, width >= 1 else { return nil }
    self.init(widths: [16, 32, 64].map { $0 * width }, blocks: (layers - 4) / 6, classes: classes)
  }

  /// The same network with dropout between the two convolutions of a block.
  public func dropping(rate: Float) -> WideResNet? {
    var other = self
    other.dropoutRate = rate
    return other
  }

  /// The logits of each picture.
  public func forward(_ x: Value, in trace: Trace) -> Value {
    var value = Conv2d("conv1", stem, kernel: 3, padding: 1)(x.reshaped(input), in: trace)
    for (stage, width) in widths.enumerated() {
      for block in 0..<blocks {
        value = self.block(
          "layer\(stage + 1).\(block).", value, width, stride: stage > 0 && block == 0 ? 2 : 1,
          in: trace)
      }
    }
    value = relu(BatchNorm("bn1", epsilon: epsilon)(value, in: trace))
    return Linear("linear", classes)(globalAveragePool(value), in: trace)
  }

  private func block(
    _ name: String, _ x: Value, _ width: Int, stride: Int, in trace: Trace
  ) -> Value {
    var value = relu(BatchNorm("\(name)bn1", epsilon: epsilon)(x, in: trace))
    value = relu(
      normalised(Conv2d("\(name)conv1", width, kernel: 3, padding: 1), value, in: trace))
    value = Conv2d("\(name)conv2", width, kernel: 3, stride: stride, padding: 1)(
      dropped(value), in: trace)
    guard stride > 1 || x.shape[0] != width else { return value + x }
    return value
      + Conv2d("\(name)shortcut.0", width, kernel: 1, stride: stride)(x, in: trace)
  }

  /// In a block `conv1` is followed by `bn2`.
  public func norm(of convolution: String) -> String? {
    guard convolution.hasPrefix("layer"), convolution.hasSuffix(".conv1") else { return nil }
    return convolution.dropLast("conv1".count) + "bn2"
  }

  private func dropped(_ x: Value) -> Value { dropoutRate > 0 ? dropout(x, rate: dropoutRate) : x }
}
