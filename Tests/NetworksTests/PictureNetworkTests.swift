import Compute
import Files
import Foundation
import Networks
import Testing

/// Numbers that follow from a name alone, as the oracle computes them (`networks_pictures.py`).
enum Formula {
  static func shares(_ name: String, _ count: Int) -> [Float] {
    let start = name.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    return (0..<count).map { index in
      var x = start &+ UInt32(index)
      x = (x ^ (x >> 16)) &* 0x7FEB_352D
      x = (x ^ (x >> 15)) &* 0x846C_A68B
      x ^= x >> 16
      return Float(x >> 16) / 65536
    }
  }

  static func fill(_ set: ParameterSet) {
    for entry in set.layout.entries {
      let v = shares(entry.name, entry.count)
      if entry.shape.count > 1 {
        let fan = Double(entry.shape.dropFirst().reduce(1, *))
        let scale = Float(exp2(log2((3 / fan).squareRoot()).rounded(.toNearestOrEven)))
        set[entry.name] = v.map { (2 * $0 - 1) * scale }
      } else if entry.name.hasSuffix(".running_var") || entry.name.hasSuffix(".weight") {
        set[entry.name] = v.map { $0 + 0.5 }
      } else {
        set[entry.name] = v.map { (2 * $0 - 1) / 4 }
      }
    }
  }
}

@Suite struct PictureNetworkTests {
  static let names = [
    "preresnet20", "preresnet110", "vgg16-bn", "wrn-16-4", "wrn-28-10", "efficientnet-lite0",
  ]

  private func network(_ name: String, classes: Int) throws -> any PictureNetwork {
    try #require(NamedNetwork(name, classes: classes)).network
  }

  /// Float32 sums against PyTorch in float64, as a share of the largest logit.
  @Test(arguments: names)
  func logitsAreThoseOfPyTorch(name: String) throws {
    let fixture = try Fixture("logits-\(name)")
    let expected = try fixture.floats("logits")
    let network = try network(name, classes: expected.count / 2)
    let folded = network.folded.logitsProgram(batch: 2, threads: 2)
    let plain = ParameterSet(network.parameters)
    Formula.fill(plain)
    let entries = plain.layout.entries
    let trained = entries.filter { $0.role == .trainable }.reduce(0) { $0 + $1.count }
    #expect(fixture.file.metadata["parameters"] == "\(trained)")
    #expect(fixture.file.metadata["tensors"] == "\(entries.count)")
    let set = ParameterSet(folded.parameters)
    network.fold(plain, into: set)
    folded.bind(
      "x", Formula.shares("pictures", 2 * network.input.reduce(1, *)).map { 2 * $0 - 1 })
    folded.run(set, mode: .evaluation)
    #expect(distance(folded.read("logits"), expected) < 2e-5)
    guard name != "wrn-28-10" && name != "efficientnet-lite0" else { return }
    // Not folded, the same.
    let program = network.logitsProgram(batch: 2)
    program.bind(
      "x", Formula.shares("pictures", 2 * network.input.reduce(1, *)).map { 2 * $0 - 1 })
    program.run(plain, mode: .evaluation)
    #expect(distance(program.read("logits"), expected) < 2e-5)
  }

  /// Counts from the models of the papers' code, by arithmetic.
  @Test(arguments: [
    ("preresnet110", 10, 1_146_842), ("preresnet110", 100, 1_169_972), ("vgg16-bn", 10, 15_253_578),
    ("vgg16-bn", 100, 15_299_748), ("resnet20", 10, 269_722),
    ("efficientnet-lite0", 1000, 4_652_008),
  ])
  func parameterCountsAreThoseOfThePapers(name: String, classes: Int, count: Int) throws {
    let entries = try network(name, classes: classes).parameters.entries
    #expect(entries.filter { $0.role == .trainable }.reduce(0) { $0 + $1.count } == count)
  }

  @Test func namesAreUnderstood() throws {
    for name in NamedNetwork.examples {
      let named = try #require(NamedNetwork(name, classes: 7), "\(name)")
      #expect(named.name == name && named.network.classes == 7)
      #expect(named.network.input == (name == "efficientnet-lite0" ? [3, 224, 224] : [3, 32, 32]))
    }
    for name in [
      "", "resnet", "resnet21", "resnet2", "resnet020", "resnet20 ", "preresnet44", "preresnet50",
      "preresnet2", "wrn-28", "wrn-28-", "wrn-28-0", "wrn-27-10", "wrn-28-10-1", "wrn-4-1", "vgg16",
      "wrn--28-10", "efficientnet-lite1", "resnet99999999999999999998",
    ] {
      #expect(NamedNetwork(name, classes: 10) == nil, "\(name)")
    }
    #expect(NamedNetwork("preresnet47", classes: 10)?.network is PreResNet)
  }

  @Test func scalingIsThatOfPublishedNetworks() {
    #expect(PixelScaling.signed.table(1)[127] == 0 && PixelScaling.signed.table(2)[255] == 1)
    #expect(PixelScaling.imageNet.table(2)[0] == -0.406 / 0.225 as Float)
    #expect(PixelScaling.cifar.table(0)[255] == (1 - 0.4914) / 0.2023 as Float)
  }

  /// A small EfficientNet-Lite in training: the loss and every gradient, through ReLU6 on both of its kinks.
  @Test func thinEfficientNetTrainsAsInPyTorch() throws {
    let fixture = try Fixture("efficientnet-thin")
    let network = EfficientNetLite(
      input: [3, 11, 11], stem: 4,
      stages: [
        .init(repeats: 1, kernel: 3, stride: 1, expansion: 1, channels: 4),
        .init(repeats: 2, kernel: 5, stride: 2, expansion: 2, channels: 6),
      ], head: 8, classes: 5)
    let program = network.trainingProgram(batch: 5, threads: 2)
    let set = ParameterSet(program.parameters)
    for entry in set.layout.entries { set[entry.name] = try fixture.floats(entry.name) }
    program.bind("x", try fixture.floats("x"))
    program.bind(labels: "labels", try fixture.labels())
    program.run(set, mode: .training, backward: true)
    #expect(distance(program.lossNumber, try fixture.number("loss")) < 1e-5)
    #expect(distance(program.read("logits"), try fixture.floats("logits")) < 1e-5)
    let trained = set.layout.entries.filter { $0.role == .trainable }
    let expected = try trained.map { try fixture.floats("d\($0.name)") }
    func largest(_ numbers: [Float]) -> Float { numbers.map(abs).max() ?? 0 }
    let overall = largest(expected.map(largest))
    for (entry, truth) in zip(trained, expected) {
      // A shift that the next normalisation takes out again has a gradient of nothing but rounding.
      let gap = largest(zip(set.gradient(entry.name), truth).map { $0 - $1 })
      #expect(gap < 2e-4 * max(largest(truth), overall / 100), "\(entry.name)")
    }
  }

  static let small: [any PictureNetwork] = [
    PreResNet(input: [3, 9, 9], widths: [4, 6], blocks: 2, hasBottlenecks: false),
    PreResNet(input: [3, 9, 9], widths: [3, 5], blocks: 2, hasBottlenecks: true),
    WideResNet(input: [3, 9, 9], stem: 3, widths: [4, 6], blocks: 2),
    VGG16BN(divisor: 16),
    EfficientNetLite(
      input: [3, 13, 13], stem: 4,
      stages: [.init(repeats: 2, kernel: 5, stride: 2, expansion: 3, channels: 5)], head: 7,
      classes: 10),
  ]

  /// Missing, extra, misshapen and wrong numbers: one line that names the tensor, and nothing changes.
  @Test(arguments: small.indices)
  func wrongWeightsAreOneLine(index: Int) throws {
    let set = ParameterSet(Self.small[index].parameters)
    Formula.fill(set)
    let before = set.safetensors().tensors
    func thrown(_ change: (inout [SafetensorsFile.Tensor]) -> Void) -> String? {
      var tensors = before.map { tensor in
        SafetensorsFile.Tensor(
          name: tensor.name, shape: tensor.shape, tensor.floats!.map { $0 + 1 })
      }
      change(&tensors)
      do throws(WeightsError) {
        try set.load(SafetensorsFile(tensors: tensors), path: "w")
        return nil
      } catch { return error.description }
    }
    for place in [0, before.count / 2, before.count - 1] {
      let (name, shape, count) = (
        before[place].name, before[place].shape, before[place].floats!.count
      )
      #expect(
        thrown { $0.remove(at: place) } == "w: expected tensor \(name), found none")
      #expect(
        thrown { $0[place] = .init(name: name, shape: [count, 1, 1, 1, 1], $0[place].floats!) }
          == "w: \(name): expected shape \(shape), found \([count, 1, 1, 1, 1])")
      #expect(
        thrown {
          var numbers = $0[place].floats!
          numbers[count - 1] = .nan
          $0[place] = .init(name: name, shape: shape, numbers)
        } == "w: \(name): expected finite numbers, found another at index \(count - 1)")
    }
    #expect(
      thrown { $0.append(.init(name: "more.weight", shape: [1], [0])) }
        == "w: expected no tensor but the network's, found \"more.weight\"")
    #expect(set.safetensors().tensors == before)
    #expect(thrown { _ in } == nil)
  }

  /// The numbers of an example do not depend on its company, the threads, or folding by more than rounding.
  @Test(arguments: small.indices)
  func examplesAreAlone(index: Int) throws {
    let network = Self.small[index]
    let set = ParameterSet(network.parameters)
    Formula.fill(set)
    let size = network.input.reduce(1, *)
    let x = Formula.shares("pictures", 21 * size).map { 2 * $0 - 1 }
    func logits(
      _ network: any PictureNetwork, _ set: ParameterSet, _ range: Range<Int>, _ threads: Int
    )
      -> [Float]
    {
      let program = network.logitsProgram(batch: range.count, threads: threads)
      program.bind("x", Array(x[range.lowerBound * size..<range.upperBound * size]))
      program.run(set, mode: .evaluation)
      return program.read("logits")
    }
    let all = logits(network, set, 0..<21, 1)
    #expect(all.map(\.bitPattern) == logits(network, set, 0..<21, 3).map(\.bitPattern))
    #expect(
      all.suffix(50).map(\.bitPattern) == logits(network, set, 16..<21, 1).map(\.bitPattern))
    let folded = ParameterSet(network.folded.parameters)
    network.fold(set, into: folded)
    #expect(distance(logits(network.folded, folded, 0..<21, 2), all) < 1e-5)
  }
}
