import Compute
import Networks
import Testing

/// What ensembles of one training rest on: schedules, trainings that go on, statistics computed anew.
struct PictureTrainingTests {
  @Test func schedulesAtTheirCorners() {
    let half = Schedule.halfThenLinear(start: 0.1, end: 20)
    #expect([0, 5, 10].allSatisfy { half.value($0) == 0.1 })
    // A hundredth of the start at nine tenths, and no less after.
    #expect(abs(half.value(18) - 0.001) < 1e-12 && abs(half.value(20) - 0.001) < 1e-12)
    #expect(abs(half.value(14) - 0.0505) < 1e-12)
    let cosine = Schedule.cosineCycles(start: 0.2, cycle: 8)
    #expect(cosine.value(0) == 0.2 && cosine.value(8) == 0.2)
    #expect(abs(cosine.value(4) - 0.1) < 1e-12 && cosine.value(7.999) < 1e-6)
    let triangle = Schedule.later(
      .triangularCycles(high: 0.05, low: 0.0005, cycle: 4), by: 10)
    #expect(triangle.value(10) == 0.05 && abs(triangle.value(14) - 0.05) < 1e-12)
    #expect(abs(triangle.value(12) - 0.0005) < 1e-12)
    #expect(abs(triangle.value(11) - 0.02525) < 1e-12)
  }

  private static let network = ResNet(input: [3, 8, 8], widths: [4, 8], blocks: 1, classes: 3)

  private func trainer(_ optimiser: (ParameterLayout) -> any Optimiser) -> EpochTrainer {
    let program = Self.network.trainingProgram(batch: 8)
    let set = ParameterSet(program.parameters)
    Initialiser.heNormal.fill(set, stream: RandomStream(seed: 1, "init"))
    var generator = RandomStream(seed: 2, "pictures").generator
    let pictures = (0..<20 * 192).map { _ in Float(generator.normal()) }
    return EpochTrainer(
      program: program, parameters: set,
      data: TrainingRows(
        table: RowTable(floats: pictures, features: 192),
        labels: (0..<20).map { Int32($0 % 3) }, rows: (0..<20).map { Int32($0) }),
      batch: 8, stream: RandomStream(seed: 3, "training"), optimiser: optimiser(program.parameters)
    )
  }

  /// Two optimisers in one, stopped and gone on with from bytes, step by step rates included.
  @Test func aTrainingThatGoesOnHasTheSameBits() throws {
    func new() -> EpochTrainer {
      trainer {
        SGDWithAdam($0, momentum: 0.9, adamRate: 1e-3) { $0.contains("bn") }
      }
    }
    let schedule = Schedule.cosineCycles(start: 0.1, cycle: 3)
    let whole = new()
    for _ in 0..<4 { _ = try whole.runEpoch(schedule: schedule, decay: 1e-3) }
    let first = new()
    for _ in 0..<2 { _ = try first.runEpoch(schedule: schedule, decay: 1e-3) }
    let second = new()
    try second.restore(first.state())
    #expect(second.epoch == 2)
    for _ in 0..<2 { _ = try second.runEpoch(schedule: schedule, decay: 1e-3) }
    #expect(second.state() == whole.state())
    #expect(first.state() != whole.state())
  }

  /// Each parameter moves as it does under its own optimiser alone.
  @Test func twoOptimisersDoNotMix() throws {
    let both = trainer { SGDWithAdam($0, momentum: 0.9, adamRate: 1e-3) { $0.contains("bn") } }
    let descent = trainer { SGD($0, momentum: 0.9) }
    let adam = trainer { Adam($0) }
    let start = trainer { SGD($0, momentum: 0.9) }.parameters
    _ = try both.runEpoch(rate: 0.05, beforeStep: { step in #expect(step < 3) })
    let steps = { (trainer: EpochTrainer, rate: Double) in _ = try trainer.runEpoch(rate: rate) }
    try steps(descent, 0.05)
    try steps(adam, 1e-3)
    // After one step gradients part, so only the sizes of moves are compared.
    for name in ["conv1.weight", "bn1.weight"] {
      let moved = zip(both.parameters[name], start[name]).map { abs($0 - $1) }.max()!
      let alone = name.contains("bn") ? adam : descent
      let expected = zip(alone.parameters[name], start[name]).map { abs($0 - $1) }.max()!
      #expect(moved > 0.3 * expected && moved < 3 * expected, "\(name): \(moved), \(expected)")
    }
  }

  /// The first normalisation sees the first convolution's output: its statistics by hand, batch by batch.
  @Test func statisticsAreAveragesOverBatches() {
    let network = Self.network
    let program = network.trainingProgram(batch: 5)
    let set = ParameterSet(program.parameters)
    Initialiser.heNormal.fill(set, stream: RandomStream(seed: 4, "init"))
    var generator = RandomStream(seed: 5, "pictures").generator
    let pictures = (0..<13 * 192).map { _ in Float(generator.normal()) + 0.5 }
    set["bn1.running_mean"] = [9, 9, 9, 9]
    network.refreshStatistics(of: set, with: program, count: 13) { program, rows in
      program.bind("x", Array(pictures[rows.lowerBound * 192..<rows.upperBound * 192]))
      program.bind(labels: "labels", [0, 0, 0, 0, 0])
    }
    let convolution = Program(batch: 10) { t in
      t.tap(
        "y",
        Conv2d("conv1", 4, kernel: 3, padding: 1, hasBias: false)(
          t.input("x", [3, 8, 8]), in: t))
      return nil
    }
    let plain = ParameterSet(convolution.parameters)
    plain.copyValues(from: set)
    convolution.bind("x", Array(pictures[..<(10 * 192)]))
    convolution.run(plain, mode: .evaluation)
    let y = convolution.read("y")
    for channel in 0..<4 {
      var means = 0.0
      var variances = 0.0
      for batch in 0..<2 {
        let values = (0..<5).flatMap { n in
          (0..<64).map { Double(y[((batch * 5 + n) * 4 + channel) * 64 + $0]) }
        }
        let mean = values.reduce(0, +) / 320
        means += mean / 2
        // PyTorch keeps the unbiased variance.
        variances += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 319 / 2
      }
      #expect(abs(Double(set["bn1.running_mean"][channel]) - means) < 1e-4)
      #expect(abs(Double(set["bn1.running_var"][channel]) / variances - 1) < 1e-4)
    }
  }
}
