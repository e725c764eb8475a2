import Compute
import Foundation
import Testing

/// Noise of the programs: distribution, rates, and what a number depends on.
struct NoiseTests {
  static let paths = KernelPath.allCases.filter(\.isAvailable)

  /// Standard normal noise of a batch, `[examples, features]`.
  private func noise(
    path: KernelPath = .current, threads: Int = 1, capacity: Int = 64, examples: Int? = nil,
    features: Int = 1_000, seed: UInt64 = 1, index: UInt32 = 0, source: Int = 0
  ) -> [Float] {
    let program = Program(batch: capacity, threads: threads, path: path) { t in
      let x = t.input("x", [features])
      for _ in 0..<source { t.tap("other", gaussian(like: x)) }
      t.tap("noise", gaussian(like: x))
      return nil
    }
    let set = ParameterSet(program.parameters)
    program.run(set, mode: .sampling, examples: examples, noise: seed, index: index)
    return program.read("noise")
  }

  @Test(arguments: paths)
  func gaussianMoments(_ path: KernelPath) {
    let numbers = (0..<16 as Range<UInt32>).flatMap { noise(path: path, index: $0) }.map(
      Double.init)
    let n = Double(numbers.count)
    let moments = Moments(numbers)
    #expect(n == 1_024_000)
    // Five standard errors each: 1/sqrt n, sqrt(2/n), sqrt(6/n), sqrt(24/n).
    #expect(abs(moments.mean) < 5 / n.squareRoot())
    #expect(abs(moments.variance - 1) < 5 * (2 / n).squareRoot())
    #expect(abs(moments.skewness) < 5 * (6 / n).squareRoot())
    #expect(abs(moments.kurtosis) < 5 * (24 / n).squareRoot())
    for threshold in [1.0, 2, 3, 4] {
      let expected = n * erfc(threshold / 2.0.squareRoot())
      let found = Double(numbers.count { abs($0) > threshold })
      #expect(
        abs(found - expected) < 5 * expected.squareRoot() + 1,
        "beyond \(threshold): \(found), \(expected)"
      )
    }
    // sqrt(2 log 2^25) = 5.9 is the last number.
    #expect(max(-moments.minimum, moments.maximum) < 6.0)
  }

  /// Kolmogorov and Smirnov: the largest gap of distribution functions is below 1.95 / sqrt n in 99.9 % of samples.
  @Test(arguments: paths)
  func gaussianDistribution(_ path: KernelPath) {
    let numbers = noise(path: path, seed: 99).map(Double.init).sorted()
    let n = Double(numbers.count)
    var gap = 0.0
    for (rank, x) in numbers.enumerated() {
      let probability = 0.5 * erfc(-x / 2.0.squareRoot())
      gap = max(gap, abs(Double(rank) / n - probability), abs(Double(rank + 1) / n - probability))
    }
    #expect(gap * n.squareRoot() < 1.95)
  }

  /// Seed, step, source, feature and example all change the numbers, and the numbers are unrelated.
  @Test func namesGiveUnrelatedNumbers() {
    let base = noise()
    let limit = 5 / Double(base.count).squareRoot()
    #expect(noise() == base)
    for (name, other) in [
      ("seed", noise(seed: 2)), ("high half of the seed", noise(seed: 1 + 1 << 32)),
      ("step", noise(index: 1)), ("source", noise(source: 1)),
    ] {
      #expect(abs(correlation(base, other)) < limit, "another \(name)")
      #expect(zip(base, other).count { $0 == $1 } < 10, "another \(name)")
    }
    // Neighbouring examples, features and noise tiles (128 vectors of 16).
    for distance in [1, 2, 16, 128, 1_000, 2_048, 16_000] {
      #expect(
        abs(correlation(Array(base.dropLast(distance)), Array(base.dropFirst(distance)))) < 1.1
          * limit,
        "numbers \(distance) apart")
    }
    // Squares too: the pairs of Box and Muller share a radius.
    let squares = base.map { $0 * $0 }
    for distance in [1, 2, 1_000, 2_000] {
      #expect(
        abs(correlation(Array(squares.dropLast(distance)), Array(squares.dropFirst(distance))))
          < 1.1 * limit, "squares \(distance) apart")
    }
  }

  /// Later rows of a batch, threads and capacity leave a row's noise as it is.
  @Test(arguments: paths)
  func rowsDoNotMoveEachOther(_ path: KernelPath) {
    let whole = noise(path: path, capacity: 100, features: 37)
    for examples in [1, 5, 16, 17, 33, 99] {
      for threads in [1, 2, 3] {
        let part = noise(
          path: path, threads: threads, capacity: 100, examples: examples, features: 37)
        #expect(part == Array(whole.prefix(examples * 37)), "\(examples) rows, \(threads) threads")
      }
    }
    #expect(noise(path: path, capacity: 20, features: 37) == Array(whole.prefix(20 * 37)))
  }

  @Test func evaluationHasNoNoise() {
    let program = Program(batch: 20) { t in
      let x = t.input("x", [50], differentiable: true)
      t.tap("gaussian", gaussian(like: x))
      t.tap("sample", sampleGaussian(mean: x, variance: square(x)))
      t.tap("dropout", dropout(x, rate: 0.5))
      return nil
    }
    let x = (0..<1_000).map { Float($0) / 100 - 3 }
    program.bind("x", x)
    program.run(ParameterSet(program.parameters), mode: .evaluation)
    #expect(program.read("gaussian").allSatisfy { $0 == 0 })
    #expect(program.read("sample") == x)
    #expect(program.read("dropout") == x)
  }

  /// A sample is its mean plus its deviation times the noise of its source, and its gradients follow.
  @Test(arguments: paths, [1, 2])
  func samplesFollowTheirNoise(_ path: KernelPath, _ threads: Int) {
    let (examples, features) = (21, 77)
    func make(_ body: @escaping (Trace, Value, Value) -> Value) -> Program {
      Program(batch: 32, threads: threads, path: path) { t in
        let m = t.input("mean", [features], differentiable: true)
        let v = t.input("variance", [features], differentiable: true)
        t.tap("mean", m)
        t.tap("variance", v)
        let y = body(t, m, v)
        t.tap("y", y)
        return mean(sumFeatures(y * t.input("seed", [features])))
      }
    }
    let fused = make { _, m, v in sampleGaussian(mean: m, variance: v) }
    let composed = make { _, m, v in m + sqrt(v + 1e-8) * gaussian(like: m) }
    var generator = RandomStream(seed: 5, "samples").generator
    let (m, s) = (
      numbers(examples * features, &generator), numbers(examples * features, &generator)
    )
    let v = numbers(examples * features, &generator).map { $0 * $0 }
    for program in [fused, composed] {
      program.bind("mean", m)
      program.bind("variance", v)
      program.bind("seed", s)
      program.run(
        ParameterSet(program.parameters), mode: .training, examples: examples, noise: 11, index: 3,
        backward: true)
    }
    expectClose(fused.read("y"), composed.read("y"), 1e-6, "y on \(path)")
    expectClose(fused.readGradient("mean"), composed.readGradient("mean"), 1e-6, "mean on \(path)")
    expectClose(
      fused.readGradient("variance"), composed.readGradient("variance"), 1e-6, "variance on \(path)"
    )
  }

  @Test(arguments: paths, [0.1, 0.5, 0.8] as [Float])
  func dropoutRateAndGradient(_ path: KernelPath, _ rate: Float) {
    let program = Program(batch: 100, path: path) { t in
      let x = t.input("x", [1_000], differentiable: true)
      t.tap("x", x)
      let y = dropout(x, rate: rate)
      t.tap("y", y)
      return mean(sumFeatures(y))
    }
    program.bind("x", [Float](repeating: 1, count: 100_000))
    program.run(ParameterSet(program.parameters), mode: .training, noise: 8, backward: true)
    let y = program.read("y")
    let kept = Double(y.count { $0 != 0 })
    let expected = 100_000 * Double(1 - rate)
    #expect(abs(kept - expected) < 5 * (expected * Double(rate)).squareRoot())
    let up = 1 / (1 - rate)
    #expect(y.allSatisfy { $0 == 0 || abs($0 - up) <= 1e-6 * up })
    expectClose(program.readGradient("x").map { $0 * 100 }, y, 1e-6, "gradient on \(path)")
  }
}
