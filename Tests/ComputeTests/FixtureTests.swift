import Compute
import Testing

/// Every operation against PyTorch in float64, forward and backward, on every kernel path this machine has.
struct FixtureTests {
  static let fixtures = Fixture.all("Compute")
  static let paths = KernelPath.allCases.filter(\.isAvailable)

  @Test func everyFixtureIsRead() throws {
    #expect(Self.fixtures.count >= 178)
  }

  @Test(arguments: fixtures)
  func agreesWithPyTorch(_ fixture: Fixture) throws {
    for path in Self.paths {
      var bits: [String: [Float]] = [:]
      for threads in [1, 2] {
        let built = try FixtureProgram(fixture, path: path, threads: threads)
        let isEvaluation = fixture.attributes["training"].map { _ in fixture.number("training") == 0
        }
        // Batch normalisation by running statistics: `sampling` also has a backward pass.
        let mode: Mode = isEvaluation == true ? .sampling : .training
        built.run(mode, backward: true)
        built.run(mode, backward: true)  // nothing of the first step may be left over
        for (name, found) in results(built) {
          let place = "\(fixture.name): \(name) on \(path), \(threads) threads"
          if threads == 1 {
            bits[name] = found
            compare(found, fixture, name, place)
          } else {
            #expect(
              found.map(\.bitPattern) == bits[name]?.map(\.bitPattern), "\(place): other bits")
          }
        }
        if isEvaluation == true {
          built.run(.evaluation, backward: false)
          compare(built.program.read("y"), fixture, "y", "\(fixture.name): evaluation on \(path)")
        }
      }
    }
  }

  /// Everything the fixture has an expected value for.
  private func results(_ built: FixtureProgram) -> [(String, [Float])] {
    let fixture = built.fixture
    let factor = built.gradientFactor
    var found: [(String, [Float])] = []
    for (name, output) in built.outputs {
      if case .scalar(let value) = output {
        found.append((name, [Float(built.program.number(value))]))
      } else {
        found.append((name, built.program.read(name)))
      }
    }
    for name in built.leaves {
      found.append(("d\(name)", built.program.readGradient("leaf \(name)").map { $0 * factor }))
    }
    for name in built.parameters {
      found.append(("d\(name)", built.set.gradient(name).map { $0 * factor }))
    }
    for name in ["running_mean", "running_var"] where fixture.has("\(name)_after") {
      found.append(("\(name)_after", built.set[name]))
    }
    return found
  }

  /// Numbers differ by at most `(8 + 2 sqrt(K)) 2^-23` of the tensor's largest magnitude: eight roundings of the
  /// elementary steps, and rounding that grows as a random walk over the K products that one element sums.
  private func compare(_ found: [Float], _ fixture: Fixture, _ name: String, _ place: String) {
    let tolerance = (8 + 2 * terms(fixture, name).squareRoot()) * 0x1p-23 * condition(fixture)
    expectClose(found, fixture.floats(name), tolerance, place)
  }

  /// How many products one element of a tensor sums.
  private func terms(_ fixture: Fixture, _ name: String) -> Double {
    let largest = fixture.names.map(fixture.count).max() ?? 1
    guard let weight = ["weight", "theta", "w_ih"].first(where: fixture.has),
      fixture.shape(weight).count > 1
    else { return Double(largest) / Double(fixture.count(name)) }
    let shape = fixture.shape(weight)
    // A transposed convolution multiplies once per element of x and of the kernel behind it.
    let work =
      fixture.operation == "convTranspose2d"
      ? fixture.count("x") * shape.dropFirst().reduce(1, *)
      : fixture.count("y") * shape.dropFirst().reduce(1, *)
    return max(1, Double(max(work, largest)) / Double(fixture.count(name)))
  }

  /// How much larger the numbers on the way are than the result: a batch mean of 300 over deviations of 1.5.
  private func condition(_ fixture: Fixture) -> Double {
    fixture.name == "batchNorm2d-train-far-mean" ? 200 : 1
  }
}
