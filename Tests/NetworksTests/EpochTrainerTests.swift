import Compute
import Foundation
import Networks
import Testing

/// 107 separable points of 9 features in 3 classes; batches of 20 leave a last one of 7.
private func points() -> TrainingRows {
  TrainingRows(
    table: RowTable(floats: pointNumbers(107), features: 9), labels: (0..<107).map(label),
    rows: (0..<107).map(Int32.init))
}
private func label(_ n: Int) -> Int32 { Int32(n * n % 7 % 3) }
private func pointNumbers(_ count: Int) -> [Float] {
  var generator = RandomStream(seed: 5, "points").generator
  return (0..<count).flatMap { n in
    (0..<9).map { Float(generator.normal() * 0.5 + ($0 % 3 == Int(label(n)) ? 1 : 0)) }
  }
}

private let plain = Architecture(
  name: "small", input: [9], classes: 3, layers: [.dense("fc1", 13), .relu, .dense("fc2", 3)])

/// Gaussian weights with noise drawn per example and a weighted divergence, as sparse variational dropout has them.
private func noisyProgram(threads: Int) -> Program {
  Program(batch: 20, threads: threads) { t in
    var divergence: Value?
    let logits = plain.forward(t.input("x", [9])) { layer, x in
      let weight = t.parameter("\(layer.name).weight", layer.shape)
      let logVariance = t.parameter("\(layer.name).logVariance", layer.shape)
      let term = logUniformDivergence(weight, logVariance: logVariance)
      divergence = divergence.map { $0 + term } ?? term
      return sampleGaussian(
        mean: layer.apply(
          x, weight: keptMean(weight, logVariance: logVariance, threshold: 3),
          bias: t.parameter("\(layer.name).bias", [layer.shape[0]])),
        variance: layer.apply(square(x), weight: exp(logVariance), bias: nil))
    }
    let crossEntropy = mean(softmaxCrossEntropy(logits, t.labels("labels")))
    t.tap("crossEntropy", crossEntropy)
    t.tap("divergence", divergence!)
    return crossEntropy + scaled(divergence!, by: t.scalar("klShare"))
  }
}

private func trainer(
  isNoisy: Bool, threads: Int = 1, seed: UInt64 = 1, stepsPerEpoch: Int? = nil
) -> EpochTrainer {
  let program =
    isNoisy ? noisyProgram(threads: threads) : plain.trainingProgram(batch: 20, threads: threads)
  let set = ParameterSet(program.parameters)
  let stream = RandomStream(seed: seed, "train")
  Initialiser.heNormal.fill(set, plain, stream: stream.child("init"))
  if isNoisy {
    for layer in plain.weighted {
      set["\(layer.name).logVariance"] = Array(repeating: -4, count: layer.weights)
    }
  }
  return EpochTrainer(
    program: program, parameters: set, data: points(), batch: 20, stepsPerEpoch: stepsPerEpoch,
    stream: stream)
}

/// Epochs with settings that change from one to the next; returns their losses.
private func train(_ trainer: EpochTrainer, until end: Int) throws -> [Double] {
  var losses: [Double] = []
  let rate = Schedule.linearToZero(start: 0.01, hold: 1, end: 4)
  while trainer.epoch < end {
    let epoch = Double(trainer.epoch)
    if trainer.parameters.layout.contains("fc1.logVariance") {
      trainer.program.bind("klShare", Schedule.warmUp(from: 0, to: 2).value(epoch) / 107)
    }
    losses.append(
      try trainer.runEpoch(rate: rate.value(epoch)) { $0.hasSuffix("logVariance") ? 10 : 1 })
  }
  return losses
}

@Suite struct EpochTrainerTests {
  @Test(arguments: [false, true])
  func resumedTrainingHasTheBitsOfAStraightOne(isNoisy: Bool) throws {
    let straight = trainer(isNoisy: isNoisy)
    let losses = try train(straight, until: 3)

    let first = trainer(isNoisy: isNoisy)
    #expect(try train(first, until: 1) == [losses[0]])
    let bytes = first.state()

    let second = trainer(isNoisy: isNoisy)
    // What a fresh process holds before it resumes must not matter.
    second.parameters["fc1.weight"] = Array(repeating: 9, count: 117)
    try second.restore(bytes)
    #expect(second.epoch == 1)
    #expect(try train(second, until: 3) == Array(losses[1...]))
    #expect(second.parameters.safetensors() == straight.parameters.safetensors())
    #expect(second.state() == straight.state())
  }

  /// Two passes of six steps are three stretches of four, also when the middle of a pass is where it is resumed.
  @Test func passesGoOnAcrossEpochs() throws {
    let passes = trainer(isNoisy: false)
    for _ in 0..<2 { _ = try passes.runEpoch(rate: 0.01) }
    let stretches = trainer(isNoisy: false, stepsPerEpoch: 4)
    var seen: [Int] = []
    _ = try stretches.runEpoch(rate: 0.01, beforeStep: { seen.append($0) })
    let resumed = trainer(isNoisy: false, stepsPerEpoch: 4)
    try resumed.restore(stretches.state())
    for trainer in [stretches, resumed] {
      for _ in 0..<2 {
        _ = try trainer.runEpoch(rate: 0.01, beforeStep: { seen.append($0) })
      }
      #expect(trainer.parameters.safetensors() == passes.parameters.safetensors())
    }
    #expect(seen == Array(0..<12) + Array(4..<12))
  }

  @Test(arguments: [false, true]) func threadsDoNotMoveTheBits(isNoisy: Bool) throws {
    let one = trainer(isNoisy: isNoisy)
    let two = trainer(isNoisy: isNoisy, threads: 2)
    #expect(try train(one, until: 2) == train(two, until: 2))
    #expect(one.state() == two.state())
  }

  @Test func stateOfAnotherTrainingChangesNothing() throws {
    let dense = trainer(isNoisy: false)
    let before = dense.state()
    let foreign = trainer(isNoisy: true).state()
    #expect(throws: (any Error).self) { try dense.restore(foreign) }
    #expect(throws: (any Error).self) { try dense.restore(Array(before.dropLast(9))) }
    #expect(dense.state() == before)
  }

  @Test func lossFallsAndTheNetworkLearns() throws {
    let training = trainer(isNoisy: false)
    func errors() -> Int {
      let program = plain.predictionProgram(batch: 107)
      program.bind("x", points().table, rows: points().rows[...])
      program.run(training.parameters, mode: .evaluation)
      let log = program.read("logProbabilities")
      return points().labels.enumerated().count { n, label in
        (0..<3).contains { log[n * 3 + $0] > log[n * 3 + Int(label)] }
      }
    }
    let before = errors()
    var losses: [Double] = []
    for _ in 0..<20 { losses.append(try training.runEpoch(rate: 0.01)) }
    #expect(losses.last! < 0.5 * losses[0])
    #expect(before > 30 && errors() < 10)
  }

  @Test func seedsChangeOrderAndNoise() throws {
    let a = trainer(isNoisy: true, seed: 1)
    let b = trainer(isNoisy: true, seed: 2)
    b.parameters.copyValues(from: a.parameters)
    // At rest the mean over whole epochs differs by noise and partial batches alone.
    let first = try a.runEpoch(rate: 0)
    #expect(try b.runEpoch(rate: 0) != first)
    #expect(try a.runEpoch(rate: 0) != first)
    #expect(try trainer(isNoisy: true, seed: 1).runEpoch(rate: 0) == first)
  }

  @Test func onlyTheGivenRowsTakePart() throws {
    let all = points()
    // Labels of rows left out are none of the network's classes' business: they are never read.
    let rows = (0..<40).map(Int32.init)
    let some = TrainingRows(table: all.table, labels: all.labels, rows: rows)
    let cut = TrainingRows(
      table: RowTable(floats: pointNumbers(rows.count), features: 9),
      labels: Array(all.labels[0..<40]), rows: rows)
    let losses = try [some, cut].map { data in
      let base = trainer(isNoisy: false)
      return try EpochTrainer(
        program: base.program, parameters: base.parameters, data: data, batch: 20,
        stream: RandomStream(seed: 3, "train")
      ).runEpoch(rate: 0.01)
    }
    #expect(losses[0] == losses[1])
  }

  @Test func divergenceIsAnError() throws {
    let training = trainer(isNoisy: false)
    _ = try training.runEpoch(rate: 0.01)
    training.parameters["fc2.bias"] = [.nan, 0, 0]
    let error = #expect(throws: TrainingError.self) { try training.runEpoch(rate: 0.01) }
    guard case .diverged(epoch: 1, step: 0, _)? = error else {
      Issue.record("found \(String(describing: error))")
      return
    }
    #expect(training.epoch == 1)
    // An infinite step is found at the latest when the epoch ends.
    #expect(throws: TrainingError.self) { try trainer(isNoisy: false).runEpoch(rate: .infinity) }
  }
}
