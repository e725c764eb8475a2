import Compute
import Foundation
import Methods
import Networks
import Testing

/// A convolution of stride 2 without bias, a rectifier, a dense layer with bias.
private struct SmallNetwork: PictureNetwork {
  let input = [2, 6, 5]
  let classes = 4
  var isFolded = false
  func norm(of convolution: String) -> String? { nil }
  func forward(_ x: Value, in trace: Trace) -> Value {
    let hidden = Conv2d("conv", 3, kernel: 3, stride: 2, padding: 1, hasBias: false)(
      x.reshaped(input), in: trace)
    return Linear("linear", classes)(relu(hidden), in: trace)
  }
}

/// Ensembles around one optimum against PyTorch and NumPy (`methods_ensembles.py`).
struct EnsembleTests {
  /// Largest difference, as a share of the largest expected number.
  private func distance(_ found: [Float], _ expected: [Float]) -> Float {
    guard found.count == expected.count, !found.isEmpty else { return .infinity }
    return zip(found, expected).map { abs($0 - $1) }.max()! / expected.map { abs($0) }.max()!
  }

  private func filled(_ layout: ParameterLayout, _ fixture: Fixture) -> ParameterSet {
    let set = ParameterSet(layout)
    for entry in layout.entries { set[entry.name] = fixture.floats(entry.name) }
    return set
  }

  @Test func curvatureIsThatOfPyTorch() throws {
    let fixture = try Fixture("ensemble_curvature")
    let laplace = KroneckerLaplace(SmallNetwork())
    let program = laplace.program(batch: 6)
    let set = filled(program.parameters, fixture)
    program.bind("x", fixture.floats("x"))
    var curvature = laplace.none
    let repeats = 4000
    for draw in 0..<repeats {
      laplace.add(
        to: &curvature, set, with: program, examples: 6,
        stream: RandomStream(seed: UInt64(draw), "labels"))
    }
    #expect(distance(program.read("logits"), fixture.floats("logits")) < 1e-5)
    #expect(curvature.pictures == 6 * repeats)
    for (place, layer) in ["conv", "linear"].enumerated() {
      let inputs = curvature.inputs[place].elements.map { Float($0 / Double(repeats)) }
      #expect(distance(inputs, fixture.floats("inputs \(layer)")) < 1e-5, "\(layer)")
      // Labels are drawn: the standard error of 24,000 of them is about 1 %.
      let gradients = curvature.gradients[place].elements.map { Float($0 / Double(repeats)) }
      #expect(distance(gradients, fixture.floats("gradients \(layer)")) < 0.04, "\(layer)")
    }
  }

  @Test func drawsHaveTheCovarianceOfTheKroneckerProduct() throws {
    let fixture = try Fixture("ensemble_curvature")
    let laplace = KroneckerLaplace(SmallNetwork())
    let program = laplace.program(batch: 6)
    let set = filled(program.parameters, fixture)
    program.bind("x", fixture.floats("x"))
    var curvature = laplace.none
    for draw in 0..<4000 {
      laplace.add(
        to: &curvature, set, with: program, examples: 6,
        stream: RandomStream(seed: UInt64(draw), "labels"))
    }
    let posterior = try laplace.posterior(
      curvature, trainingPictures: Int(fixture.number("trainingPictures")),
      priorPrecision: fixture.number("priorPrecision"))
    let (variances, row) = (fixture.doubles("variances"), fixture.doubles("first row"))
    let draws = 20_000
    var squares = [Double](repeating: 0, count: variances.count)
    var products = squares
    let scale = 0.5
    for draw in 0..<draws {
      let drawn = set.copy()
      posterior.addDraw(
        to: drawn, scale: scale, stream: RandomStream(seed: UInt64(draw), "draws"))
      var change: [Double] = []
      for output in 0..<4 {
        for column in 0..<27 {
          let place = output * 27 + column
          change.append(Double(drawn["linear.weight"][place] - set["linear.weight"][place]))
        }
        change.append(Double(drawn["linear.bias"][output] - set["linear.bias"][output]))
      }
      for place in change.indices {
        squares[place] += change[place] * change[place]
        products[place] += change[0] * change[place]
      }
    }
    for place in variances.indices {
      let expected = scale * scale * variances[place]
      // A variance of 20,000 draws has a standard error of 1 %; the drawn labels add as much.
      #expect(abs(squares[place] / Double(draws) / expected - 1) < 0.06, "variance \(place)")
      let size = scale * scale * (variances[0] * variances[place]).squareRoot()
      #expect(
        abs(products[place] / Double(draws) - scale * scale * row[place]) < 0.05 * size,
        "covariance \(place)")
    }
  }

  @Test func theFactorisedPosteriorIsPyTorchs() throws {
    let fixture = try Fixture("factorised_posterior")
    let posterior = FactorisedPosterior(
      SmallNetwork(), priorVariance: fixture.number("priorVariance"))
    let program = posterior.trainingProgram(batch: 6)
    let set = filled(program.parameters, fixture)
    program.bind("x", fixture.floats("x"))
    program.bind(labels: "labels", [0, 1, 2, 3, 0, 1])
    program.bind("klShare", 0)
    program.run(set, mode: .evaluation)
    #expect(distance(program.read("logits"), fixture.floats("logits")) < 1e-5)
    let names = ["conv.logDeviation", "linear.logDeviation"]
    program.run(set, mode: .training, noise: 3, backward: true)
    let without = names.map { set.gradient($0) }
    program.bind("klShare", 1)
    program.run(set, mode: .training, noise: 3, backward: true)
    #expect(
      distance([Float(program.number("divergence"))], fixture.floats("divergence")) < 1e-5)
    for (name, before) in zip(names, without) {
      let own = zip(set.gradient(name), before).map { $0 - $1 }
      #expect(distance(own, fixture.floats("d\(name)")) < 1e-4, "\(name)")
      #expect(before.contains { abs($0) > 1e-6 }, "\(name) makes no noise")
    }
  }

  @Test func drawsOfTheFactorisedPosteriorHaveItsDeviations() throws {
    let fixture = try Fixture("factorised_posterior")
    let posterior = FactorisedPosterior(SmallNetwork(), priorVariance: 1)
    let set = filled(posterior.trainingProgram(batch: 1).parameters, fixture)
    let plain = ParameterSet(SmallNetwork().parameters)
    var squares = [Double](repeating: 0, count: 54)
    for draw in 0..<4000 {
      posterior.fillDraw(plain, from: set, stream: RandomStream(seed: UInt64(draw), "draws"))
      for place in 0..<54 {
        let change = Double(plain["conv.weight"][place] - set["conv.weight"][place])
        squares[place] += change * change / 4000
      }
    }
    #expect(plain["linear.bias"] == set["linear.bias"])
    for (place, square) in squares.enumerated() {
      let deviation = Double(set["conv.logDeviation"][place])
      // Four standard errors of a deviation from 4,000 draws.
      #expect(abs(0.5 * Foundation.log(square) - deviation) < 0.045, "\(place)")
    }
  }

  /// Local reparametrization: with σ the same for all weights of a dense layer, logits vary by σ² ‖h‖² around their mean.
  @Test func denseLayersAreReparametrizedLocally() throws {
    let fixture = try Fixture("factorised_posterior")
    let program = FactorisedPosterior(SmallNetwork(), priorVariance: 1).trainingProgram(batch: 6)
    let set = filled(program.parameters, fixture)
    func deviation(_ name: String, _ value: Float) {
      set[name] = Array(repeating: value, count: set[name].count)
    }
    program.bind("x", fixture.floats("x"))
    program.bind(labels: "labels", [0, 1, 2, 3, 0, 1])
    program.bind("klShare", 0)
    deviation("conv.logDeviation", -30)
    deviation("linear.logDeviation", -30)
    func logits(_ noise: UInt64) -> [Double] {
      program.run(set, mode: .training, noise: noise)
      return program.read("logits").map(Double.init)
    }
    let centre = logits(0)
    // What enters the dense layer, four numbers at a time: a weight of one picks one of them.
    let (weight, bias) = (set["linear.weight"], set["linear.bias"])
    let features = weight.count / 4
    var energy = [Double](repeating: 0, count: 6)
    set["linear.bias"] = [0, 0, 0, 0]
    for first in stride(from: 0, to: features, by: 4) {
      var picks = [Float](repeating: 0, count: weight.count)
      for output in 0..<4 where first + output < features {
        picks[output * features + first + output] = 1
      }
      set["linear.weight"] = picks
      for (place, value) in logits(0).enumerated() { energy[place / 4] += value * value }
    }
    (set["linear.weight"], set["linear.bias"]) = (weight, bias)
    #expect(energy.allSatisfy { $0 > 0.01 })

    let (sigma, draws) = (0.3, 4000)
    deviation("linear.logDeviation", Float(Foundation.log(sigma)))
    var (sums, squares) = ([Double](repeating: 0, count: 24), [Double](repeating: 0, count: 24))
    for draw in 1...draws {
      for (place, value) in logits(UInt64(draw)).enumerated() {
        sums[place] += value - centre[place]
        squares[place] += (value - centre[place]) * (value - centre[place])
      }
    }
    for place in 0..<24 {
      let expected = sigma * sigma * energy[place / 4]
      let count = Double(draws)
      // 4.5 standard errors of a mean and of a variance.
      #expect(abs(sums[place] / count) < 4.5 * (expected / count).squareRoot(), "\(place)")
      #expect(
        abs(squares[place] / count / expected - 1) < 4.5 * (2 / count).squareRoot(), "\(place)")
    }
  }

  @Test func averagesAreNumPys() throws {
    let fixture = try Fixture("weight_average")
    let layout = Program.parameters { trace in
      _ = trace.parameter("w", [5])
      _ = trace.parameter("kept", [2], role: .statistic)
    }
    let set = ParameterSet(layout)
    var average = WeightAverage(rank: Int(fixture.number("rank")))
    let iterates = fixture.floats("iterates")
    for index in 0..<7 {
      set["w"] = Array(iterates[index * 5..<(index + 1) * 5])
      average.add(set)
    }
    set["kept"] = [7, 8]
    average.fillMean(set)
    #expect(distance(set["w"], fixture.floats("mean")) < 1e-6)
    let mean = fixture.doubles("mean")
    let covariance = fixture.doubles("covariance")
    let draws = 20_000
    var products = [Double](repeating: 0, count: 25)
    for draw in 0..<draws {
      average.fillDraw(
        set, scale: fixture.number("scale"), stream: RandomStream(seed: UInt64(draw), "draws"))
      let change = zip(set["w"], mean).map { Double($0) - $1 }
      for i in 0..<5 { for j in 0..<5 { products[i * 5 + j] += change[i] * change[j] } }
    }
    #expect(set["kept"] == [7, 8])
    for i in 0..<5 {
      for j in 0..<5 {
        let size = (covariance[i * 6] * covariance[j * 6]).squareRoot()
        let found = products[i * 5 + j] / Double(draws)
        // Five standard errors of a covariance from 20,000 draws.
        #expect(abs(found - covariance[i * 5 + j]) < 0.05 * size, "\(i), \(j)")
      }
    }
  }
}
