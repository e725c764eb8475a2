import Compute
import Foundation
import Methods
import Networks
import Testing

/// What mean embeddings are made and judged with, against PyTorch and scikit-learn (`methods_embeddings.py`).
struct EmbeddingTests {
  /// Largest difference, as a share of the largest expected number.
  private func distance(_ found: [Float], _ expected: [Float]) -> Float {
    guard found.count == expected.count, !found.isEmpty else { return .infinity }
    return zip(found, expected).map { abs($0 - $1) }.max()! / expected.map { abs($0) }.max()!
  }

  /// NT-Xent of 22 views of 7 numbers, in a program with room for more.
  private func contrastive(_ capacity: Int, threads: Int) -> Program {
    Program(batch: capacity, threads: threads) { t in
      let z = t.input("z", [7], differentiable: true)
      t.tap("z", z)
      return ContrastiveLearning.loss(z, temperature: 0.5, partners: t.labels("partners"))
    }
  }

  @Test(arguments: [(22, 1), (22, 2), (32, 1), (50, 2)])
  func lossAndGradientAreThoseOfPyTorch(capacity: Int, threads: Int) throws {
    let fixture = try Fixture("embeddings_contrastive")
    let program = contrastive(capacity, threads: threads)
    program.bind("z", fixture.floats("z"))
    program.bind(labels: "partners", ContrastiveLearning.partners(pictures: 11))
    let none = ParameterSet(program.parameters)
    program.run(none, mode: .training, examples: 22, backward: true)
    #expect(abs(program.lossNumber - fixture.number("loss")) < 1e-6)
    #expect(distance(program.readGradient("z"), fixture.floats("gradient")) < 1e-5)
  }

  @Test func similaritiesAndTheirGradientAreThoseOfPyTorch() throws {
    let fixture = try Fixture("embeddings_contrastive")
    let program = Program(batch: 22) { t in
      let z = t.input("z", [7], differentiable: true)
      t.tap("z", z)
      let cosines = similarities(unitLength(z))
      t.tap("cosines", cosines)
      // What stands for "not compared" must not reach the sum.
      return mean(sumFeatures(clip(cosines, -2...2) * t.input("seed", [22])))
    }
    program.bind("z", fixture.floats("z"))
    program.bind("seed", fixture.floats("seed"))
    program.run(ParameterSet(program.parameters), mode: .training, backward: true)
    let (found, expected) = (program.read("cosines"), fixture.floats("cosines"))
    for n in 0..<22 {
      for m in 0..<22 where n != m {
        #expect(abs(found[n * 22 + m] - expected[n * 22 + m]) < 1e-6)
      }
      #expect(found[n * 23] < -1e29)
    }
    let gradient = program.readGradient("z").map { 22 * $0 }
    #expect(distance(gradient, fixture.floats("seeded")) < 1e-5)
  }

  @Test func contrastiveTrainingLearnsWhichViewsBelongTogether() {
    let network = ResNet(input: [3, 8, 8], widths: [8], blocks: 1, classes: 4)
    let learning = ContrastiveLearning(network, projection: 8)
    let program = learning.trainingProgram(pictures: 16)
    let set = ParameterSet(program.parameters)
    Initialiser.heNormal.fill(set, stream: RandomStream(seed: 1, "init"))
    let head = set["linear.weight"]
    program.bind(labels: "partners", ContrastiveLearning.partners(pictures: 16))
    let adam = Adam(program.parameters)
    var generator = RandomStream(seed: 1, "views").generator
    var losses: [Double] = []
    for _ in 0..<60 {
      // Views of a picture have its colour and their own noise.
      var x: [Float] = []
      for _ in 0..<16 {
        let colour = (0..<3).map { _ in Float(generator.normal()) }
        for _ in 0..<2 {
          for channel in colour {
            for _ in 0..<64 { x.append(channel + 0.3 * Float(generator.normal())) }
          }
        }
      }
      program.bind("x", x)
      program.run(set, mode: .training, backward: true)
      losses.append(program.lossNumber)
      adam.update(set, rate: 3e-3, on: program)
    }
    // Views at random directions: log(31) is what chance gives.
    #expect(losses[0] > 2.3)
    #expect(losses.suffix(5).reduce(0, +) / 5 < losses[0] - 0.4)
    // The classifier takes no part.
    #expect(set["linear.weight"] == head)
  }

  @Test func featuresAreWhatTheLastLayerReads() {
    let network = ResNet(input: [3, 8, 8], widths: [8, 16], blocks: 1, classes: 4)
    let features = network.featuresProgram(batch: 5)
    let logits = network.logitsProgram(batch: 5)
    let set = ParameterSet(logits.parameters)
    Initialiser.heNormal.fill(set, stream: RandomStream(seed: 1, "init"))
    var generator = RandomStream(seed: 1, "x").generator
    let x = (0..<5 * 192).map { _ in Float(generator.normal()) }
    for program in [features, logits] {
      program.bind("x", x)
      program.run(set, mode: .evaluation)
    }
    #expect(network.featureCount == 16)
    let read = Matrix<Float>(rows: 5, columns: 16, features.read("features"))
    let (weight, bias) = (set["linear.weight"], set["linear.bias"])
    let own = read.timesTransposed(Matrix(rows: 4, columns: 16, weight)).elements.enumerated().map {
      $1 + bias[$0 % 4]
    }
    #expect(distance(own, logits.read("logits")) < 1e-5)
  }

  @Test func probesAreThoseOfScikitLearn() throws {
    let fixture = try Fixture("embeddings_probe")
    let labels = fixture.integers("labels")
    let table = Matrix<Float>(rows: 300, columns: 12, fixture.floats("x"))
    let training = ProbeTraining(table, labels: labels, classes: 5)
    var last: LinearProbe?
    for index in 0..<3 {
      let (decay, loss) = (fixture.number("decay \(index)"), fixture.number("loss \(index)"))
      for start in [nil, last] {
        let fit = try training.fit(decay: decay, from: start)
        #expect(fit.isConverged)
        // Four digits were asked for; never below the least.
        #expect(abs(fit.loss / loss - 1) < 5e-6, "decay \(decay)")
        #expect(fit.evaluations < 60, "decay \(decay)")
        last = fit.probe
      }
      let fit = try training.fit(decay: decay, tolerance: 1e-9)
      // Logits of the rows say more than weights along directions that hardly matter.
      let expected = LinearProbe(
        weights: Matrix(rows: 12, columns: 5, fixture.doubles("weights \(index)")),
        biases: fixture.doubles("biases \(index)"))
      func relative(_ probe: LinearProbe) -> [Float] {
        let logits = probe.logits(table)
        return logits.indices.map { place in
          let row = logits[place / 5 * 5..<place / 5 * 5 + 5]
          return logits[place] - row.reduce(0, +) / 5
        }
      }
      #expect(distance(relative(fit.probe), relative(expected)) < 2e-3, "decay \(decay)")
    }
  }

  @Test func probesOfFewerRowsThanFeaturesHaveAnEnd() throws {
    var generator = RandomStream(seed: 1, "few").generator
    let table = Matrix<Float>(
      rows: 20, columns: 50, (0..<1000).map { _ in Float(generator.normal()) })
    let labels = (0..<20).map { Int32($0 % 3) }
    let training = ProbeTraining(table, labels: labels, classes: 3)
    var losses: [Double] = []
    for decay in [1.0, 0.1, 0.01, 1e-4] {
      let fit = try training.fit(decay: decay)
      #expect(fit.isConverged)
      losses.append(fit.loss)
    }
    #expect(try !training.fit(decay: 1e-4, limit: 3).isConverged)
    #expect(losses == losses.sorted(by: >))
    #expect(losses[0] < _log3 && losses[3] < 0.02)
    var damaged = table
    damaged.elements[7] = .nan
    #expect(throws: LinearAlgebraError.self) {
      try ProbeTraining(damaged, labels: labels, classes: 3).fit(decay: 0.1)
    }
  }

  private var _log3: Double { Foundation.log(3) }

  @Test func neighboursAreThoseOfScikitLearn() throws {
    let fixture = try Fixture("embeddings_retrieval")
    let neighbours = NearestNeighbours(
      Matrix(rows: 60, columns: 6, fixture.floats("database")), labels: fixture.integers("labels"))
    let queries = Matrix<Float>(rows: 20, columns: 6, fixture.floats("queries"))
    #expect(
      neighbours.nearest(5, to: queries).flatMap { $0 }
        == fixture.integers("places").map(Int.init))
    let shares = neighbours.precision(
      at: [1, 5], of: queries, labels: fixture.integers("own"))
    for count in [1, 5] {
      #expect(abs(shares[count]! - fixture.number("precision \(count)")) < 1e-12)
    }
    // The scale of a row says nothing.
    let far = Matrix<Float>(rows: 20, columns: 6, queries.elements.map { 1000 * $0 })
    #expect(neighbours.nearest(5, to: far) == neighbours.nearest(5, to: queries))
  }
}
