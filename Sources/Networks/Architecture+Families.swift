import Foundation

/// Families of networks, whose members are named by their sizes.
extension Architecture {
  /// Dense layers `fc1`, `fc2`, … with rectifiers between them, named by the sizes: `784-300-10`.
  public static func perceptron(_ sizes: [Int]) -> Architecture {
    precondition(
      sizes.count > 1 && sizes.allSatisfy { $0 > 0 }, "sizes of the input and of each layer")
    var layers: [Layer] = []
    for (index, outputs) in sizes.dropFirst().enumerated() {
      if index > 0 { layers.append(.relu) }
      layers.append(.dense("fc\(index + 1)", outputs))
    }
    return Architecture(
      name: sizes.map(String.init).joined(separator: "-"), input: [sizes[0]],
      classes: sizes[sizes.count - 1], layers: layers)
  }

  /// LeNet-5-Caffe with `width` times its channels and hidden units, rounded down. Width 1 is the network itself;
  /// others are named `LeNet-5-Caffe-k0.5`.
  public static func scaledLeNet5(width: Double) -> Architecture {
    precondition(width >= 0.05 && width <= 100, "a width from 0.05 to 100")
    guard width != 1 else { return .leNet5 }
    return Architecture(
      name: "\(leNet5.name)-k\(width)", input: leNet5.input, classes: leNet5.classes,
      layers: [
        .convolution("conv1", Int(20 * width), 5, .init()), .relu, .maxPool(2),
        .convolution("conv2", Int(50 * width), 5, .init()), .relu, .maxPool(2),
        .dense("fc1", Int(500 * width)), .relu, .dense("fc2", 10),
      ])
  }

  /// The deep weight prior's network for MNIST with other numbers of filters, named `DWP-ConvNet-256-128`; those of the
  /// paper's, 32 and 128, go by `DWP-ConvNet`.
  public static func dwpConvNet(filters: [Int]) -> Architecture {
    precondition(filters.count == 2 && filters.allSatisfy { $0 > 0 }, "filters of two layers")
    return Architecture(
      name: familyName("DWP-ConvNet", filters, usual: [32, 128]), input: [1, 28, 28], classes: 10,
      layers: [
        .convolution("conv1", filters[0], 7, .init()), .leakyRelu(0.01), .maxPool(2),
        .convolution("conv2", filters[1], 5, .init()), .leakyRelu(0.01), .maxPool(2),
        .dense("fc", 10),
      ])
  }

  /// The deep weight prior's network for CIFAR with other numbers of filters, named `DWP-CIFARNet-64-128-128`; those of
  /// the paper's, 128, 256 and 256, go by `DWP-CIFARNet`. Classes other than ten are named behind a `c`.
  public static func dwpCIFARNet(filters: [Int], classes: Int = 10) -> Architecture {
    precondition(filters.count == 3 && filters.allSatisfy { $0 > 0 }, "filters of three layers")
    return Architecture(
      name: familyName("DWP-CIFARNet", filters, usual: [128, 256, 256])
        + (classes == 10 ? "" : "-c\(classes)"),
      input: [3, 32, 32], classes: classes,
      layers: [
        .convolution("conv1", filters[0], 7, .init()), .leakyRelu(0.01), .maxPool(2),
        .convolution("conv2", filters[1], 5, .init()), .leakyRelu(0.01),
        .convolution("conv3", filters[2], 5, .init()), .leakyRelu(0.01),
        .dense("fc1", 512), .leakyRelu(0.01), .dense("fc2", classes),
      ])
  }

  private static func familyName(_ name: String, _ sizes: [Int], usual: [Int]) -> String {
    sizes == usual ? name : ([name] + sizes.map(String.init)).joined(separator: "-")
  }

  /// `start`, sizes, and perhaps classes behind a `c`, as family names have them.
  private static func sizes(_ name: String, after start: String) -> (sizes: [Int], classes: Int)? {
    guard name.hasPrefix(start) else { return nil }
    let parts = name.dropFirst(start.count).components(separatedBy: "-c")
    let sizes = parts[0].split(separator: "-").compactMap { Int($0) }
    guard parts.count < 3, let classes = parts.count == 1 ? 10 : Int(parts[1]),
      (2...10_000).contains(classes), sizes.allSatisfy({ (1...10_000).contains($0) })
    else { return nil }
    return (sizes, classes)
  }

  /// The member of a family that has this name.
  static func member(_ name: String) -> Architecture? {
    let start = "\(leNet5.name)-k"
    if name.hasPrefix(start) {
      guard let width = Double(name.dropFirst(start.count)), (0.05...100).contains(width) else {
        return nil
      }
      let found = scaledLeNet5(width: width)
      return found.name == name ? found : nil
    }
    if let found = sizes(name, after: "DWP-ConvNet") {
      let filters = found.sizes.isEmpty ? [32, 128] : found.sizes
      guard filters.count == 2 else { return nil }
      let network = dwpConvNet(filters: filters)
      return network.name == name ? network : nil
    }
    if let found = sizes(name, after: "DWP-CIFARNet") {
      let filters = found.sizes.isEmpty ? [128, 256, 256] : found.sizes
      guard filters.count == 3 else { return nil }
      let network = dwpCIFARNet(filters: filters, classes: found.classes)
      return network.name == name ? network : nil
    }
    if name.hasPrefix("VGG-like-") {
      let parts = name.dropFirst("VGG-like-".count).components(separatedBy: "-c")
      guard let width = Double(parts[0]), (0.05...10).contains(width), parts.count < 3,
        let classes = parts.count == 1 ? 10 : Int(parts[1]), (2...10_000).contains(classes)
      else { return nil }
      let found = vggLike(width: width, classes: classes)
      return found.name == name ? found : nil
    }
    let sizes = name.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard sizes.count > 1, sizes.allSatisfy({ (1...100_000).contains($0) }) else { return nil }
    let found = perceptron(sizes)
    return found.name == name ? found : nil
  }
}
