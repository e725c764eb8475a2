/// What becomes of a pixel before a network sees it: `(byte / unit - mean) / deviation` per channel.
public struct PixelScaling: Sendable, Hashable, Codable {
  /// What a byte is divided by first.
  public var unit: Float
  /// Taken away, per channel.
  public var mean: [Float]
  /// Divided by, per channel.
  public var deviation: [Float]

  /// A scaling of three channels.
  public init(unit: Float = 255, mean: [Float], deviation: [Float]) {
    precondition(mean.count == 3 && deviation.count == 3, "mean, deviation: one per channel")
    self.unit = unit
    self.mean = mean
    self.deviation = deviation
  }

  /// Mean and deviation of ImageNet.
  public static let imageNet = PixelScaling(
    mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
  /// Mean of CIFAR-10 and the deviation that is commonly taken for it.
  public static let cifar = PixelScaling(
    mean: [0.4914, 0.4822, 0.4465], deviation: [0.2023, 0.1994, 0.2010])
  /// About -1 to 1, as TensorFlow's networks for small devices have it.
  public static let signed = PixelScaling(
    unit: 1, mean: [127, 127, 127], deviation: [128, 128, 128])

  /// What each byte of a channel becomes.
  public func table(_ channel: Int) -> [Float] {
    (0..<256).map { (Float($0) / unit - mean[channel]) / deviation[channel] }
  }
}

/// A network as users ask for it, with what its pixels should be.
public struct NamedNetwork: Sendable {
  /// Its name.
  public let name: String
  /// What it computes.
  public var network: any PictureNetwork
  /// How its published weights want pixels.
  public let scaling: PixelScaling

  /// Names that are worth listing; families have more members.
  public static let examples = [
    "resnet8", "resnet20", "resnet32", "resnet56", "preresnet20", "preresnet110", "preresnet164",
    "vgg16-bn", "wrn-16-4", "wrn-28-10", "efficientnet-lite0",
  ]

  /// The network of a name for a number of classes; `nil` where nobody has the name.
  public init?(_ name: String, classes: Int) {
    func number(_ text: some StringProtocol) -> Int? {
      guard let value = Int(text), "\(value)" == text, value <= 2000 else { return nil }
      return value
    }
    self.name = name
    if name == "efficientnet-lite0" {
      (network, scaling) = (EfficientNetLite.lite0(classes: classes), .signed)
    } else if name == "vgg16-bn" {
      (network, scaling) = (VGG16BN(classes: classes), .imageNet)
    } else if name.hasPrefix("preresnet"), let layers = number(name.dropFirst(9)),
      let network = PreResNet(layers: layers, classes: classes)
    {
      (self.network, scaling) = (network, .cifar)
    } else if name.hasPrefix("resnet") {
      // Layers, and channels of the first stage where there are not 16.
      let parts = name.dropFirst(6).split(separator: "w", omittingEmptySubsequences: false)
      guard let layers = number(parts[0]), layers >= 8, (layers - 2) % 6 == 0, parts.count <= 2,
        let width = parts.count == 1 ? 16 : number(parts[1]), (1...1024).contains(width)
      else { return nil }
      let network = ResNet(
        widths: [width, 2 * width, 4 * width], blocks: (layers - 2) / 6, classes: classes)
      (self.network, scaling) = (network, .imageNet)
    } else if name.hasPrefix("wrn-") {
      let parts = name.dropFirst(4).split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 2, let layers = number(parts[0]), let width = number(parts[1]),
        let network = WideResNet(layers: layers, width: width, classes: classes)
      else { return nil }
      (self.network, scaling) = (network, .cifar)
    } else {
      return nil
    }
  }
}
