import Compute
import Foundation
import Testing

@Suite struct OptimiserTests {
  private struct Settings: Decodable {
    var lr: Double
    var weight_decay: Double
    var betas: [Double]?
    var eps: Double?
    var momentum: Double?
    var nesterov: Bool?
    var steps: Int
  }

  /// A program whose gradients are whatever is bound: its loss is linear in the parameters.
  ///
  /// One example per number: the mean over them of `n x_n w` has the gradient `x`.
  private func program(_ shapes: [String: [Int]]) -> Program {
    Program(batch: 1) { t in
      let terms = shapes.sorted { $0.key < $1.key }.map { name, shape in
        let flat = shape.reduce(1, *)
        let columns = shape.last!
        let x = t.input(name, [flat])
        let weight = t.parameter(name, shape)
        if shape.count == 1 {
          return mean(sumFeatures(x * channelAffine(0 * x, shift: weight)))
        }
        let rows = (0..<shape[0]).map { row in
          let part = x[channels: row * columns..<(row + 1) * columns]
          return dense(part, weight)[channels: row..<row + 1]
        }
        return mean(rows.dropFirst().reduce(rows[0], +))
      }
      return terms.dropFirst().reduce(terms[0], +)
    }
  }

  @Test(arguments: [
    "adam", "adam-weight-decay", "sgd", "sgd-momentum", "sgd-nesterov", "sgd-weight-decay",
    "sgd-nesterov-weight-decay",
  ])
  func stepsAreThoseOfPyTorch(name: String) throws {
    let fixture = try Fixture("optimizer-\(name)")
    let settings = try JSONDecoder().decode(
      Settings.self, from: Data(try #require(fixture.file.metadata["attributes"]).utf8))
    let program = program(["a": [3, 7], "b": [5]])
    let set = ParameterSet(program.parameters)
    for key in ["a", "b"] { set[key] = try fixture.floats(key) }
    var adam: Adam?
    var sgd: SGD?
    if let betas = settings.betas {
      adam = Adam(
        program.parameters, beta1: betas[0], beta2: betas[1], epsilon: try #require(settings.eps))
    } else {
      sgd = SGD(
        program.parameters, momentum: try #require(settings.momentum),
        nesterov: settings.nesterov == true)
    }
    for step in 1...settings.steps {
      for key in ["a", "b"] { program.bind(key, try fixture.floats("\(key).gradient\(step)")) }
      program.run(set, mode: .training, backward: true)
      for key in ["a", "b"] {
        #expect(set.gradient(key) == (try fixture.floats("\(key).gradient\(step)")))
      }
      adam?.update(set, rate: settings.lr, decay: settings.weight_decay, on: program)
      sgd?.update(set, rate: settings.lr, decay: settings.weight_decay, on: program)
      for key in ["a", "b"] {
        #expect(distance(set[key], try fixture.floats("\(key).step\(step)")) < 2e-6, "\(step)")
      }
    }
    // Steps are small beside the parameters: compare the way gone, too.
    for key in ["a", "b"] {
      let start = try fixture.floats(key)
      let end = try fixture.floats("\(key).step\(settings.steps)")
      #expect(
        distance(zip(set[key], start).map { $0 - $1 }, zip(end, start).map { $0 - $1 }) < 1e-3)
    }
  }
}
