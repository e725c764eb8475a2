import Compute
import Methods
import Networks
import Testing

/// Priors of kernels against PyTorch (`methods_kernel_prior.py`).
struct KernelPriorTests {
  /// Largest difference, as a share of the largest expected number.
  private func distance(_ found: [Float], _ expected: [Float]) -> Float {
    guard found.count == expected.count, !found.isEmpty else { return .infinity }
    return zip(found, expected).map { abs($0 - $1) }.max()! / expected.map { abs($0) }.max()!
  }

  private func vae(_ fixture: Fixture) -> KernelVAE {
    KernelVAE(
      size: Int(fixture.number("size")), hidden: Int(fixture.number("hidden")),
      latent: Int(fixture.number("latent")))
  }

  @Test(arguments: [(7, 56_004, 56_674), (5, 260_040, 304_194)])
  func bothHalvesHaveThePapersParameters(size: Int, encoder: Int, decoder: Int) {
    let layout = KernelVAE.paper(size: size).trainingProgram(batch: 1).parameters
    func count(_ half: String) -> Int {
      layout.entries.filter { $0.name.hasPrefix(half) }.reduce(0) { $0 + $1.count }
    }
    #expect(count("encoder.") == encoder)
    #expect(count("decoder.") == decoder)
  }

  /// By hand, of one channel and one code: positions of the smaller side of a layer times its weights.
  @Test func multiplyAddsAreCounted() {
    #expect(
      KernelVAE(size: 7, hidden: 1, latent: 1).multiplyAdds
        == 25 * 9 + 9 * 18 + 36 + 4 + 18 + 9 * 36 + 25 * 18 + 98)
    #expect(
      KernelVAE(size: 5, hidden: 1, latent: 1).multiplyAdds
        == 25 * 9 + 25 * 9 + 9 * 18 + 36 + 4 + 2 + 36 + 9 * 36 + 25 * 2 + 50)
  }

  @Test(arguments: [5, 7])
  func theAutoencoderIsPyTorchs(size: Int) throws {
    let fixture = try Fixture("kernel_vae_\(size)")
    let vae = vae(fixture)
    let program = vae.trainingProgram(batch: 5) { t, value in t.input("noise", value.shape) }
    let set = ParameterSet(program.parameters)
    for entry in set.layout.entries { set[entry.name] = fixture.floats(entry.name) }
    program.bind("x", fixture.floats("x"))
    program.bind("noise", fixture.floats("noise"))
    program.run(set, mode: .training, backward: true)
    for name in ["reconstruction", "kl"] {
      #expect(distance([Float(program.number(name))], fixture.floats(name)) < 1e-5, "\(name)")
    }
    for entry in set.layout.entries {
      #expect(
        distance(set.gradient(entry.name), fixture.floats("d\(entry.name)")) < 2e-5, "\(entry.name)"
      )
    }
    let coding = vae.encodingProgram(batch: 5)
    coding.bind("x", fixture.floats("x"))
    coding.run(set, mode: .evaluation)
    for name in ["mean", "variance"] {
      #expect(distance(coding.read(name), fixture.floats("code.\(name)")) < 1e-5, "\(name)")
    }
  }

  /// One convolution of 3 to 4 channels whose input is zero: the cross-entropy reaches no weight.
  private let network = Architecture(
    name: "one", input: [3, 5, 5], classes: 4,
    layers: [.convolution("conv", 4, 5, .init())])

  private func run(_ program: Program, _ set: ParameterSet) {
    program.bind("x", [Float](repeating: 0, count: 2 * 75))
    program.bind(labels: "labels", [0, 1])
    program.bind("klShare", 1)
    program.run(set, mode: .training, noise: 3, backward: true)
  }

  @Test(arguments: [true, false])
  func theBoundOfTheImplicitPriorIsPyTorchs(trainsEncoder: Bool) throws {
    let fixture = try Fixture("implicit_prior")
    let method = KernelInference(
      network, priors: ["conv": .implicit(vae(fixture), trainsEncoder: trainsEncoder)])
    let program = method.trainingProgram(batch: 2) { t, value, name in
      t.input(name, value.shape, like: value)
    }
    let set = ParameterSet(program.parameters)
    for entry in set.layout.entries where entry.name.hasPrefix("conv.prior.") {
      set[entry.name] = fixture.floats(String(entry.name.dropFirst("conv.prior.".count)))
    }
    set["conv.weight"] = fixture.floats("theta")
    set["conv.logVariance"] = fixture.floats("logVariance")
    program.bind("conv.kernel", fixture.floats("noise"))
    program.bind("conv.code", fixture.floats("code"))
    method.bindKernels(program, stream: RandomStream(seed: 1, "kernels"))
    run(program, set)
    #expect(
      distance([Float(program.number("divergence"))], fixture.floats("divergence")) < 1e-5)
    #expect(distance(set.gradient("conv.weight"), fixture.floats("dtheta")) < 2e-5)
    #expect(distance(set.gradient("conv.logVariance"), fixture.floats("dlogVariance")) < 2e-5)
    let trained = set.layout.entries.filter { $0.role == .trainable }.map(\.name)
    #expect(trained.contains { $0.hasPrefix("conv.prior.encoder.") } == trainsEncoder)
    #expect(!trained.contains { $0.hasPrefix("conv.prior.decoder.") })
    for name in trained where name.hasPrefix("conv.prior.") {
      let own = String(name.dropFirst("conv.prior.".count))
      #expect(distance(set.gradient(name), fixture.floats("d\(own)")) < 2e-5, "\(own)")
    }
  }

  /// Over four parts, each kernel in one of them, the mean of the estimates is the divergence of all kernels, and so are
  /// the gradients; the entropy is always that of all.
  @Test func aPartOfTheKernelsIsEnoughInExpectation() throws {
    let fixture = try Fixture("implicit_prior")
    let terms = fixture.doubles("terms")
    let logVariance = fixture.doubles("logVariance")
    func entropy(_ kernel: Int) -> Double {
      logVariance[kernel * 25..<(kernel + 1) * 25].reduce(0) { $0 + 0.5 * $1 + 1.418_938_533_2 }
    }
    let whole = (0..<12).reduce(0) { $0 + entropy($1) }
    var mean = [Float](repeating: 0, count: 300)
    var total = 0.0
    for first in 0..<4 {
      let method = KernelInference(
        network, priors: ["conv": .implicit(vae(fixture), trainsEncoder: false)], subset: 3)
      let program = method.trainingProgram(batch: 2) { t, value, name in
        t.input(name, value.shape, like: value)
      }
      let set = ParameterSet(program.parameters)
      for entry in set.layout.entries where entry.name.hasPrefix("conv.prior.") {
        set[entry.name] = fixture.floats(String(entry.name.dropFirst("conv.prior.".count)))
      }
      set["conv.weight"] = fixture.floats("theta")
      set["conv.logVariance"] = fixture.floats("logVariance")
      let part = [first + 8, first, first + 4]
      program.bind(indices: "conv.kernels", part.map(Int32.init))
      func rows(_ name: String, _ size: Int) -> [Float] {
        let all = fixture.floats(name)
        return part.flatMap { all[$0 * size..<($0 + 1) * size] }
      }
      program.bind("conv.kernel", rows("noise", 25))
      program.bind("conv.code", rows("code", 3))
      run(program, set)
      let expected = 4 * part.reduce(0) { $0 + terms[$1] + entropy($1) } - whole
      #expect(abs(program.number("divergence") - expected) < 1e-5 * abs(expected))
      total += program.number("divergence") / 4
      for (place, slope) in set.gradient("conv.weight").enumerated() { mean[place] += slope / 4 }
    }
    #expect(distance([Float(total)], fixture.floats("divergence")) < 1e-5)
    #expect(distance(mean, fixture.floats("dtheta")) < 2e-5)
  }

  /// Every kernel is as likely to be drawn as any other.
  @Test func partsAreDrawnEvenly() throws {
    let fixture = try Fixture("implicit_prior")
    let method = KernelInference(
      network, priors: ["conv": .implicit(vae(fixture), trainsEncoder: false)], subset: 3)
    let layer = method.convolutions[0]
    #expect(method.drawn(layer) == 3 && method.kernels(layer) == 12)
    var counts = [Int](repeating: 0, count: 12)
    for step in 0..<2000 {
      let drawn = method.kernelsOfStep(
        layer, stream: RandomStream(seed: 1, "steps").child(step))
      #expect(drawn.count == 3 && Set(drawn).count == 3)
      for kernel in drawn { counts[Int(kernel)] += 1 }
    }
    // 500 each, with a standard deviation of 19.
    #expect(counts.allSatisfy { abs($0 - 500) < 90 }, "\(counts)")
  }

  /// With inputs that are not zero, the objective under the additive log-uniform prior is that of sparse variational
  /// dropout: the same likelihood with the same noise, the same divergence.
  @Test func theLikelihoodIsThatOfSparseVariationalDropout() {
    let method = KernelInference(network, priors: ["conv": .logUniformAdditive])
    let other = SparseVariationalDropout(network, zeroesRemovedMeans: false)
    let programs = [method.trainingProgram(batch: 8), other.trainingProgram(batch: 8)]
    let set = method.start(programs[0], stream: RandomStream(seed: 1, "start"), logVariance: -2)
    var generator = RandomStream(seed: 1, "x").generator
    let x = (0..<8 * 75).map { _ in Float(generator.normal()) }
    let gradients = programs.map { program in
      program.bind("x", x)
      program.bind(labels: "labels", (0..<8).map { Int32($0 % 4) })
      program.bind("klShare", 0.01)
      program.run(set, mode: .training, noise: 7, backward: true)
      return set.gradient("conv.weight") + set.gradient("conv.logVariance")
    }
    #expect(programs[0].number("crossEntropy") > 0.5)
    #expect(
      abs(programs[0].number("crossEntropy") - programs[1].number("crossEntropy")) < 1e-5)
    #expect(abs(programs[0].lossNumber - programs[1].lossNumber) < 1e-5)
    #expect(distance(gradients[0], gradients[1]) < 1e-4)
  }

  /// Under the multiplicative posterior the variance is α μ²: samples say so.
  @Test func samplesOfTheSigmoidForm() {
    let method = KernelInference(network, priors: ["conv": .logUniform])
    let set = method.start(
      method.trainingProgram(batch: 2), stream: RandomStream(seed: 1, "start"))
    let plain = ParameterSet(network.predictionProgram(batch: 1).parameters)
    var total = 0.0
    for draw in 0..<20 {
      method.sample(set, into: plain, stream: RandomStream(seed: 1, "draws").child(draw))
      total += zip(plain["conv.weight"], set["conv.weight"]).reduce(0) {
        let share = Double($1.0 / $1.1 - 1)
        return $0 + share * share
      }
    }
    // sigmoid(-2), by 6,000 draws with a standard error of 1.8 %.
    #expect(abs(total / 6000 / 0.119_202_92 - 1) < 0.08)
  }

  @Test func kernelsOfASmallNormAreLeftOut() {
    var kernels = SourceKernels(size: 2)
    kernels.append([3, 0, 0, 4, 1, 0, 0, 0, 0, 0.5, 0.5, 0, 0, 0, 0, 1], minimumNorm: 1)
    #expect(kernels.count == 3)
    #expect(kernels.numbers == [3, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 1])
    let all = kernels.sample(10, stream: RandomStream(seed: 1, "s"))
    #expect(all.count == 3 && Set(all.numbers) == [0, 1, 3, 4])
    #expect(
      kernels.sample(2, stream: RandomStream(seed: 1, "s")).numbers == Array(all.numbers[..<8]))
  }

  @Test func theGaussianOfFullCovarianceIsPyTorchs() throws {
    let fixture = try Fixture("kernel_gaussian")
    let prior = try KernelGaussian(fitting: fixture.floats("samples"), size: 25)
    let network = Architecture(
      name: "two", input: [2, 5, 5], classes: 3,
      layers: [.convolution("conv", 3, 5, .init())])
    let method = KernelInference(network, priors: ["conv": .gaussian(prior)])
    let program = method.trainingProgram(batch: 2)
    let set = method.start(program, stream: RandomStream(seed: 1, "start"))
    set["conv.weight"] = fixture.floats("theta")
    set["conv.logVariance"] = fixture.floats("logVariance")
    method.bindKernels(program, stream: RandomStream(seed: 1, "kernels"))
    program.bind("x", [Float](repeating: 0, count: 100))
    program.bind(labels: "labels", [0, 1])
    program.bind("klShare", 1)
    program.run(set, mode: .training, noise: 3, backward: true)
    #expect(
      distance([Float(program.number("divergence"))], fixture.floats("divergence")) < 1e-4)
    #expect(distance(set.gradient("conv.weight"), fixture.floats("dtheta")) < 1e-4)
    #expect(distance(set.gradient("conv.logVariance"), fixture.floats("dlogVariance")) < 1e-4)
    let density = prior.logDensity(of: fixture.floats("theta"))
    #expect(distance([Float(density)], fixture.floats("logDensity")) < 1e-5)
  }

  @Test func theSigmoidFormOfTheLogUniformPriorIsPyTorchs() throws {
    let fixture = try Fixture("log_uniform_polynomial")
    let method = KernelInference(network, priors: ["conv": .logUniform])
    let program = method.trainingProgram(batch: 2)
    let set = method.start(program, stream: RandomStream(seed: 1, "start"))
    #expect(set["conv.logitAlpha"].allSatisfy { $0 == -2 })
    set["conv.logitAlpha"] = fixture.floats("a")
    run(program, set)
    #expect(
      distance([Float(program.number("divergence"))], fixture.floats("divergence")) < 1e-5)
    #expect(distance(set.gradient("conv.logitAlpha"), fixture.floats("da")) < 2e-5)
  }

  /// The closed forms, by hand: N(μ, σ²) against N(0, 1).
  @Test func theStandardNormalPriorIsTheClosedForm() {
    let method = KernelInference(network, priors: ["conv": .standardNormal])
    let program = method.trainingProgram(batch: 2)
    let set = method.start(program, stream: RandomStream(seed: 1, "start"), logVariance: -3)
    run(program, set)
    let expected = set["conv.weight"].reduce(0.0) {
      $0 + 0.5 * (0.049_787_068 + Double($1 * $1) + 3 - 1)
    }
    #expect(abs(program.number("divergence") - expected) < 1e-5 * expected)
  }

  @Test func samplesFollowThePosterior() {
    let method = KernelInference(network, priors: ["conv": .standardNormal])
    let program = method.trainingProgram(batch: 2)
    let set = method.start(program, stream: RandomStream(seed: 1, "start"), logVariance: -4)
    let plain = ParameterSet(network.predictionProgram(batch: 1).parameters)
    var squares = 0.0
    for draw in 0..<20 {
      method.sample(set, into: plain, stream: RandomStream(seed: 1, "draws").child(draw))
      squares += zip(plain["conv.weight"], set["conv.weight"]).reduce(0) {
        $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
      }
    }
    // 6,000 draws of variance e⁻⁴: a standard error of 1.8 %.
    #expect(abs(squares / 6000 / 0.018_315_639 - 1) < 0.08)
  }

  /// Where all pixels are one, a network gives the same at every position; a pass differs by noise of variance `x² ∗ σ²` at
  /// each of them. Without noise it is the network of the means.
  @Test func passesMeetNoiseOfTheirOwnAtEveryPosition() {
    let network = Architecture(
      name: "map", input: [1, 6, 5], classes: 4,
      layers: [.convolution("conv", 2, 5, ConvolutionGeometry())])
    let method = KernelInference(network, priors: ["conv": .standardNormal])
    let set = method.start(
      method.trainingProgram(batch: 2), stream: RandomStream(seed: 1, "start"), logVariance: -2)
    let (pass, plain) = (method.passProgram(batch: 2000), network.predictionProgram(batch: 2000))
    let found = [pass, plain].map { program in
      let own = ParameterSet(program.parameters)
      own.copyValues(from: set)
      program.bind("x", [Float](repeating: 1, count: 2000 * 30))
      program.run(own, mode: .evaluation)
      let means = program.read("logProbabilities")
      program.run(own, mode: .sampling, noise: 5)
      return (means: means, drawn: program.read("logProbabilities"))
    }
    #expect(zip(found[0].means, found[1].means).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(found[1].drawn == found[1].means)
    // Logits of one channel at two positions.
    let steps = stride(from: 0, to: 8000, by: 4).map {
      Double(found[0].drawn[$0] - found[0].drawn[$0 + 1])
    }
    #expect(found[0].means[0] == found[0].means[1])
    // 2 · 25 · e⁻², by 2,000 draws with a standard error of 3.2 %.
    let variance = steps.reduce(0) { $0 + $1 * $1 } / 2000
    #expect(abs(variance / 6.766_764 - 1) < 0.13, "\(variance)")
  }

  @Test func kernelsOfTheImplicitPriorStartAsItsSamples() throws {
    let fixture = try Fixture("implicit_prior")
    let vae = vae(fixture)
    let trained = ParameterSet(vae.trainingProgram(batch: 1).parameters)
    for entry in trained.layout.entries { trained[entry.name] = fixture.floats(entry.name) }
    let method = KernelInference(
      network, priors: ["conv": .implicit(vae, trainsEncoder: true)])
    let program = method.trainingProgram(batch: 2)
    let set = method.start(
      program, stream: RandomStream(seed: 2, "start"), priors: ["conv": (vae, trained)])
    #expect(set["conv.prior.decoder.up1.weight"] == trained["decoder.up1.weight"])
    #expect(
      set["conv.weight"]
        == vae.samples(
          12, from: trained,
          stream: RandomStream(seed: 2, "start").child("kernels").child("conv")))
    #expect(Set(set["conv.weight"]).count > 250)
  }
}
