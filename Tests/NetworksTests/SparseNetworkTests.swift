import Compute
import Files
import Networks
import Testing

/// Pruned networks as files: whole ones come back, damaged ones are named.
struct SparseNetworkTests {
  private let network = Architecture(
    name: "small", input: [2, 6, 6], classes: 3,
    layers: [
      .convolution("conv1", 4, 3, .init(padding: 1), bias: false), .batchNorm("bn1"), .relu,
      .maxPool(2), .convolution("conv2", 3, 3, .init()), .relu, .dense("fc", 3, bias: false),
    ])

  /// Random numbers, two weights of three removed.
  private func pruned() -> ParameterSet {
    let set = ParameterSet(network.predictionProgram(batch: 1).parameters)
    var generator = RandomStream(seed: 1, "set").generator
    for entry in set.layout.entries {
      let isVariance = entry.name.hasSuffix("running_var")
      set[entry.name] = (0..<entry.count).map { _ in
        isVariance ? Float(0.5 + generator.uniform()) : Float(generator.normal())
      }
    }
    for layer in network.weighted {
      let name = "\(layer.name).weight"
      set[name] = set[name].enumerated().map { $0.offset % 3 == 0 ? $0.element : 0 }
    }
    return set
  }

  @Test func aNetworkWithNormalisationAndPaddingPredictsTheSame() throws {
    let set = pruned()
    let bytes = Array(SparseNetwork(set, network).file().encoded())
    let loaded = try SparseNetwork(SafetensorsFile.parse(bytes), network, path: "file")
    #expect(loaded == SparseNetwork(set, network))
    let again = ParameterSet(set.layout)
    loaded.expand(into: again)
    for entry in set.layout.entries {
      #expect(again[entry.name] == set[entry.name], "\(entry.name)")
    }

    var generator = RandomStream(seed: 1, "x").generator
    let x = (0..<20 * 72).map { _ in Float(generator.normal()) }
    func predict(_ program: Program, _ set: ParameterSet) -> [Float] {
      program.bind("x", x)
      program.run(set, mode: .evaluation)
      return program.read("logProbabilities")
    }
    let sparse = loaded.predictionProgram(network, batch: 20)
    // The padded convolution stays dense, the others are gone.
    #expect(sparse.parameters.contains("conv1.weight") && !sparse.parameters.contains("fc.weight"))
    let left = ParameterSet(sparse.parameters)
    loaded.expand(into: left)
    let found = predict(sparse, left)
    let expected = predict(network.predictionProgram(batch: 20), set)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  struct Damage: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let says: [String]
    let change: @Sendable (inout SafetensorsFile) -> Void
  }

  private static func i32(_ values: [Int32]) -> [UInt8] {
    values.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
  }

  private static func replace(
    _ file: inout SafetensorsFile, _ name: String, _ tensor: SafetensorsFile.Tensor?
  ) {
    file = SafetensorsFile(
      metadata: file.metadata,
      tensors: file.tensors.compactMap { $0.name == name ? tensor : $0 })
  }

  static let damages = [
    Damage(testDescription: "no values", says: ["fc.weight.values", "none"]) {
      replace(&$0, "fc.weight.values", nil)
    },
    Damage(testDescription: "no places", says: ["fc.weight.places", "none"]) {
      replace(&$0, "fc.weight.places", nil)
    },
    Damage(testDescription: "no bias", says: ["conv2.bias", "none"]) {
      replace(&$0, "conv2.bias", nil)
    },
    Damage(testDescription: "no statistics", says: ["bn1.running_mean", "none"]) {
      replace(&$0, "bn1.running_mean", nil)
    },
    Damage(testDescription: "a bias of another length", says: ["conv2.bias", "[3]", "[4]"]) {
      replace(&$0, "conv2.bias", .init(name: "conv2.bias", shape: [4], [1, 2, 3, 4]))
    },
    Damage(testDescription: "another tensor", says: ["network's", "other"]) {
      $0.append(.init(name: "other", shape: [1], [1]))
    },
    Damage(testDescription: "another shape", says: ["fc.weight", "[3, 3]", "[3, 12]"]) {
      $0.metadata["fc.weight.shape"] = "3,12"
    },
    Damage(testDescription: "NaN", says: ["fc.weight.values", "finite", "index 1"]) {
      replace(
        &$0, "fc.weight.values", .init(name: "fc.weight.values", shape: [3], [1, .nan, 2]))
    },
    Damage(testDescription: "fewer numbers", says: ["fc.weight.places", "each of 2", "3"]) {
      replace(&$0, "fc.weight.values", .init(name: "fc.weight.values", shape: [2], [1, 2]))
    },
    Damage(
      testDescription: "places that fall", says: ["fc.weight.places", "rising", "0 at index 1"]
    ) {
      replace(
        &$0, "fc.weight.places",
        .init(name: "fc.weight.places", elementType: .i32, shape: [3], bytes: i32([3, 0, 6])))
    },
    Damage(testDescription: "a place twice", says: ["rising", "3 at index 1"]) {
      replace(
        &$0, "fc.weight.places",
        .init(name: "fc.weight.places", elementType: .i32, shape: [3], bytes: i32([3, 3, 6])))
    },
    Damage(testDescription: "a place beyond", says: ["0 to 8", "9 at index 2"]) {
      replace(
        &$0, "fc.weight.places",
        .init(name: "fc.weight.places", elementType: .i32, shape: [3], bytes: i32([0, 3, 9])))
    },
    Damage(testDescription: "a place before", says: ["-1 at index 0"]) {
      replace(
        &$0, "fc.weight.places",
        .init(name: "fc.weight.places", elementType: .i32, shape: [3], bytes: i32([-1, 3, 6])))
    },
    Damage(testDescription: "places as floats", says: ["fc.weight.places", "I32", "F32"]) {
      replace(
        &$0, "fc.weight.places", .init(name: "fc.weight.places", shape: [3], [0, 3, 6]))
    },
  ]

  @Test(arguments: damages) func damageIsNamed(_ damage: Damage) throws {
    // fc has 3 x 3 weights behind a map of 1 x 1, three of them left at 0, 3, 6.
    var file = SparseNetwork(pruned(), network).file()
    damage.change(&file)
    let error = #expect(throws: WeightsError.self) {
      try SparseNetwork(file, network, path: "net.safetensors")
    }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("net.safetensors: "))
    for part in damage.says { #expect(text.contains(part), "\(text)") }
  }
}
