import Compute

/// A residual network whose blocks normalise and rectify before they convolve (He et al. 2016, "Identity Mappings"),
/// for small pictures: 6n + 2 layers of basic blocks below 44 layers, else 9n + 2 of bottlenecks.
///
/// Parameters are `conv1`, `layerS.B.bnN`, `layerS.B.convN`, `layerS.0.downsample.0`, `bn`, `fc`, as in the PyTorch
/// models of Pitfalls of in-domain uncertainty and of stochastic weight averaging.
public struct PreResNet: PictureNetwork {
  /// `[C, H, W]`.
  public let input: [Int]
  /// Channels in the middle of the blocks of each stage.
  public let widths: [Int]
  /// Blocks of each stage.
  public let blocks: Int
  /// Whether a block is three convolutions, of which the last has four times the channels, or two.
  public let hasBottlenecks: Bool
  /// Classes it tells apart.
  public let classes: Int
  /// Whether normalisations are part of the convolutions.
  public var isFolded = false

  /// A network of these blocks.
  public init(
    input: [Int] = [3, 32, 32], widths: [Int] = [16, 32, 64], blocks: Int, hasBottlenecks: Bool,
    classes: Int = 10
  ) {
    precondition(!widths.isEmpty && blocks > 0, "at least one block")
    self.input = input
    self.widths = widths
    self.blocks = blocks
    self.hasBottlenecks = hasBottlenecks
    self.classes = classes
  }

  /// The network of so many layers; `nil` where there is none.
  public init?(layers: Int, classes: Int = 10) {
    let hasBottlenecks = layers >= 44
    let perBlock = hasBottlenecks ? 9 : 6
    guard layers >= 8, (layers - 2) % perBlock == 0 else { return nil }
    self.init(
      blocks: (layers - 2) / perBlock, hasBottlenecks: hasBottlenecks, classes: classes)
  }

  /// The logits of each picture.
  public func forward(_ x: Value, in trace: Trace) -> Value {
    var value = conv("conv1", widths[0], kernel: 3)(x.reshaped(input), in: trace)
    for (stage, width) in widths.enumerated() {
      for block in 0..<blocks {
        value = self.block(
          "layer\(stage + 1).\(block).", value, width, stride: stage > 0 && block == 0 ? 2 : 1,
          in: trace)
      }
    }
    value = relu(BatchNorm("bn", epsilon: epsilon)(value, in: trace))
    return Linear("fc", classes)(globalAveragePool(value), in: trace)
  }

  private func block(
    _ name: String, _ x: Value, _ width: Int, stride: Int, in trace: Trace
  ) -> Value {
    let outer = hasBottlenecks ? 4 * width : width
    var value = relu(BatchNorm("\(name)bn1", epsilon: epsilon)(x, in: trace))
    if hasBottlenecks {
      value = relu(normalised(conv("\(name)conv1", width, kernel: 1), value, in: trace))
      value = relu(
        normalised(conv("\(name)conv2", width, kernel: 3, stride: stride), value, in: trace))
      value = conv("\(name)conv3", outer, kernel: 1)(value, in: trace)
    } else {
      value = relu(
        normalised(conv("\(name)conv1", width, kernel: 3, stride: stride), value, in: trace))
      value = conv("\(name)conv2", outer, kernel: 3)(value, in: trace)
    }
    guard stride > 1 || x.shape[0] != outer else { return value + x }
    return value + conv("\(name)downsample.0", outer, kernel: 1, stride: stride)(x, in: trace)
  }

  private func conv(_ name: String, _ channels: Int, kernel: Int, stride: Int = 1) -> Conv2d {
    Conv2d(name, channels, kernel: kernel, stride: stride, padding: kernel / 2, hasBias: false)
  }

  /// In a block `convN` is followed by `bnN+1`, but for the last.
  public func norm(of convolution: String) -> String? {
    guard convolution.hasPrefix("layer") else { return nil }
    for index in 1...(hasBottlenecks ? 2 : 1) where convolution.hasSuffix(".conv\(index)") {
      return convolution.dropLast("conv\(index)".count) + "bn\(index + 1)"
    }
    return nil
  }
}
