import Compute
import Foundation
import Networks
import Testing

@Suite struct LeNetTests {
  /// Weights and pictures follow the formula of the oracle, so that its file holds results alone.
  private func formula(_ count: Int, _ k: Int) -> [Float] {
    (0..<count).map { Float(0.05 * sin(0.37 * Double($0) + Double(k))) }
  }

  @Test(arguments: [("lenet-300-100", Architecture.leNet300), ("lenet-5-caffe", .leNet5)])
  func lossLogitsAndGradientsAreThoseOfPyTorch(name: String, network: Architecture) throws {
    let fixture = try Fixture(name)
    let program = Program(batch: 3) { t in
      let logits = network.forward(t.input("x", network.input)) { $0.apply($1, in: t) }
      t.tap("logits", logits)
      return mean(softmaxCrossEntropy(logits, t.labels("labels")))
    }
    let set = ParameterSet(program.parameters)
    var names: [String] = []
    for layer in network.weighted {
      names += ["\(layer.name).weight", "\(layer.name).bias"]
    }
    for (k, name) in names.enumerated() { set[name] = formula(set.layout[name].count, k) }
    program.bind(
      "x",
      (0..<3 * 784).map {
        let i = Double($0)
        return Float(0.5 + 0.5 * sin(0.37 * i + 0.001 * pow(i, 1.5) + 53))
      })
    program.bind(labels: "labels", try fixture.labels())
    program.run(set, mode: .training, backward: true)

    #expect(distance(program.lossNumber, try fixture.number("loss")) < 1e-5)
    #expect(distance(program.read("logits"), try fixture.floats("logits")) < 1e-5)
    for name in names {
      let gradient = set.gradient(name)
      let sums = try fixture.floats("d\(name).sums").map(Double.init)
      let sum = gradient.reduce(0.0) { $0 + Double($1) }
      let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(sum - sums[0]) < 1e-4 * sums[1], "\(name)")
      #expect(abs(norm - sums[1]) < 1e-5 * sums[1], "\(name)")
      let head = try fixture.floats("d\(name).head")
      #expect(
        zip(gradient, head).allSatisfy { Double(abs($0 - $1)) < 1e-4 * sums[1] }, "\(name)")
    }
  }
}
