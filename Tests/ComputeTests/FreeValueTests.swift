import Compute
import Testing

/// Operations on parameters, whose rows are padded in memory: padding must never show.
struct FreeValueTests {
  static let paths = KernelPath.allCases.filter(\.isAvailable)

  @Test(arguments: paths, [[3, 5], [1, 1], [7], [4, 2, 3, 3], [2, 16]])
  func scalingAndSumsIgnorePadding(_ path: KernelPath, _ shape: [Int]) {
    let program = Program(batch: 1, threads: 2, path: path) { t in
      let p = t.parameter("p", shape)
      let total = sum(scaled(exp(p), by: t.parameter("factor", [1])))
      t.tap("total", total)
      return total
    }
    let set = ParameterSet(program.parameters)
    var generator = RandomStream(seed: 2, "free").generator
    let p = numbers(shape.reduce(1, *), &generator)
    set["p"] = p
    set["factor"] = [1.5]
    program.run(set, mode: .training, backward: true)
    let exps = p.map { expOf($0) }
    let total = exps.reduce(0, +)
    #expect(abs(program.number("total") - 1.5 * total) < 1e-6 * total)
    expectClose(set.gradient("p"), exps.map { 1.5 * $0 }, 1e-6, "dp")
    expectClose(set.gradient("factor"), [total], 1e-6, "dfactor")
  }

  /// The mean of weights with log alpha at or above the threshold is zero and receives no gradient.
  @Test(arguments: paths)
  func keptMeans(_ path: KernelPath) {
    let shape = [5, 9]
    let program = Program(batch: 1, path: path) { t in
      let mean = t.parameter("mean", shape)
      let kept = keptMean(mean, logVariance: t.parameter("logVariance", shape), threshold: 3)
      t.tap("kept", kept)
      return sum(square(kept))
    }
    let set = ParameterSet(program.parameters)
    var generator = RandomStream(seed: 3, "kept").generator
    let mean = numbers(45, &generator, scale: 0.1)
    let logAlpha = (0..<45).map { 3 + 0.25 * (Double($0) - 22.25) }
    set["mean"] = mean
    set["logVariance"] = zip(mean, logAlpha).map {
      Float($1 + logOf(Double($0) * Double($0) + 1e-8))
    }
    program.run(set, mode: .training, backward: true)
    let expected = zip(mean, logAlpha).map { $1 < 3 ? $0 : 0 }
    #expect(program.read("kept") == expected)
    expectClose(set.gradient("mean"), expected.map { 2 * $0 }, 1e-6, "dmean")
    #expect(set.gradient("logVariance").allSatisfy { $0 == 0 })
  }

  /// Rows of a parameter as a batch: the gradient comes back to the chosen rows alone.
  @Test(arguments: paths, [1, 2])
  func rowsAsExamples(_ path: KernelPath, _ threads: Int) {
    let (rows, features, chosen) = (40, 21, [Int32](stride(from: 39, to: 0, by: -2)))
    let program = Program(batch: 3, threads: threads, path: path) { t in
      let all = t.parameter("rows", [rows, features])
      let batch = t.examples(of: [all], axes: 1, count: chosen.count, indices: "chosen")[0]
      t.tap("batch", batch)
      return mean(sumFeatures(square(batch))) + sum(all)
    }
    let set = ParameterSet(program.parameters)
    var generator = RandomStream(seed: 4, "rows").generator
    let values = numbers(rows * features, &generator)
    set["rows"] = values
    program.bind(indices: "chosen", chosen)
    program.run(set, mode: .training, backward: true)
    #expect(
      program.read("batch")
        == chosen.flatMap { values[Int($0) * features..<(Int($0) + 1) * features] })
    let expected = values.enumerated().map { place, x in
      1 + (chosen.contains(Int32(place / features)) ? 2 * Double(x) / Double(chosen.count) : 0)
    }
    expectClose(set.gradient("rows"), expected, 1e-6, "gradient on \(path)")
  }

  /// Parameters that the loss does not depend on have a gradient of zero, whatever was there before.
  @Test func untouchedParametersHaveNoGradient() {
    let busy = Program(batch: 1) { t in sum(square(t.parameter("a", [3])) + t.parameter("b", [3])) }
    let idle = Program(batch: 1) { t in
      _ = t.parameter("b", [3])
      return sum(square(t.parameter("a", [3])))
    }
    let set = ParameterSet(busy.parameters)
    set["a"] = [1, 2, 3]
    busy.run(set, mode: .training, backward: true)
    #expect(set.gradient("b") == [1, 1, 1])
    idle.run(set, mode: .training, backward: true)
    #expect(set.gradient("a") == [2, 4, 6])
    #expect(set.gradient("b") == [0, 0, 0])
  }

  /// Logarithms and quotients are infinite at the zeros behind each row; training must not notice.
  @Test(arguments: paths)
  func singularFunctionsLeavePaddingAlone(_ path: KernelPath) {
    let program = Program(batch: 1, path: path) { t in
      let (p, q) = (t.parameter("p", [3, 5]), t.parameter("q", [3, 5]))
      return sum(log(p) + sqrt(q) + reciprocal(p) * q) + sum(p / square(q))
    }
    let set = ParameterSet(program.parameters)
    set["p"] = [Float](repeating: 2, count: 15)
    set["q"] = [Float](repeating: 1, count: 15)
    let adam = Adam(program.parameters)
    for _ in 0..<3 {
      program.run(set, mode: .training, backward: true)
      adam.update(set, rate: 1e-3, on: program)
    }
    #expect(set.isFinite && program.lossNumber.isFinite)
  }

  /// The same for lanes past the last example of a partial batch.
  @Test(arguments: paths, [1, 5, 15, 17, 31])
  func singularFunctionsLeaveEmptyLanesAlone(_ path: KernelPath, _ examples: Int) {
    var gradients: [[Float]] = []
    for capacity in [examples, 40] {
      let program = Program(batch: capacity, path: path) { t in
        let x = t.input("x", [1, 4, 5])
        let y = conv2d(
          reciprocal(x), t.parameter("weight", [3, 1, 3, 3]), bias: t.parameter("bias", [3]))
        let z = square(y) / (square(y) + square(channelAffine(y, scale: t.parameter("scale", [3]))))
        return mean(
          sumFeatures(
            log(z + 0.5) + dense(sqrt(x), t.parameter("dense", [18, 20])).reshaped(y.shape)))
      }
      let set = ParameterSet(program.parameters)
      for entry in program.parameters.entries {
        set[entry.name] = (0..<entry.count).map { Float($0 % 7) * 0.1 + 0.2 }
      }
      var generator = RandomStream(seed: 8, "lanes").generator
      program.bind("x", numbers(examples * 20, &generator).map { abs($0) + 0.1 })
      program.run(set, mode: .training, examples: examples, backward: true)
      gradients.append(program.parameters.entries.flatMap { set.gradient($0.name) })
    }
    #expect(gradients[0].allSatisfy { $0.isFinite })
    #expect(gradients[0] == gradients[1])
  }
}
