import Compute
import Foundation
import Testing

/// Elementary functions in units of the last place, against double precision.
struct AccuracyTests {
  static let paths = KernelPath.allCases.filter(\.isAvailable)

  struct Function: Sendable, CustomStringConvertible {
    let description: String
    let traced: @Sendable (Value) -> Value
    let truth: @Sendable (Double) -> Double
    let range: ClosedRange<Double>
    /// Units in the last place of the result; below `floor` the unit is that of `floor`.
    let limit: Double
    var floor = 0x1p-126
  }

  static let functions = [
    Function(
      description: "exp", traced: { exp($0) }, truth: { Foundation.exp($0) }, range: -87.3...88.3,
      limit: 2),
    Function(
      description: "log", traced: { log($0) }, truth: { Foundation.log($0) }, range: 1.2e-38...3e38,
      limit: 2),
    Function(
      description: "log near 1", traced: { log($0) }, truth: { Foundation.log($0) }, range: 0.5...2,
      limit: 3),
    Function(
      description: "tanh", traced: { tanh($0) }, truth: { Foundation.tanh($0) }, range: -20...20,
      limit: 4),
    Function(
      description: "tanh near 0", traced: { tanh($0) }, truth: { Foundation.tanh($0) },
      range: -0.7...0.7,
      limit: 4),
    Function(
      description: "sigmoid", traced: { sigmoid($0) }, truth: { 1 / (1 + Foundation.exp(-$0)) },
      range: -87...87, limit: 4),
    Function(
      description: "softplus", traced: { softplus($0) }, truth: { log1p(Foundation.exp($0)) },
      range: -87...80, limit: 4),
    Function(
      description: "elu", traced: { elu($0) }, truth: { $0 > 0 ? $0 : expm1($0) }, range: -90...90,
      limit: 4),
    Function(
      description: "elu near 0", traced: { elu($0) }, truth: { $0 > 0 ? $0 : expm1($0) },
      range: -0.5...0.001, limit: 4),
    Function(
      description: "sqrt", traced: { sqrt($0) }, truth: { $0.squareRoot() }, range: 0...3e38,
      limit: 0.51),
    Function(
      description: "reciprocal", traced: { reciprocal($0) }, truth: { 1 / $0 }, range: 1e-37...1e37,
      limit: 0.51),
  ]

  /// Even steps, even steps of the exponent, and both ends.
  static func samples(_ range: ClosedRange<Double>, _ count: Int) -> [Float] {
    var generator = RandomStream(seed: 6, "samples").generator
    var samples: [Float] = [Float(range.lowerBound), Float(range.upperBound)]
    while samples.count < count {
      let x: Double
      if samples.count % 2 == 0 {
        x = range.lowerBound + generator.uniform() * (range.upperBound - range.lowerBound)
      } else {
        let size = Foundation.exp2(-126 + 254 * generator.uniform())
        x = generator.next() % 2 == 0 ? size : -size
      }
      if range.contains(x) { samples.append(Float(x)) }
    }
    return samples.filter { range.contains(Double($0)) }
  }

  private func evaluate(
    _ x: [Float], _ path: KernelPath, _ traced: (Value) -> Value
  ) -> [Float] {
    let program = Program(batch: 1, path: path) { t in
      t.tap("y", traced(t.input("x", [x.count])))
      return nil
    }
    program.bind("x", x)
    program.run(ParameterSet(program.parameters), mode: .evaluation)
    return program.read("y")
  }

  @Test(arguments: functions, paths)
  func lastPlaces(_ function: Function, _ path: KernelPath) {
    let x = Self.samples(function.range, 100_000)
    let y = evaluate(x, path, function.traced)
    var (worst, at) = (0.0, 0)
    for (index, (x, y)) in zip(x, y).enumerated() {
      let truth = function.truth(Double(x))
      let unit = Double(Float(max(abs(truth), function.floor)).ulp)
      let error = abs(Double(y) - truth) / unit
      if !(error <= worst) { (worst, at) = (error.isNaN ? .infinity : error, index) }
    }
    #expect(
      worst <= function.limit,
      "\(function) on \(path): \(worst) units at \(x[at]): \(y[at]), expected \(function.truth(Double(x[at])))"
    )
  }

  /// Infinite and tiny inputs give finite, ordered results: training must not meet a NaN it did not make.
  @Test(arguments: paths)
  func extremes(_ path: KernelPath) {
    let x: [Float] = [
      -.infinity, -3e38, -1e4, -100, -1e-30, -0x1p-140, 0, 0x1p-140, 1e-30, 100, 1e4, 3e38,
      .infinity,
    ]
    let exps = evaluate(x, path) { exp($0) }
    #expect(exps.allSatisfy { $0.isFinite && $0 > 0 })
    #expect(exps == exps.sorted())
    #expect(exps[0] < 1.3e-38 && exps.last! > 2e38)
    #expect(exps[4...8].allSatisfy { $0 == 1 })
    let sigmoids = evaluate(x, path) { sigmoid($0) }
    #expect(sigmoids == sigmoids.sorted() && sigmoids[0] < 1e-37 && sigmoids[0] >= 0)
    #expect(sigmoids.last! == 1 && sigmoids[6] == 0.5)
    let tanhs = evaluate(x, path) { tanh($0) }
    #expect(tanhs[0...2].allSatisfy { $0 == -1 } && tanhs[10...].allSatisfy { $0 == 1 })
    #expect(tanhs[4] == -1e-30 && tanhs[6] == 0 && tanhs[8] == 1e-30)
    let softpluses = evaluate(x, path) { softplus($0) }
    #expect(softpluses[0] < 1.3e-38 && softpluses[0] >= 0 && softpluses[11] == 3e38)
    #expect(softpluses == softpluses.sorted())
    let elus = evaluate(x, path) { elu($0) }
    #expect(elus[0] == -1 && elus[4] == -1e-30 && elus[9] == 100)
    // Logarithms of zero, negative and subnormal numbers count as those of the smallest normal number.
    let logs = evaluate([0, -1, 0x1p-140, 1.1754944e-38, 1, 3e38], path) { log($0) }
    #expect(logs[0...3].allSatisfy { abs($0 + 87.336544) < 1e-4 })
    #expect(logs[4] == 0 && abs(logs[5] - 88.596) < 1e-2)
  }

  /// Gradients at the ends are finite too.
  @Test(arguments: paths)
  func extremeGradients(_ path: KernelPath) {
    let x: [Float] = [-1e4, -100, -20, -1e-30, 0, 1e-30, 20, 100, 1e4]
    let operations: [(String, (Value) -> Value)] = [
      ("exp", { exp($0) }), ("sigmoid", { sigmoid($0) }), ("tanh", { tanh($0) }),
      ("softplus", { softplus($0) }), ("elu", { elu($0) }), ("relu", { relu($0) }),
      ("leakyRelu", { leakyRelu($0) }), ("clip", { clip($0, -1...1) }),
    ]
    for (name, operation) in operations {
      let program = Program(batch: 1, path: path) { t in
        let input = t.input("x", [x.count], differentiable: true)
        t.tap("x", input)
        return mean(sumFeatures(operation(input)))
      }
      program.bind("x", x)
      program.run(ParameterSet(program.parameters), mode: .training, backward: true)
      #expect(program.readGradient("x").allSatisfy { $0.isFinite }, "\(name) on \(path)")
    }
  }
}
