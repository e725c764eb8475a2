import Compute
import Testing

/// Adam and SGD against PyTorch: five steps along given gradients.
struct OptimiserTests {
  static let fixtures = Fixture.all("Networks", prefix: "optimizer-")
  static let paths = KernelPath.allCases.filter(\.isAvailable)

  @Test func everyOptimiserHasFixtures() {
    #expect(Set(Self.fixtures.map(\.operation)) == ["adam", "sgd"])
    #expect(Self.fixtures.count >= 7)
  }

  /// A program whose gradients are what is bound as `a.gradient` and `b.gradient`.
  private func program(_ path: KernelPath, threads: Int) -> Program {
    Program(batch: 1, threads: threads, path: path) { t in
      sum(t.parameter("a", [3, 7]) * t.parameter("a.gradient", [3, 7], role: .frozen))
        + sum(t.parameter("b", [5]) * t.parameter("b.gradient", [5], role: .frozen))
    }
  }

  @Test(arguments: fixtures, paths)
  func fiveSteps(_ fixture: Fixture, _ path: KernelPath) {
    for threads in [1, 2] {
      let program = program(path, threads: threads)
      let set = ParameterSet(program.parameters)
      let adam: Adam?
      var sgd: SGD?
      if fixture.operation == "adam" {
        guard case .numbers(let betas)? = fixture.attributes["betas"] else {
          Issue.record("\(fixture.name): no betas")
          return
        }
        adam = Adam(
          program.parameters, beta1: betas[0], beta2: betas[1], epsilon: fixture.number("eps"))
      } else {
        adam = nil
        sgd = SGD(
          program.parameters, momentum: fixture.number("momentum"),
          nesterov: fixture.number("nesterov") != 0)
      }
      let (rate, decay) = (fixture.number("lr"), fixture.number("weight_decay"))
      for name in ["a", "b"] { set[name] = fixture.floats(name) }
      for step in 1...Int(fixture.number("steps")) {
        for name in ["a", "b"] {
          set["\(name).gradient"] = fixture.floats("\(name).gradient\(step)")
        }
        program.run(set, mode: .training, backward: true)
        if step % 2 == 0, let old = adam {
          // As after a checkpoint: another object with the same state.
          let (steps, first, second) = old.state
          let restored = Adam(
            program.parameters, beta1: old.beta1, beta2: old.beta2, epsilon: old.epsilon)
          restored.restore(steps: steps, first: first, second: second)
          let copy = set.copy()
          program.run(copy, mode: .training, backward: true)
          restored.update(copy, rate: rate, decay: decay, on: program)
          old.update(set, rate: rate, decay: decay, on: program)
          #expect(copy["a"] == set["a"] && copy["b"] == set["b"], "restored")
        } else {
          if let old = sgd {
            let restored = SGD(program.parameters, momentum: old.momentum, nesterov: old.nesterov)
            restored.restore(old.state)
            sgd = restored
          }
          adam?.update(set, rate: rate, decay: decay, on: program)
          sgd?.update(set, rate: rate, decay: decay, on: program)
        }
        for name in ["a", "b"] {
          // Two roundings of the parameter each step; the step itself is good to 1e-6.
          let expected = fixture.floats("\(name).step\(step)")
          let largest = Double(expected.map { abs($0) }.max()!)
          expectClose(
            set[name], expected, Double(step) * (0x1p-23 + 1e-6 * rate / largest),
            "\(fixture.name): \(name) after step \(step) on \(path), \(threads) threads")
        }
      }
    }
  }

  /// A rate of its own for each parameter; zero leaves it as it is.
  @Test func ratesByName() {
    let program = program(.current, threads: 1)
    let set = ParameterSet(program.parameters)
    set["a.gradient"] = [Float](repeating: 1, count: 21)
    set["b.gradient"] = [Float](repeating: -1, count: 5)
    program.run(set, mode: .training, backward: true)
    let adam = Adam(program.parameters)
    adam.update(set, rate: 1, on: program) { $0 == "a" ? 0.5 : 0 }
    // 1 - beta2 in single precision is off by 1.3e-5.
    expectClose(set["a"], [Double](repeating: -0.5, count: 21), 1e-5, "a")
    #expect(set["b"] == [0, 0, 0, 0, 0])
    #expect(adam.steps == 1)
  }
}
