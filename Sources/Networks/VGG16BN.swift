import Compute

/// VGG-16 with batch normalisation for small pictures (Simonyan and Zisserman 2015): thirteen convolutions, each
/// normalised and rectified, five poolings that halve the picture, three dense layers.
///
/// Parameters are `features.N` and `classifier.1`, `classifier.4`, `classifier.6`, numbered as in PyTorch, where the
/// layers between are counted too; the first two of them drop half of their inputs in the authors' training.
public struct VGG16BN: PictureNetwork {
  /// `[C, H, W]`.
  public let input: [Int]
  /// Channels of the convolutions between two poolings.
  public let stages: [[Int]]
  /// Length of the two hidden dense layers.
  public let hidden: Int
  /// Classes it tells apart.
  public let classes: Int
  /// Whether normalisations are part of the convolutions.
  public var isFolded = false
  /// Share of the numbers before the first two dense layers that training drops.
  public private(set) var dropoutRate: Float = 0

  /// The network, `divisor` times as narrow.
  public init(input: [Int] = [3, 32, 32], divisor: Int = 1, classes: Int = 10) {
    let stages = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]]
    precondition(divisor > 0 && 64 % divisor == 0, "divisor: must divide 64")
    self.input = input
    self.stages = stages.map { $0.map { $0 / divisor } }
    hidden = 512 / divisor
    self.classes = classes
  }

  /// The same network with dropout before the first two dense layers.
  public func dropping(rate: Float) -> VGG16BN? {
    var other = self
    other.dropoutRate = rate
    return other
  }

  /// The logits of each picture.
  public func forward(_ x: Value, in trace: Trace) -> Value {
    var value = x.reshaped(input)
    var index = 0
    for stage in stages {
      for channels in stage {
        value = relu(
          normalised(
            Conv2d("features.\(index)", channels, kernel: 3, padding: 1), value, in: trace))
        index += 3
      }
      value = maxPool2d(value, kernel: 2)
      index += 1
    }
    value = relu(Linear("classifier.1", hidden)(dropped(value), in: trace))
    value = relu(Linear("classifier.4", hidden)(dropped(value), in: trace))
    return Linear("classifier.6", classes)(value, in: trace)
  }

  /// `features.N` is followed by `features.N+1`.
  public func norm(of convolution: String) -> String? {
    guard convolution.hasPrefix("features."), let index = Int(convolution.dropFirst(9)) else {
      return nil
    }
    return "features.\(index + 1)"
  }

  private func dropped(_ x: Value) -> Value { dropoutRate > 0 ? dropout(x, rate: dropoutRate) : x }
}
