import Compute
import Files
import Foundation
import Methods
import Networks
import Testing

/// The compressions that start from a dense network, against NumPy and PyTorch and against what must hold of them.
struct CompressionTests {
  private let network = Architecture(
    name: "small", input: [1, 8, 8], classes: 3,
    layers: [
      .convolution("conv", 4, 3, .init()), .relu, .maxPool(2), .dense("fc1", 12), .relu,
      .dense("fc2", 3),
    ])

  /// Two layers of the shapes that the fixtures have.
  private let twoLayers = Architecture(
    name: "two", input: [19], classes: 3, layers: [.dense("a", 7), .relu, .dense("b", 3)])

  private func dense(_ network: Architecture) -> ParameterSet {
    let set = ParameterSet(network.predictionProgram(batch: 16).parameters)
    Initialiser.heNormal.fill(set, stream: RandomStream(seed: 3, "dense"))
    for layer in network.weighted {
      set["\(layer.name).bias"] = (0..<layer.shape[0]).map { 0.1 * Float($0 % 3) - 0.05 }
    }
    return set
  }

  private let rows: TrainingRows = {
    var generator = RandomStream(seed: 1, "x").generator
    let x = (0..<60 * 64).map { _ in Float(generator.normal()) }
    return TrainingRows(
      table: RowTable(floats: x, features: 64),
      labels: (0..<60).map { x[$0 * 64] > 0.4 ? 2 : x[$0 * 64] > -0.4 ? 1 : 0 },
      rows: (0..<60).map(Int32.init))
  }()

  private func logProbabilities(_ set: ParameterSet) -> [Float] {
    let program = network.predictionProgram(batch: 60)
    program.bind("x", rows.table, rows: rows.rows[...])
    program.run(set, mode: .evaluation)
    return program.read("logProbabilities")
  }

  /// Exported and read again, the pruned network gives the same bits, and keeps as many weights as are not zero.
  private func expectExportScoresTheSame(_ pruned: ParameterSet) throws {
    let bytes = SparseNetwork(pruned, network).file().encoded()
    let loaded = try SparseNetwork(SafetensorsFile.parse(Array(bytes)), network, path: "pruned")
    let again = dense(network)
    loaded.expand(into: again)
    #expect(logProbabilities(again) == logProbabilities(pruned))
    let left = network.weighted.reduce(0) { total, layer in
      total + pruned["\(layer.name).weight"].filter { $0 != 0 }.count
    }
    #expect(loaded.keptWeights == left && left < network.weightCount && left > 0)

    // From the sparse weights alone: the same sums in another order.
    let program = loaded.predictionProgram(network, batch: 60)
    program.bind("x", rows.table, rows: rows.rows[...])
    let rest = ParameterSet(program.parameters)
    loaded.expand(into: rest)
    #expect(rest.layout.entries.allSatisfy { $0.name.hasSuffix(".bias") })
    program.run(rest, mode: .evaluation)
    let found = program.read("logProbabilities")
    #expect(zip(found, logProbabilities(pruned)).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  // MARK: Magnitude pruning

  @Test func pruningFollowsNumPyRoundByRound() throws {
    let fixture = try Fixture("pruning")
    let one = Architecture(name: "one", input: [23], classes: 11, layers: [.dense("fc", 11)])
    let method = MagnitudePruning(one, factors: [fixture.number("factor")])
    let set = method.start(method.trainingProgram(batch: 1), from: dense(one))
    let rounds = Int(fixture.number("rounds"))
    for round in 1...rounds {
      set["fc.weight"] = fixture.floats("weights\(round)")
      let threshold = MagnitudePruning.threshold(
        zip(fixture.floats("weights\(round)"), set["fc.weight.mask"]).map { $0 * $1 },
        factor: fixture.number("factor") * Double(round) / Double(rounds))
      // One rounding to single precision.
      #expect(abs(threshold / fixture.floats("threshold\(round)")[0] - 1) < 2e-7)
      method.prune(set, share: Double(round) / Double(rounds))
      #expect(set["fc.weight.mask"] == fixture.floats("mask\(round)"), "round \(round)")
    }
  }

  @Test func whatIsPrunedStaysZeroThroughRetraining() throws {
    let method = MagnitudePruning(network, factors: [0.5, 1, 0.8])
    let program = method.trainingProgram(batch: 16)
    let set = method.start(program, from: dense(network))
    let trainer = EpochTrainer(
      program: program, parameters: set, data: rows, batch: 16,
      stream: RandomStream(seed: 1, "retraining"))
    _ = try trainer.runEpoch(rate: 1e-2)
    var removed: [String: [Bool]] = [:]
    for round in 1...3 {
      method.prune(set, share: Double(round) / 3)
      let plain = dense(network)
      for layer in network.weighted {
        let name = "\(layer.name).weight"
        let mask = set[MaskedNetwork.mask(name)]
        let before = removed[name] ?? mask.map { _ in false }
        #expect(zip(before, mask).allSatisfy { !$0 || $1 == 0 }, "\(name) came back")
        removed[name] = mask.map { $0 == 0 }
      }
      _ = try trainer.runEpoch(rate: 1e-2, decay: 1e-3)
      method.pruned(set, into: plain)
      for layer in network.weighted {
        let name = "\(layer.name).weight"
        #expect(zip(plain[name], removed[name]!).allSatisfy { ($0 == 0) == $1 }, "\(name)")
      }
      try expectExportScoresTheSame(plain)
    }
  }

  // MARK: Dynamic network surgery

  @Test func surgeryFollowsNumPyUpdateByUpdate() throws {
    let fixture = try Fixture("surgery")
    let one = Architecture(name: "one", input: [23], classes: 11, layers: [.dense("fc", 11)])
    let method = DynamicNetworkSurgery(
      one, factors: [fixture.number("factor")], gamma: 1e-4, power: 1)
    let start = dense(one)
    start["fc.weight"] = fixture.floats("weight1")
    start["fc.bias"] = fixture.floats("bias1")
    let thresholds = method.thresholds(start)
    // One rounding to single precision.
    #expect(abs(thresholds[0] / fixture.floats("threshold")[0] - 1) < 2e-7)
    let set = method.start(method.trainingProgram(batch: 1), from: start)
    let surgeon = method.surgeon(thresholds: thresholds)
    for update in 1...3 {
      for name in ["weight", "bias"] {
        set["fc.\(name)"] = fixture.floats("\(name)\(update)")
      }
      surgeon.operate(on: set)
      for name in ["weight", "bias"] {
        #expect(set["fc.\(name).mask"] == fixture.floats("\(name).mask\(update)"), "\(update)")
      }
    }
  }

  @Test func masksChangeOutsideTheBandOnly() {
    let method = DynamicNetworkSurgery(network, factors: [1, 1, 1], gamma: 1, power: 1)
    let set = method.start(method.trainingProgram(batch: 1), from: dense(network))
    let surgeon = method.surgeon(thresholds: [1, 1, 1])
    func masks(_ size: Float, _ before: Float) -> Set<Float> {
      for name in ["fc2.weight", "fc2.bias"] {
        set[name] = set[name].indices.map { $0 % 2 == 0 ? size : -size }
        set[MaskedNetwork.mask(name)] = set[name].map { _ in before }
      }
      surgeon.operate(on: set)
      return Set(set["fc2.weight.mask"] + set["fc2.bias.mask"])
    }
    for before: Float in [0, 1] {
      #expect(masks(0.8, before) == [0])
      #expect(masks(0.9, before) == [0], "the lower end belongs to what is cut off")
      #expect(masks(1, before) == [before])
      #expect(masks(1.1, before) == [before], "the upper end belongs to the band")
      #expect(masks(1.2, before) == [1])
    }
  }

  @Test func removedWeightsMoveAndMayComeBack() throws {
    let method = DynamicNetworkSurgery(network, factors: [0.3, 0.3, 0.3], gamma: 1e-3, power: 1)
    let program = method.trainingProgram(batch: 60)
    let start = dense(network)
    let set = method.start(program, from: start)
    let surgeon = method.surgeon(thresholds: method.thresholds(start))
    let trainer = EpochTrainer(
      program: program, parameters: set, data: rows, batch: 16,
      stream: RandomStream(seed: 1, "surgery"), optimiser: SGD(program.parameters))
    var returned = 0
    var masks: [[Float]] = []
    for _ in 0..<20 {
      let before = masks
      _ = try trainer.runEpoch(rate: 0.05, beforeStep: { _ in surgeon.operate(on: set) })
      masks = network.weighted.map { set["\($0.name).weight.mask"] }
      for (old, new) in zip(before, masks) {
        returned += zip(old, new).filter { $0 == 0 && $1 == 1 }.count
      }
    }
    #expect(returned > 0)
    let moved = zip(set["fc1.weight"], start["fc1.weight"]).enumerated().filter { index, pair in
      masks[1][index] == 0 && pair.0 != pair.1
    }
    #expect(!moved.isEmpty)
    // The program computes with what the export holds.
    let plain = dense(network)
    method.pruned(set, into: plain)
    try expectExportScoresTheSame(plain)
    program.bind("x", rows.table, rows: rows.rows[...])
    program.bind(labels: "labels", rows.labels, rows: rows.rows[...])
    program.run(set, mode: .evaluation)
    let log = logProbabilities(plain)
    let expected =
      -rows.labels.enumerated().reduce(0.0) { $0 + Double(log[$1.0 * 3 + Int($1.1)]) } / 60
    #expect(abs(program.lossNumber - expected) < 1e-5)
  }

  // MARK: Soft weight sharing

  @Test func thePriorAndItsGradientAreThoseOfPyTorch() throws {
    let fixture = try Fixture("sharing")
    let method = SoftWeightSharing(
      twoLayers, components: Int(fixture.number("components")),
      zeroShare: fixture.number("zeroShare"))
    let program = method.trainingProgram(batch: 1)
    let set = method.start(program, from: dense(twoLayers))
    let names = [
      "a.weight": "a.weight", "b.weight": "b.weight",
      SoftWeightSharing.Parameter.zeroLogPrecision: "zeroLogPrecision",
      SoftWeightSharing.Parameter.means: "means",
      SoftWeightSharing.Parameter.logPrecisions: "logPrecisions",
      SoftWeightSharing.Parameter.logits: "logits",
    ]
    for (name, tensor) in names { set[name] = fixture.floats(tensor) }
    program.bind("x", [Float](repeating: 0, count: 19))
    program.bind(labels: "labels", [0])
    func gradients(_ share: Double) -> [String: [Float]] {
      program.bind("priorShare", share)
      program.run(set, mode: .training, backward: true)
      return names.keys.reduce(into: [:]) { $0[$1] = set.gradient($1) }
    }
    // With and without the prior: what remains of the cross-entropy's own gradient goes.
    let (all, none) = (gradients(1), gradients(0))
    let loss = fixture.doubles("loss")[0]
    #expect(abs(program.number("prior") - loss) < 1e-6 * abs(loss))
    for (name, tensor) in names {
      let expected = fixture.floats("d\(tensor)")
      let largest = expected.map { abs($0) }.max()!
      for (index, (found, rest)) in zip(all[name]!, none[name]!).enumerated() {
        // Sums of some 150 terms of single precision.
        #expect(abs(found - rest - expected[index]) < 5e-6 * largest, "\(name) \(index)")
      }
    }
  }

  @Test func clustersMergeAndQuantiseAsNumPyDoes() throws {
    let fixture = try Fixture("clusters")
    let clusters = WeightClusters(
      means: fixture.doubles("means"), logPrecisions: fixture.doubles("logPrecisions"),
      shares: fixture.doubles("shares"))
    let merged = clusters.merged(below: fixture.number("bound"))
    for (found, name) in [
      (merged.means, "means"), (merged.logPrecisions, "logPrecisions"), (merged.shares, "shares"),
    ] {
      let expected = fixture.doubles("merged.\(name)")
      #expect(found.count == expected.count)
      // Fixtures hold single precision.
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(name)")
    }
    #expect(merged.quantised(fixture.floats("weights")) == fixture.floats("quantised"))
    // Nothing coincides to the last ten digits: nothing merges.
    #expect(clusters.merged() == clusters)
  }

  @Test func theSharedNetworkHasFewDistinctWeights() throws {
    let method = SoftWeightSharing(network, components: 5, zeroShare: 0.9)
    let program = method.trainingProgram(batch: 16)
    let set = method.start(program, from: dense(network))
    program.bind("priorShare", 1e-3)
    let trainer = EpochTrainer(
      program: program, parameters: set, data: rows, batch: 16,
      stream: RandomStream(seed: 1, "sharing"))
    for _ in 0..<5 { _ = try trainer.runEpoch(rate: 5e-3) }
    let plain = dense(network)
    method.pruned(set, into: plain)
    let values = Set(network.weighted.flatMap { plain["\($0.name).weight"] })
    #expect(values.count <= 5)
    #expect(values.contains(0))
    try expectExportScoresTheSame(plain)
  }
}
