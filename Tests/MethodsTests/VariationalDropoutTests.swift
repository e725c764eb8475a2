import Compute
import Files
import Foundation
import Methods
import Networks
import Testing

/// Both parametrisations of the Gaussian posterior: against PyTorch, against each other, and against the fused method.
struct VariationalDropoutTests {
  private let network = Architecture.perceptron([9, 12, 3])
  private let kinds = VariationalDropout.Parametrisation.allCases

  /// A posterior whose log α goes from -6 to 6 through each layer.
  private func posterior(_ method: VariationalDropout, _ program: Program) -> ParameterSet {
    let set = method.start(
      program, initialiser: .heNormal, stream: RandomStream(seed: 3, "test"), logVariance: -6)
    for layer in network.weighted {
      let means = set["\(layer.name).weight"]
      set["\(layer.name).\(method.parametrisation.noiseParameter)"] = zip(0..., means).map {
        let logAlpha = -6 + 12 * Double($0) / Double(layer.weights - 1)
        let logSquare = Foundation.log(Double($1) * Double($1))
        return Float(method.parametrisation == .additive ? logAlpha + logSquare : logAlpha)
      }
    }
    return set
  }

  private func bind(_ program: Program, share: Double) {
    var generator = RandomStream(seed: 1, "x").generator
    program.bind("x", (0..<5 * 9).map { _ in Float(generator.normal()) })
    program.bind(labels: "labels", [0, 1, 2, 0, 1])
    program.bind("klShare", share)
  }

  /// Gradients of a step: with the same noise for any share of the divergence.
  private func gradients(
    _ program: Program, _ set: ParameterSet, share: Double
  ) -> [String: [Double]] {
    bind(program, share: share)
    program.run(set, mode: .training, noise: 7, backward: true)
    return Dictionary(
      uniqueKeysWithValues: program.parameters.entries.map {
        ($0.name, set.gradient($0.name).map(Double.init))
      })
  }

  private func fixture() throws -> SafetensorsFile {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
      .appendingPathComponent("Fixtures/Methods/parametrisations.safetensors")
    return try SafetensorsFile.read(url)
  }

  /// Largest difference, as a share of the largest expected number.
  private func distance(_ found: [Double], _ expected: [Double]) -> Double {
    zip(found, expected).map { abs($0 - $1) }.max()! / expected.map { abs($0) }.max()!
  }

  @Test(arguments: VariationalDropout.Parametrisation.allCases)
  func divergenceAndItsGradientsAreThoseOfPyTorch(
    kind: VariationalDropout.Parametrisation
  ) throws {
    let fixture = try fixture()
    func numbers(_ name: String) throws -> [Float] { try #require(fixture[name]?.floats) }
    let method = VariationalDropout(.perceptron([7, 5]), kind)
    let program = method.trainingProgram(batch: 2)
    let set = ParameterSet(program.parameters)
    set["fc1.weight"] = try numbers("theta")
    let noise = "fc1.\(kind.noiseParameter)"
    set[noise] = try numbers(kind == .additive ? "log_variance" : "log_alpha")
    // Input zero: the cross-entropy reaches no weight.
    program.bind("x", [Float](repeating: 0, count: 14))
    program.bind(labels: "labels", [0, 4])
    program.bind("klShare", 1)
    program.run(set, mode: .training, noise: 1, backward: true)
    let expected = Double(try numbers("\(kind.rawValue).kl")[0])
    #expect(abs(program.number("divergence") - expected) < 1e-6 * expected)
    #expect(
      distance(
        set.gradient(noise).map(Double.init),
        try numbers("\(kind.rawValue).dnoise").map(Double.init)) < 1e-5)
    let found = set.gradient("fc1.weight").map(Double.init)
    switch kind {
    case .additive:
      #expect(distance(found, try numbers("additive.dtheta").map(Double.init)) < 1e-5)
    case .multiplicative: #expect(found.allSatisfy { $0 == 0 })
    }
  }

  @Test func theNotebooksRatioIsThatOfPyTorch() throws {
    let fixture = try fixture()
    func numbers(_ name: String) throws -> [Float] { try #require(fixture[name]?.floats) }
    let method = VariationalDropout(.perceptron([7, 5]), ratio: .notebook)
    let program = method.trainingProgram(batch: 2)
    let set = ParameterSet(program.parameters)
    set["fc1.weight"] = try numbers("theta")
    set["fc1.logVariance"] = try numbers("log_variance")
    program.bind("x", [Float](repeating: 0, count: 14))
    program.bind(labels: "labels", [0, 4])
    program.bind("klShare", 1)
    program.run(set, mode: .training, noise: 1, backward: true)
    let expected = Double(try numbers("notebook.kl")[0])
    #expect(abs(program.number("divergence") - expected) < 1e-6 * expected)
    for (found, name) in [("fc1.weight", "dtheta"), ("fc1.logVariance", "dnoise")] {
      let gradient = try numbers("notebook.\(name)").map(Double.init)
      #expect(distance(set.gradient(found).map(Double.init), gradient) < 1e-5, "\(name)")
    }
    // log σ² - log 2|θ|, by hand for one weight.
    let mean = Double(set["fc1.weight"][3])
    let logVariance = Double(set["fc1.logVariance"][3])
    let found = method.logAlpha(set, method.architecture.weighted[0])[3]
    #expect(abs(found - (logVariance - Foundation.log(2 * abs(mean)))) < 1e-9)
  }

  @Test func gradientsOfOneParametrisationFollowFromTheOther() {
    let additive = VariationalDropout(network, .additive)
    let program = additive.trainingProgram(batch: 5)
    let set = posterior(additive, program)
    let multiplicative = VariationalDropout(network, .multiplicative)
    let other = multiplicative.trainingProgram(batch: 5)
    let converted = ParameterSet(other.parameters)
    additive.convert(set, to: .multiplicative, into: converted)
    for share in [0, 0.01] {
      let a = gradients(program, set, share: share)
      let b = gradients(other, converted, share: share)
      #expect(abs(program.lossNumber - other.lossNumber) < 1e-5 * program.lossNumber)
      for layer in network.weighted {
        let mean = set["\(layer.name).weight"].map(Double.init)
        let logVariance = a["\(layer.name).logVariance"]!
        #expect(distance(b["\(layer.name).logAlpha"]!, logVariance) < 1e-4)
        // log σ² = log α + log θ²: moving θ under the same α moves σ² too.
        let chained = zip(zip(a["\(layer.name).weight"]!, logVariance), mean).map {
          $0.0 + $0.1 * 2 / $1
        }
        #expect(distance(b["\(layer.name).weight"]!, chained) < 1e-4)
      }
    }
    // There and back again.
    let back = ParameterSet(program.parameters)
    multiplicative.convert(converted, to: .additive, into: back)
    for layer in network.weighted {
      let gap = zip(back["\(layer.name).logVariance"], set["\(layer.name).logVariance"]).map {
        abs($0 - $1)
      }
      #expect(gap.max()! < 1e-5)
    }
  }

  @Test func additiveIsTheFusedMethodWithMeansKept() {
    let plain = VariationalDropout(network, .additive)
    let program = plain.trainingProgram(batch: 5)
    let set = posterior(plain, program)
    for layer in network.weighted {
      // Away from zero, where the fused method's floor of 1e-8 under θ² differs from the 1e-16 here.
      set["\(layer.name).weight"] = set["\(layer.name).weight"].map { $0 + ($0 < 0 ? -0.2 : 0.2) }
      set["\(layer.name).logVariance"] = zip(0..., set["\(layer.name).weight"]).map {
        Float(-6 + 12 * Double($0) / Double(layer.weights - 1)) + 2 * Foundation.log(abs($1))
      }
    }
    let fused = SparseVariationalDropout(network, zeroesRemovedMeans: false)
      .trainingProgram(batch: 5)
    let same = ParameterSet(fused.parameters)
    same.copyValues(from: set)
    // All log α lie between -8 and 8, where both clip nothing.
    let a = gradients(program, set, share: 0.01)
    let b = gradients(fused, same, share: 0.01)
    #expect(abs(program.lossNumber - fused.lossNumber) < 1e-5 * fused.lossNumber)
    for (name, expected) in b { #expect(distance(a[name]!, expected) < 1e-4, "\(name)") }
  }

  @Test(arguments: VariationalDropout.Parametrisation.allCases)
  func startsAtTheGivenVarianceAndRemovesAtTheThreshold(kind: VariationalDropout.Parametrisation) {
    let method = VariationalDropout(network, kind)
    let program = method.trainingProgram(batch: 5)
    let start = method.start(
      program, initialiser: .normal002, stream: RandomStream(seed: 3, "test"), logVariance: -10)
    for layer in network.weighted {
      for (mean, logAlpha) in zip(start["\(layer.name).weight"], method.logAlpha(start, layer)) {
        let logVariance = logAlpha + Foundation.log(Double(mean) * Double(mean) + 1e-16)
        #expect(abs(logVariance + 10) < 1e-5)
      }
    }
    let set = posterior(method, program)
    let pruned = ParameterSet(network.predictionProgram(batch: 1).parameters)
    let left = method.prune(set, into: pruned)
    for (layer, (name, count)) in zip(network.weighted, left) {
      #expect(name == layer.name)
      // log α rises evenly from -6 to 6; it is below 3 for the first three quarters.
      let expected = (0..<layer.weights).map {
        -6 + 12 * Double($0) / Double(layer.weights - 1) < 3
      }
      let weights = pruned["\(name).weight"]
      #expect(count == expected.count { $0 })
      for (index, keeps) in expected.enumerated() {
        #expect(weights[index] == (keeps ? set["\(name).weight"][index] : 0))
      }
    }
  }
}
