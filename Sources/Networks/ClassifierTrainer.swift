import Compute

/// Where a training stands as a step begins.
public struct TrainingProgress: Sendable, Equatable {
  /// Finished epochs; 0 in the first.
  public var epoch: Int
  /// Finished steps of this epoch.
  public var step: Int
  /// Steps in an epoch.
  public var stepsPerEpoch: Int

  /// A place in a training.
  public init(epoch: Int, step: Int, stepsPerEpoch: Int) {
    self.epoch = epoch
    self.step = step
    self.stepsPerEpoch = stepsPerEpoch
  }

  /// Progress in epochs, fractions included.
  public var epochs: Double { Double(epoch) + Double(step) / Double(stepsPerEpoch) }
}

/// What an epoch of training gave.
public struct EpochReport: Sendable, Equatable {
  /// Finished epochs, this one included.
  public let epoch: Int
  /// Mean of the loss over the examples of the epoch, as the parameters moved.
  public let loss: Double
  /// The same mean of each tapped scalar that the trainer watches.
  public let watched: [String: Double]
}

/// Trains a program with inputs `x` and `labels` by Adam, epoch by epoch, in shuffled batches; the last batch of an
/// epoch may be smaller.
///
/// The order of epoch e is drawn from the stream `seed/data/e`, noise from `seed/noise/e` and the step: an epoch
/// needs nothing of the one before but parameters and moments, so a resumed training has the bits of a straight one.
/// A class because parameters, moments and the epoch move together and must have one owner.
public final class ClassifierTrainer {
  /// The training program.
  public let program: Program
  /// What is trained.
  public let parameters: ParameterSet
  /// Names of tapped scalars to average over each epoch.
  public var watched: [String] = []
  /// The learning rate of a step.
  public var rate: (TrainingProgress) -> Double
  /// Binds what else the program needs for a step, such as the weight of a term of the loss.
  public var prepare: (Program, TrainingProgress) -> Void = { _, _ in }
  /// Finished epochs.
  public private(set) var epoch = 0
  private let data: LabelledRows
  private let seed: UInt64
  private let optimiser: Adam

  /// A training at its start; batches fill the program's capacity.
  ///
  /// - Parameters:
  ///   - seed: of order and noise.
  ///   - rate: the learning rate of a step.
  public init(
    _ program: Program, parameters: ParameterSet, data: LabelledRows, seed: UInt64,
    optimiser: Adam? = nil, rate: @escaping (TrainingProgress) -> Double
  ) {
    precondition(data.count > 0, "no examples to train on")
    self.program = program
    self.parameters = parameters
    self.data = data
    self.seed = seed
    self.optimiser = optimiser ?? Adam(parameters.layout)
    self.rate = rate
  }

  /// Steps in an epoch.
  public var stepsPerEpoch: Int { (data.count + program.capacity - 1) / program.capacity }

  /// Goes on until `epochs` are finished, those before a resumption included.
  ///
  /// - Parameter each: called after every epoch; where it throws, training ends there.
  /// - Throws: `TrainingError` where loss or parameters are not finite, and what `each` throws.
  public func train(epochs: Int, each: (EpochReport) throws -> Void = { _ in }) throws {
    while epoch < epochs { try each(try trainEpoch()) }
  }

  /// One epoch.
  ///
  /// - Throws: `TrainingError` where loss or parameters are not finite.
  public func trainEpoch() throws(TrainingError) -> EpochReport {
    var generator = RandomStream(seed: seed, "data").child(epoch).generator
    let order = permutation(data.count, using: &generator)
    let noise = RandomStream(seed: seed, "noise").child(epoch).key
    var progress = TrainingProgress(epoch: epoch, step: 0, stepsPerEpoch: stepsPerEpoch)
    var loss = 0.0
    var sums = [Double](repeating: 0, count: watched.count)
    for start in stride(from: 0, to: data.count, by: program.capacity) {
      let rows = order[start..<min(start + program.capacity, data.count)]
      program.bind("x", data.table, rows: rows)
      program.bind(labels: "labels", data.labels, rows: rows)
      prepare(program, progress)
      program.run(
        parameters, mode: .training, examples: rows.count, noise: noise,
        index: UInt32(progress.step), backward: true)
      guard program.lossNumber.isFinite else {
        throw .diverged(epoch: epoch, step: progress.step)
      }
      loss += program.lossNumber * Double(rows.count)
      for (index, name) in watched.enumerated() {
        sums[index] += program.number(name) * Double(rows.count)
      }
      optimiser.update(parameters, rate: rate(progress), on: program)
      progress.step += 1
    }
    guard parameters.isFinite else { throw .parametersDiverged(epoch: epoch) }
    epoch += 1
    let count = Double(data.count)
    return EpochReport(
      epoch: epoch, loss: loss / count,
      watched: Dictionary(
        zip(watched, sums.map { $0 / count }), uniquingKeysWith: { first, _ in first }))
  }

  /// What a checkpoint needs, between epochs.
  public func state(metadata: [String: String] = [:]) -> TrainingState {
    TrainingState(
      epoch: epoch, parameters: parameters, optimiser: optimiser, metadata: metadata)
  }

  /// Goes back to, or on from, a state of the same layout.
  public func resume(from state: TrainingState) {
    state.restore(parameters, optimiser)
    epoch = state.epoch
  }
}
