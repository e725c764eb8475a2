import Compute
import Files
import Foundation
import Methods
import Networks
import Testing

struct SparseVariationalDropoutTests {
  private let network = Architecture(
    name: "small", input: [1, 8, 8], classes: 3,
    layers: [
      .convolution("conv", 4, 3, .init()), .relu, .maxPool(2), .dense("fc1", 12), .relu,
      .dense("fc2", 3),
    ])

  /// Parameters in which every third weight is to be removed.
  private func mixed(_ method: SparseVariationalDropout, _ program: Program) -> ParameterSet {
    let set = method.start(program, initialiser: .heNormal, stream: RandomStream(seed: 5, "test"))
    for layer in network.weighted {
      set["\(layer.name).logVariance"] = zip(0..., set["\(layer.name).weight"]).map { index, mean in
        let logAlpha: Float = index % 3 == 0 ? 3.5 : -2
        return logAlpha + Float(Foundation.log(Double(mean) * Double(mean) + 1e-8))
      }
    }
    return set
  }

  @Test func aWeightIsKeptBelowTheThresholdOnly() {
    let method = SparseVariationalDropout(network)
    let program = method.trainingProgram(batch: 4)
    let set = mixed(method, program)
    for layer in network.weighted {
      let kept = method.kept(set, layer)
      #expect(kept == (0..<layer.weights).map { $0 % 3 != 0 }, "\(layer.name)")
    }
  }

  @Test(arguments: [true, false])
  func evaluationUsesMeansAndThePrunedNetworkScoresTheSame(zeroes: Bool) throws {
    let method = SparseVariationalDropout(network, zeroesRemovedMeans: zeroes)
    let program = method.trainingProgram(batch: 5)
    let set = mixed(method, program)
    let plain = network.predictionProgram(batch: 5)
    let pruned = ParameterSet(plain.parameters)
    method.pruned(set, into: pruned)
    var generator = RandomStream(seed: 1, "x").generator
    let x = (0..<5 * 64).map { _ in Float(generator.normal()) }
    plain.bind("x", x)
    plain.run(pruned, mode: .evaluation)
    let direct = plain.read("logProbabilities")

    // Exported as it is pruned, loaded again: the same bits.
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("pruned-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    try SparseNetwork(pruned, network).file().write(to: url)
    let loaded = try SparseNetwork(SafetensorsFile.read(url), network, path: "pruned")
    let again = ParameterSet(plain.parameters)
    loaded.expand(into: again)
    plain.run(again, mode: .evaluation)
    #expect(plain.read("logProbabilities") == direct)
    let total = network.weightCount
    let thirds = network.weighted.reduce(0) { $0 + ($1.weights + 2) / 3 }
    #expect(loaded.keptWeights == total - thirds)

    // The training program without noise is the network of the kept means.
    program.bind("x", x)
    program.bind(labels: "labels", [0, 1, 2, 0, 1])
    program.bind("klShare", 0)
    program.run(set, mode: .evaluation)
    let expected = -zip(0..., [0, 1, 2, 0, 1]).map { Double(direct[$0 * 3 + $1]) }.reduce(0, +) / 5
    let found = program.number("crossEntropy")
    if zeroes {
      #expect(abs(found - expected) < 1e-5)
    } else {
      // With the means of removed weights kept it is another function.
      #expect(abs(found - expected) > 1e-3)
    }
  }

  @Test func theLossIsCrossEntropyPlusTheWeightedDivergence() {
    let method = SparseVariationalDropout(network)
    let program = method.trainingProgram(batch: 4)
    let set = mixed(method, program)
    program.bind("x", [Float](repeating: 0.5, count: 4 * 64))
    program.bind(labels: "labels", [0, 1, 2, 0])
    program.bind("klShare", 0.25)
    program.run(set, mode: .training, noise: 9)
    let divergence = program.number("divergence")
    let exact = network.weighted.reduce(0.0) { total, layer in
      zip(set["\(layer.name).weight"], set["\(layer.name).logVariance"]).reduce(total) {
        let mean = Double($1.0)
        let logAlpha = Double($1.1) - Foundation.log(mean * mean + 1e-8)
        return $0 + LogUniformDivergence.approximation(logAlpha: min(8, max(-8, logAlpha)))
      }
    }
    // Some 1,000 terms of single precision.
    #expect(abs(divergence - exact) < 1e-4 * exact)
    #expect(
      abs(program.lossNumber - program.number("crossEntropy") - 0.25 * divergence) < 1e-4
        * divergence)
  }
}
