import Compute
import Foundation
import Networks
import Testing

/// 107 separable points of 9 features in 3 classes; batches of 20 leave a last one of 7.
private func points(seed: UInt64 = 5) -> LabelledRows {
  var generator = RandomStream(seed: seed, "points").generator
  let labels = (0..<107).map { _ in Int32.random(in: 0..<3, using: &generator) }
  let numbers = labels.flatMap { label in
    (0..<9).map { Float(generator.normal() * 0.5 + ($0 % 3 == Int(label) ? 1 : 0)) }
  }
  return LabelledRows(RowTable(floats: numbers, features: 9), labels)
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

private func trainer(isNoisy: Bool, threads: Int = 1, seed: UInt64 = 1) -> ClassifierTrainer {
  let program =
    isNoisy ? noisyProgram(threads: threads) : plain.trainingProgram(batch: 20, threads: threads)
  let set = ParameterSet(program.parameters)
  Initialiser.heNormal.fill(set, plain, stream: RandomStream(seed: seed, "init"))
  let schedule = Schedule.linearToZero(start: 0.01, hold: 1, end: 4)
  let trainer = ClassifierTrainer(
    program, parameters: set, data: points(), seed: seed, rate: { schedule.value($0.epochs) })
  if isNoisy {
    for layer in plain.weighted {
      set["\(layer.name).logVariance"] = Array(repeating: -4, count: layer.weights)
    }
    trainer.watched = ["crossEntropy", "divergence"]
    let warmUp = Schedule.warmUp(from: 0, to: 2)
    trainer.prepare = { program, progress in
      program.bind("klShare", warmUp.value(progress.epochs) / 107)
    }
  }
  return trainer
}

@Suite struct ClassifierTrainerTests {
  @Test(arguments: [false, true]) func resumedTrainingHasTheBitsOfAStraightOne(isNoisy: Bool) throws
  {
    let straight = trainer(isNoisy: isNoisy)
    var reports: [EpochReport] = []
    try straight.train(epochs: 3) { reports.append($0) }
    #expect(reports.map(\.epoch) == [1, 2, 3])

    let first = trainer(isNoisy: isNoisy)
    try first.train(epochs: 1)
    let bytes = first.state().encode()

    let second = trainer(isNoisy: isNoisy, seed: 1)
    // What a fresh process has before it resumes must not matter.
    second.parameters["fc1.weight"] = Array(repeating: 9, count: 117)
    second.resume(from: try TrainingState(decoding: bytes, second.parameters.layout))
    var resumed: [EpochReport] = []
    try second.train(epochs: 3) { resumed.append($0) }
    #expect(resumed == Array(reports[1...]))
    #expect(second.state() == straight.state())
    #expect(second.state().encode() == straight.state().encode())
  }

  @Test(arguments: [false, true]) func threadsDoNotMoveTheBits(isNoisy: Bool) throws {
    let one = trainer(isNoisy: isNoisy)
    let two = trainer(isNoisy: isNoisy, threads: 2)
    try one.train(epochs: 2)
    try two.train(epochs: 2)
    #expect(one.state() == two.state())
  }

  @Test func lossFallsAndTheNetworkLearns() throws {
    let training = trainer(isNoisy: false)
    var losses: [Double] = []
    let predictor = Predictor(plain.predictionProgram(batch: 50))
    let before = predictor.evaluate(training.parameters, points())
    training.rate = { _ in 0.01 }
    try training.train(epochs: 20) { losses.append($0.loss) }
    let after = predictor.evaluate(training.parameters, points())
    #expect(losses.last! < 0.5 * losses[0])
    #expect(before.errorRate > 0.3 && after.errorRate < 0.15)
    #expect(after.logLikelihood > before.logLikelihood)
  }

  @Test func reportsAreMeansOverExamples() throws {
    let training = trainer(isNoisy: true)
    training.rate = { _ in 0 }
    training.prepare = { program, _ in program.bind("klShare", 0.25) }
    let report = try training.trainEpoch()
    let expected = report.watched["crossEntropy"]! + 0.25 * report.watched["divergence"]!
    #expect(abs(report.loss - expected) < 1e-6 * expected)

    // Without noise and steps, the mean over unequal batches is that over all examples.
    let still = trainer(isNoisy: false)
    still.rate = { _ in 0 }
    let whole = Predictor(plain.predictionProgram(batch: 107))
    let loss = -whole.evaluate(still.parameters, points()).logLikelihood
    #expect(abs(try still.trainEpoch().loss - loss) < 1e-5)
  }

  @Test func seedsChangeOrderAndNoise() throws {
    let a = try trainer(isNoisy: true, seed: 1).trainEpoch()
    let b = try trainer(isNoisy: true, seed: 2).trainEpoch()
    #expect(a.loss != b.loss)
    // Two epochs at rest differ by their noise alone.
    let still = trainer(isNoisy: true)
    still.rate = { _ in 0 }
    let first = try still.trainEpoch()
    #expect(try still.trainEpoch().watched["crossEntropy"] != first.watched["crossEntropy"])
  }

  @Test func progressCountsStepsAndEpochs() throws {
    let training = trainer(isNoisy: false)
    var seen: [TrainingProgress] = []
    training.prepare = { seen.append($1) }
    try training.train(epochs: 2)
    #expect(training.stepsPerEpoch == 6)
    #expect(seen.count == 12)
    #expect(seen[0] == TrainingProgress(epoch: 0, step: 0, stepsPerEpoch: 6))
    #expect(seen[9] == TrainingProgress(epoch: 1, step: 3, stepsPerEpoch: 6))
    #expect(seen[9].epochs == 1.5)
  }

  @Test func divergenceIsAnError() throws {
    let training = trainer(isNoisy: false)
    try training.train(epochs: 1)
    training.parameters["fc2.bias"] = [.nan, 0, 0]
    #expect(throws: TrainingError.diverged(epoch: 1, step: 0)) { try training.train(epochs: 2) }
    #expect(training.epoch == 1)

    let late = trainer(isNoisy: false)
    late.rate = { $0.step == 5 ? .infinity : 0 }
    #expect(throws: TrainingError.parametersDiverged(epoch: 0)) { try late.train(epochs: 1) }
  }

  @Test func callbackErrorsEndTheTraining() throws {
    struct Interrupted: Error {}
    let training = trainer(isNoisy: false)
    #expect(throws: Interrupted.self) {
      try training.train(epochs: 5) { if $0.epoch == 2 { throw Interrupted() } }
    }
    #expect(training.epoch == 2)
  }

  @Test func predictionsDoNotDependOnTheBatch() throws {
    let set = trainer(isNoisy: false).parameters
    let all = Predictor(plain.predictionProgram(batch: 107)).logProbabilities(set, points().table)
    let parts = Predictor(plain.predictionProgram(batch: 10)).logProbabilities(set, points().table)
    #expect(all == parts)
    #expect(all.count == 321)
  }

  @Test func evaluationCountsErrors() {
    let evaluation = Evaluation(
      logProbabilities: [-1, -2, -3, -3, -2, -1, -2, -2, -2], labels: [0, 1, 0])
    #expect(evaluation.count == 3)
    #expect(evaluation.errors == 1)
    #expect(evaluation.errorRate == 1.0 / 3)
    #expect(abs(evaluation.logLikelihood + 5 / 3) < 1e-12)
  }
}
