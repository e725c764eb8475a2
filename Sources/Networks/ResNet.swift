import Compute

/// A residual network for small pictures (He et al. 2016): a convolution, stages of basic blocks, the mean over
/// positions, a dense layer. The first block of each stage but the first halves the picture.
///
/// Parameters are `conv1`, `bn1`, `layerS.B.conv1`, `layerS.B.bn1`, …, `linear`, stages counted from 1, blocks from 0.
public struct ResNet: Sendable {
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
  public let isFolded: Bool

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

  /// The logits of each picture.
  public func forward(_ x: Value, in trace: Trace) -> Value {
    var value = relu(normalised("conv1", "bn1", x.reshaped(input), widths[0], in: trace))
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
    let first = relu(
      normalised("\(name)conv1", "\(name)bn1", x, width, stride: stride, in: trace))
    let second = normalised("\(name)conv2", "\(name)bn2", first, width, in: trace)
    return relu(second + carried(name, x, width, stride, in: trace))
  }

  private func carried(
    _ name: String, _ x: Value, _ width: Int, _ stride: Int, in trace: Trace
  ) -> Value {
    guard stride > 1 || x.shape[0] != width else { return x }
    switch shortcut {
    case .projected:
      return normalised(
        "\(name)shortcut.0", "\(name)shortcut.1", x, width, kernel: 1, stride: stride, in: trace)
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
    _ convolution: String, _ norm: String, _ x: Value, _ width: Int, kernel: Int = 3,
    stride: Int = 1, in trace: Trace
  ) -> Value {
    let y = Conv2d(
      convolution, width, kernel: kernel, stride: stride, padding: kernel / 2, hasBias: isFolded)(
        x, in: trace)
    return isFolded ? y : BatchNorm(norm)(y, in: trace)
  }

  /// The training program: inputs `x`, `labels`; the loss is the mean cross-entropy; tap `logits`.
  public func trainingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      let logits = forward(t.input("x", input), in: t)
      t.tap("logits", logits)
      return mean(softmaxCrossEntropy(logits, t.labels("labels")))
    }
  }

  /// A program of the logits alone: input `x`, tap `logits`.
  public func logitsProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      t.tap("logits", forward(t.input("x", input), in: t))
      return nil
    }
  }

  /// The predicting program: input `x`, taps `logits` and `logProbabilities`.
  public func predictionProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      let logits = forward(t.input("x", input), in: t)
      t.tap("logits", logits)
      t.tap("logProbabilities", logSoftmax(logits))
      return nil
    }
  }

  /// The same network with its normalisations' running statistics folded into the convolutions.
  public var folded: ResNet {
    ResNet(
      input: input, widths: widths, blocks: blocks, classes: classes, shortcut: shortcut,
      isFolded: true)
  }

  /// Fills the parameters of the folded network: `w s / sqrt(v + ε)` and `b - m s / sqrt(v + ε)`.
  public func fold(_ set: ParameterSet, into other: ParameterSet, epsilon: Float = 1e-5) {
    precondition(!isFolded, "already folded")
    other.copyValues(from: set)
    for entry in set.layout.entries where entry.name.hasSuffix(".weight") && entry.shape.count == 4
    {
      let convolution = String(entry.name.dropLast(".weight".count))
      let norm =
        convolution.hasSuffix("shortcut.0")
        ? convolution.dropLast() + "1" : convolution.replacing("conv", with: "bn")
      let variance = set["\(norm).running_var"]
      let scale = zip(set["\(norm).weight"], variance).map { $0 / ($1 + epsilon).squareRoot() }
      let size = entry.count / scale.count
      let weight = set[entry.name]
      other[entry.name] = weight.indices.map { weight[$0] * scale[$0 / size] }
      let mean = set["\(norm).running_mean"]
      let shift = set["\(norm).bias"]
      other["\(convolution).bias"] = scale.indices.map { shift[$0] - mean[$0] * scale[$0] }
    }
  }
}
