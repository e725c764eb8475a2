import Compute

/// A residual network for small pictures (He et al. 2016): a convolution, stages of basic blocks, the mean over
/// positions, a dense layer. The first block of each stage but the first halves the picture.
///
/// Parameters are `conv1`, `bn1`, `layerS.B.conv1`, `layerS.B.bn1`, …, `linear`, stages counted from 1, blocks from 0.
public struct ResNet: PictureNetwork {
  /// What carries a block's input past it where the shape changes.
  public enum Shortcut: Sendable {
    /// Every second pixel, missing channels zero on both sides (option A of the paper).
    case padded
    /// A 1 × 1 convolution of stride 2, `shortcut.0`, and batch normalisation, `shortcut.1` (option B).
    case projected
  }

  /// `[C, H, W]`.
  public let input: [Int]
  /// Channels of each stage.
  public let widths: [Int]
  /// Blocks of each stage.
  public let blocks: Int
  /// Classes it tells apart.
  public let classes: Int
  /// How shapes change.
  public let shortcut: Shortcut
  /// Whether normalisations are part of the convolutions, as `folded` makes them: for prediction only.
  public var isFolded: Bool
  /// Share of the numbers between the two convolutions of a block that training drops.
  public private(set) var dropoutRate: Float = 0

  /// A residual network.
  public init(
    input: [Int] = [3, 32, 32], widths: [Int] = [16, 32, 64], blocks: Int = 3, classes: Int = 10,
    shortcut: Shortcut = .padded, isFolded: Bool = false
  ) {
    precondition(!widths.isEmpty && blocks > 0, "at least one block")
    self.input = input
    self.widths = widths
    self.blocks = blocks
    self.classes = classes
    self.shortcut = shortcut
    self.isFolded = isFolded
  }

  /// The one of 20 layers for CIFAR-10, as its authors have it.
  public static let resNet20 = ResNet()

  /// The same network with dropout between the two convolutions of a block.
  public func dropping(rate: Float) -> ResNet? {
    var other = self
    other.dropoutRate = rate
    return other
  }

  /// The logits of each picture.
  public func forward(_ x: Value, in trace: Trace) -> Value {
    var value = relu(normalised("conv1", x.reshaped(input), widths[0], in: trace))
    for (stage, width) in widths.enumerated() {
      for block in 0..<blocks {
        value = basicBlock(
          "layer\(stage + 1).\(block).", value, width, halves: stage > 0 && block == 0, in: trace)
      }
    }
    return Linear("linear", classes)(globalAveragePool(value), in: trace)
  }

  private func basicBlock(
    _ name: String, _ x: Value, _ width: Int, halves: Bool, in trace: Trace
  ) -> Value {
    let stride = halves ? 2 : 1
    let first = relu(normalised("\(name)conv1", x, width, stride: stride, in: trace))
    let second = normalised("\(name)conv2", dropped(first), width, in: trace)
    return relu(second + carried(name, x, width, stride, in: trace))
  }

  private func carried(
    _ name: String, _ x: Value, _ width: Int, _ stride: Int, in trace: Trace
  ) -> Value {
    guard stride > 1 || x.shape[0] != width else { return x }
    switch shortcut {
    case .projected:
      return normalised("\(name)shortcut.0", x, width, kernel: 1, stride: stride, in: trace)
    case .padded:
      let missing = width - x.shape[0]
      precondition(missing >= 0, "a stage narrower than the one before")
      // A window of one pixel picks every second of them.
      let picked = stride > 1 ? averagePool2d(x, kernel: 1, stride: stride) : x
      return missing == 0
        ? picked : padChannels(picked, before: missing / 2, after: missing - missing / 2)
    }
  }

  private func normalised(
    _ name: String, _ x: Value, _ width: Int, kernel: Int = 3, stride: Int = 1, in trace: Trace
  ) -> Value {
    normalised(
      Conv2d(name, width, kernel: kernel, stride: stride, padding: kernel / 2, hasBias: false), x,
      in: trace)
  }

  /// `layerS.B.convN` is followed by `layerS.B.bnN`, `shortcut.0` by `shortcut.1`.
  public func norm(of convolution: String) -> String? {
    convolution.hasSuffix("shortcut.0")
      ? convolution.dropLast() + "1" : convolution.replacing("conv", with: "bn")
  }

  private func dropped(_ x: Value) -> Value { dropoutRate > 0 ? dropout(x, rate: dropoutRate) : x }
}
