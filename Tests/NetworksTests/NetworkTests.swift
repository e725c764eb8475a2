import Compute
import Files
import Foundation
import Networks
import Testing

@Suite struct NetworkTests {
  @Test func parameterCountsAreThoseOfThePapers() {
    let counts: [(Architecture, Int, Int)] = [
      (.leNet300, 266_610, 266_200), (.leNet5, 431_080, 430_500), (.leNet5BN, 431_640, 430_500),
      (.vggLike(width: 0.25), 939_770, 937_392), (.vggLike(), 14_987_210, 14_977_728),
      (.vggLike(width: 1.5), 33_708_970, 33_694_752), (.dwpConvNet, 115_658, 115_488),
      (.dwpCIFARNet, 5_759_498, 5_758_336), (.perceptron([784, 300, 10]), 238_510, 238_200),
      (.scaledLeNet5(width: 0.25), 27_027, 26_875), (.scaledLeNet5(width: 0.5), 109_295, 109_000),
      (.scaledLeNet5(width: 1.5), 965_365, 964_500),
    ]
    for (network, parameters, weights) in counts {
      #expect(network.parameterCount == parameters, "\(network.name)")
      #expect(network.weightCount == weights, "\(network.name)")
    }
    // What a program really reads is what was counted.
    for network in [Architecture.leNet5BN, .dwpConvNet, .vggLike(width: 0.25)] {
      let entries = network.trainingProgram(batch: 1).parameters.entries
      let trained = entries.filter { $0.role == .trainable }.reduce(0) { $0 + $1.count }
      #expect(trained == network.parameterCount, "\(network.name)")
    }
    func trained(_ program: Program) -> Int {
      program.parameters.entries.filter { $0.role == .trainable }.reduce(0) { $0 + $1.count }
    }
    #expect(trained(ResNet(shortcut: .projected).predictionProgram(batch: 1)) == 272_474)
    #expect(trained(ResNet.resNet20.predictionProgram(batch: 1)) == 269_722)
    #expect(trained(ConvVAE.mnist().trainingProgram(batch: 1)) == 951_189)
    // Layer by layer as in Benchmarks/peers/operations.py.
    let encoder = 11 * 11 * 64 * 49 + 7 * 7 * 128 * 64 * 25 + 2 * 6272 * 10
    let decoder = 10 * 128 + 128 * 128 * 25 + 5 * 5 * 128 * 64 * 25 + 13 * 13 * 64 * 25
    #expect(ConvVAE.mnist().multiplyAdds == encoder + decoder)
  }

  /// What is decoded are the probabilities that training compares pictures with.
  @Test func autoencoderDrawsWhatItWasTrainedToReconstruct() {
    let network = ConvVAE.mnist(latent: 3)
    // Without noise a picture's code is its mean.
    let training = network.trainingProgram(batch: 2) { trace, _ in trace.input("eps", [3]) }
    let set = ParameterSet(training.parameters)
    Initialiser.xavierNormal.fill(set, stream: RandomStream(seed: 1, "init"))
    var generator = RandomStream(seed: 1, "x").generator
    let codes = Program(batch: 2) { t in
      t.tap("mean", network.encode(t.input("x", [1, 28, 28]), in: t).mean)
      return nil
    }
    let coding = ParameterSet(codes.parameters)
    coding.copyValues(from: set)
    let drawing = network.decodingProgram(batch: 2)
    let drawn = ParameterSet(drawing.parameters)
    drawn.copyValues(from: set)
    let x = (0..<2 * 784).map { _ in Float(generator.uniform()) }
    training.bind("x", x)
    training.bind("eps", [Float](repeating: 0, count: 6))
    training.run(set, mode: .sampling)
    codes.bind("x", x)
    codes.run(coding, mode: .evaluation)
    drawing.bind("z", codes.read("mean"))
    drawing.run(drawn, mode: .evaluation)
    let expected = training.read("logits").map { 1 / (1 + exp(-$0)) }
    #expect(distance(drawing.read("pixels"), expected) < 1e-5)
  }

  @Test func membersOfFamiliesAreFoundByTheirNames() {
    for name in [
      "784-300-10", "9-12-3", "LeNet-300-100", "LeNet-5-Caffe", "LeNet-5-Caffe-k0.25",
      "VGG-like-1.0", "DWP-ConvNet", "DWP-ConvNet-256-128", "DWP-CIFARNet",
      "DWP-CIFARNet-64-128-128",
      "DWP-CIFARNet-64-128-128-c20", "VGG-like-0.25", "VGG-like-1.5-c20",
    ] {
      #expect(Architecture.named(name)?.name == name)
    }
    // Width 1 has the name it always had, so that its trials are shared.
    #expect(Architecture.scaledLeNet5(width: 1).name == "LeNet-5-Caffe")
    #expect(
      Architecture.scaledLeNet5(width: 0.5).weighted.map { $0.shape[0] } == [10, 25, 250, 10])
    for name in [
      "", "784", "784-", "784--10", "784-0-10", "0784-10", "LeNet-5-Caffe-k", "LeNet-5-Caffe-k1.0",
      "LeNet-5-Caffe-k0", "LeNet-5-Caffe-knan", "LeNet-5-Caffe-k1e9", "784-10-99999999999999999999",
      "VGG-like-", "VGG-like-1", "DWP-ConvNet-32-128", "DWP-ConvNet-32", "DWP-ConvNet-0-1",
      "DWP-ConvNet-1-1-c20", "DWP-CIFARNet-1-2", "DWP-CIFARNet-c10", "VGG-like-0.5-c10",
      "VGG-like-0.5-c", "VGG-like-0.5-c1",
      "VGG-like-0.5-c20-c20", "VGG-like-nan",
    ] {
      #expect(Architecture.named(name) == nil, "\(name)")
    }
  }

  /// What the body gives the head is what the whole network computes.
  @Test func aNetworkSplitsBeforeItsFirstDenseLayer() {
    let network = Architecture.dwpConvNet(filters: [3, 5])
    let (body, head) = network.splitAtHead()
    #expect(head.input == [45] && head.layers.count == 1 && body.layers.count == 6)
    let whole = network.predictionProgram(batch: 3)
    let set = ParameterSet(whole.parameters)
    Initialiser.heNormal.fill(set, stream: RandomStream(seed: 1, "init"))
    var generator = RandomStream(seed: 1, "x").generator
    let x = (0..<3 * 784).map { _ in Float(generator.uniform()) }
    whole.bind("x", x)
    whole.run(set, mode: .evaluation)
    let features = Program(batch: 3) { t in
      t.tap("features", body.forward(t.input("x", body.input)) { $0.apply($1, in: t) }.flattened)
      return nil
    }
    features.bind("x", x)
    features.run(set, mode: .evaluation)
    let prediction = head.predictionProgram(batch: 3)
    prediction.bind("x", features.read("features"))
    prediction.run(set, mode: .evaluation)
    #expect(prediction.read("logProbabilities") == whole.read("logProbabilities"))
  }

  /// Counted by hand: a position of a map costs the weights of its channel.
  @Test func multiplyAdds() {
    #expect(Architecture.leNet300.multiplyAdds == 266_200)
    #expect(
      Architecture.leNet5.multiplyAdds == 24 * 24 * 500 + 8 * 8 * 25_000 + 400_000 + 5000)
  }

  @Test func initialisersDrawEveryKindOfParameter() {
    let program = ResNet(input: [3, 8, 8], widths: [4, 8], blocks: 1).trainingProgram(batch: 1)
    let set = ParameterSet(program.parameters)
    Initialiser.heNormal.fill(set, stream: RandomStream(seed: 1, "init"))
    let weight = set["layer2.0.conv2.weight"]
    let variance = weight.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(weight.count)
    #expect(abs(variance * 72 / 2 - 1) < 0.2)
    #expect(set["bn1.weight"] == [1, 1, 1, 1] && set["bn1.running_var"] == [1, 1, 1, 1])
    #expect(set["bn1.bias"] == [0, 0, 0, 0] && set["linear.bias"].allSatisfy { $0 == 0 })
    #expect(set["layer2.0.conv2.weight"] != set["layer1.0.conv2.weight"])
  }

  /// What the oracle calls a parameter of the small residual network.
  private func oracleName(_ name: String) -> String {
    if name.hasPrefix("conv1.") { return "stem." + name.dropFirst(6) }
    if name.hasPrefix("bn1.") { return "stem.bn." + name.dropFirst(4) }
    return [
      ("layer1.0.", "block1."), ("layer2.0.", "block2."), ("shortcut.0.", "shortcut."),
      ("shortcut.1.", "shortcut.bn."), ("linear.", "head."),
    ].reduce(name) { $0.replacing($1.0, with: $1.1) }
  }

  @Test(arguments: ["residual-train", "residual-eval"])
  func residualNetworkIsThatOfPyTorch(name: String) throws {
    let fixture = try Fixture(name)
    let isTraining = name == "residual-train"
    let network = ResNet(input: [3, 8, 8], widths: [8, 8], blocks: 1, shortcut: .projected)
    // Gradients exist in training alone, so evaluation is compared forward.
    let program = network.trainingProgram(batch: 5)
    let set = ParameterSet(program.parameters)
    for entry in program.parameters.entries {
      set[entry.name] = try fixture.floats(oracleName(entry.name))
    }
    program.bind("x", try fixture.floats("x"))
    program.bind(labels: "labels", try fixture.labels())
    program.run(set, mode: isTraining ? .training : .evaluation, backward: isTraining)
    #expect(distance(program.lossNumber, try fixture.number("loss")) < 1e-5)
    #expect(distance(program.read("logits"), try fixture.floats("logits")) < 1e-5)
    guard isTraining else { return }
    for entry in program.parameters.entries {
      let oracle = oracleName(entry.name)
      if entry.role == .trainable {
        let expected = try fixture.floats("d\(oracle)")
        #expect(distance(set.gradient(entry.name), expected) < 2e-4, "\(entry.name)")
      } else {
        #expect(
          distance(set[entry.name], try fixture.floats("\(oracle)_after")) < 1e-5, "\(entry.name)")
      }
    }
  }

  @Test(arguments: [ResNet.Shortcut.padded, .projected])
  func foldedNetworkPredictsTheSame(shortcut: ResNet.Shortcut) {
    let network = ResNet(input: [3, 9, 9], widths: [4, 7], blocks: 2, shortcut: shortcut)
    let program = network.predictionProgram(batch: 3)
    let set = ParameterSet(program.parameters)
    Initialiser.heNormal.fill(set, stream: RandomStream(seed: 1, "init"))
    var generator = RandomStream(seed: 1, "statistics").generator
    for entry in set.layout.entries where entry.shape.count == 1 {
      set[entry.name] = (0..<entry.count).map { _ in Float(0.5 + generator.uniform()) }
    }
    let folded = network.folded.predictionProgram(batch: 3)
    let foldedSet = ParameterSet(folded.parameters)
    network.fold(set, into: foldedSet)
    let x = (0..<3 * 243).map { _ in Float(generator.normal()) }
    for (program, set) in [(program, set), (folded, foldedSet)] {
      program.bind("x", x)
      program.run(set, mode: .evaluation)
    }
    #expect(distance(folded.read("logits"), program.read("logits")) < 1e-5)
  }

  @Test func paddedShortcutTakesEverySecondPixelAndPadsBothSides() {
    let program = Program(batch: 2) { t in
      let x = t.input("x", [2, 3, 3])
      let picked = averagePool2d(x, kernel: 1, stride: 2)
      t.tap("y", padChannels(picked, before: 1, after: 1))
      return nil
    }
    program.bind("x", (0..<36).map(Float.init))
    program.run(ParameterSet(program.parameters), mode: .evaluation)
    let zeros: [Float] = [0, 0, 0, 0]
    #expect(
      program.read("y")
        == zeros + [0, 2, 6, 8, 9, 11, 15, 17] + zeros
        + zeros + [18, 20, 24, 26, 27, 29, 33, 35] + zeros)
  }

  @Test func paddedChannelsPassGradientsBack() {
    let program = Program(batch: 2) { t in
      let x = t.input("x", [3])
      let w = t.parameter("w", [2, 3])
      let y = padChannels(dense(x, w), before: 1, after: 2)
      return mean(softmaxCrossEntropy(y, t.labels("labels")))
    }
    let set = ParameterSet(program.parameters)
    set["w"] = [0.1, -0.2, 0.3, 0.4, 0.5, -0.6]
    func loss() -> Double {
      program.bind("x", [1, 2, -1, 0.5, -1, 2])
      program.bind(labels: "labels", [0, 2])
      program.run(set, mode: .training, backward: true)
      return program.lossNumber
    }
    _ = loss()
    let gradient = set.gradient("w")
    for i in 0..<6 {
      var ends: [Double] = []
      for step: Float in [0.01, -0.01] {
        let old = set["w"]
        set["w"][i] += step
        ends.append(loss())
        set["w"] = old
      }
      #expect(abs((ends[0] - ends[1]) / 0.02 - Double(gradient[i])) < 1e-4)
    }
  }

  @Test func autoencoderIsThatOfPyTorch() throws {
    let fixture = try Fixture("conv-vae")
    let network = ConvVAE(
      input: [1, 12, 12], latent: 3,
      encoder: [
        Conv2d("encoder1", 4, kernel: 4, stride: 2), Conv2d("encoder2", 6, kernel: 3),
      ],
      opening: Linear("decoder1", 6),
      decoder: [
        ConvTranspose2d("decoder2", 5, kernel: 3),
        ConvTranspose2d("decoder3", 4, kernel: 3, stride: 2),
        ConvTranspose2d("decoder4", 1, kernel: 3, stride: 2, padding: 2, outputPadding: 1),
      ])
    let program = network.trainingProgram(batch: 5) { trace, _ in trace.input("eps", [3]) }
    let set = ParameterSet(program.parameters)
    for entry in program.parameters.entries { set[entry.name] = try fixture.floats(entry.name) }
    program.bind("x", try fixture.floats("images"))
    program.bind("eps", try fixture.floats("eps"))
    program.run(set, mode: .training, backward: true)
    #expect(distance(program.lossNumber, try fixture.number("loss")) < 1e-5)
    #expect(distance(program.number("kl"), try fixture.number("kl")) < 1e-5)
    #expect(distance(program.number("likelihood"), try fixture.number("likelihood")) < 1e-5)
    #expect(distance(program.read("logits"), try fixture.floats("logits")) < 1e-5)
    for entry in program.parameters.entries {
      #expect(
        distance(set.gradient(entry.name), try fixture.floats("d\(entry.name)")) < 1e-4,
        "\(entry.name)")
    }
  }

  @Test(arguments: ["lstm-4steps-batch5", "lstm-4steps-batch33"])
  func unrolledLSTMIsThatOfPyTorch(name: String) throws {
    let fixture = try Fixture(name, in: "Compute")
    let inner = try #require(fixture.file["x"]).shape[1]
    let shape = try #require(fixture.file["h0"]).shape
    let (batch, hidden) = (shape[0], shape[1])
    let names = [("x", "y"), ("x2", "y2"), ("x3", "y3"), ("x4", "y4")]
    let cell = LSTMCell("cell.", hidden: hidden)
    // Every output is weighted by the gradient that the oracle starts from.
    let program = Program(batch: batch) { t in
      var state: LSTMCell.State = (t.input("h0", [hidden]), t.input("c0", [hidden]))
      var loss: Value?
      func add(_ name: String, _ value: Value) {
        t.tap(name, value)
        let term = mean(sumFeatures(value * t.input("d\(name)", [hidden])))
        loss = loss.map { $0 + term } ?? term
      }
      for (x, y) in names {
        state = cell(t.input(x, [inner]), state, in: t)
        add(y, state.hidden)
      }
      add("c4", state.cell)
      return loss
    }
    let set = ParameterSet(program.parameters)
    let oracle = [
      "cell.weight_ih": "w_ih", "cell.weight_hh": "w_hh", "cell.bias_ih": "b_ih",
      "cell.bias_hh": "b_hh",
    ]
    #expect(set.layout.entries.count == 4)
    for (ours, theirs) in oracle { set[ours] = try fixture.floats(theirs) }
    let bound = names.flatMap { [$0, "d\($1)"] } + ["h0", "c0", "dc4"]
    for name in bound {
      program.bind(name, try fixture.floats(name))
    }
    program.run(set, mode: .training, backward: true)
    for name in names.map(\.1) + ["c4"] {
      #expect(distance(program.read(name), try fixture.floats(name)) < 1e-5, "\(name)")
    }
    for (ours, theirs) in oracle {
      let expected = try fixture.floats("d\(theirs)")
      #expect(
        distance(set.gradient(ours).map { $0 * Float(batch) }, expected) < 1e-4, "\(ours)")
    }
  }

  @Test func languageModelStartsFromAZeroStateAndLearns() {
    let model = LSTMLanguageModel(inputs: 4, hidden: 12, symbols: 4, steps: 5)
    let program = model.trainingProgram(batch: 8)
    let set = ParameterSet(program.parameters)
    #expect(
      Set(set.layout.entries.map(\.name)) == [
        "lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0", "lstm.bias_hh_l0",
        "head.weight", "head.bias",
      ])
    Initialiser.xavierNormal.fill(set, stream: RandomStream(seed: 1, "init"))
    let adam = Adam(program.parameters)
    // The next symbol is the one before the last: nothing but memory tells it.
    var losses: [Double] = []
    for step in 0..<300 {
      var generator = RandomStream(seed: 1, "sequences").child(step).generator
      let symbols = (0..<8).map { _ in (0..<5).map { _ in Int.random(in: 0..<4, using: &generator) }
      }
      program.bind("x", symbols.flatMap { $0.flatMap { s in (0..<4).map { $0 == s ? 1 : 0 } } })
      for t in 0..<5 {
        program.bind(labels: "labels\(t)", symbols.map { Int32($0[max(t - 1, 0)]) })
      }
      program.run(set, mode: .training, backward: true)
      adam.update(set, rate: 0.02, on: program)
      losses.append(program.lossNumber)
    }
    #expect(abs(losses[0] - log(4.0)) < 0.3)
    #expect(losses.last! < 0.2)
  }
}
