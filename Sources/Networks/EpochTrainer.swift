import Compute
import Files
import Foundation

/// Labelled examples to train on: rows of a table, by index.
public struct TrainingRows: Sendable {
  /// Features of all records.
  public let table: RowTable
  /// Labels of all records.
  public let labels: [Int32]
  /// The records that take part.
  public let rows: [Int32]

  /// Some records of a table.
  public init(table: RowTable, labels: [Int32], rows: [Int32]) {
    precondition(table.rows == labels.count, "\(table.rows) records, \(labels.count) labels")
    self.table = table
    self.labels = labels
    self.rows = rows
  }
}

/// Training went wrong.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// The loss or a parameter is no longer finite.
  case diverged(epoch: Int, step: Int, loss: Double)
  /// A saved state does not belong to this training.
  case foreignState(String)

  /// One line.
  public var description: String {
    switch self {
    case .diverged(let epoch, let step, let loss):
      "training diverged: epoch \(epoch), step \(step): loss expected finite, found \(loss)"
    case .foreignState(let why): "saved training state: \(why)"
    }
  }
}

/// Trains a program epoch by epoch, so that it may stop after any epoch and go on to the same bits.
///
/// Order of the data and noise come from streams named by the epoch, never from what was drawn before.
/// A class because parameters and moments move in place.
public final class EpochTrainer {
  /// The training program, with inputs `x` and, where it is supervised, `labels`.
  public let program: Program
  /// What is trained.
  public let parameters: ParameterSet
  /// Examples of a step.
  public let batch: Int
  /// Steps of an epoch.
  public let stepsPerEpoch: Int
  /// Epochs finished.
  public private(set) var epoch = 0
  private let data: TrainingRows
  private let optimiser: any Optimiser
  private let stream: RandomStream
  private let hasLabels: Bool
  private let bindInputs: (Program, ArraySlice<Int32>, RandomStream) throws -> Void
  private let stepsPerPass: Int
  private let examplesPerRow: Int

  /// A trainer at the start; Adam where no optimiser is given.
  ///
  /// - Parameters:
  ///   - stepsPerEpoch: one pass over the data where nil; where it is another number, passes go on from one epoch to the next, and
  ///     their order does not depend on where epochs end.
  ///   - examplesPerRow: how many examples `inputs` makes of a row, such as two views of a picture.
  ///   - leavesOutRest: whether a pass ends with its last whole batch.
  ///   - inputs: binds `x` to the rows of a step, such as random views of pictures; their numbers in the table where nil.
  public init(
    program: Program, parameters: ParameterSet, data: TrainingRows, batch: Int,
    stepsPerEpoch: Int? = nil, examplesPerRow: Int = 1, leavesOutRest: Bool = false,
    stream: RandomStream, optimiser: (any Optimiser)? = nil,
    inputs: ((Program, ArraySlice<Int32>, RandomStream) throws -> Void)? = nil
  ) {
    precondition(stepsPerEpoch ?? 1 > 0, "an epoch of \(stepsPerEpoch ?? 1) steps")
    precondition(
      examplesPerRow > 0 && batch * examplesPerRow <= program.capacity,
      "a batch of \(batch) rows in a program for \(program.capacity)")
    precondition(!leavesOutRest || data.rows.count >= batch, "fewer rows than a batch")
    self.program = program
    self.parameters = parameters
    self.data = data
    self.batch = batch
    self.examplesPerRow = examplesPerRow
    stepsPerPass = (data.rows.count + (leavesOutRest ? 0 : batch - 1)) / batch
    self.stepsPerEpoch = stepsPerEpoch ?? stepsPerPass
    self.stream = stream
    hasLabels = program.hasInput("labels")
    bindInputs = inputs ?? { program, rows, _ in program.bind("x", data.table, rows: rows) }
    self.optimiser = optimiser ?? Adam(program.parameters)
  }

  /// The records in the order of a pass.
  private func order(ofPass pass: Int) -> [Int32] {
    var generator = stream.child("order").child(pass).generator
    return permutation(data.rows.count, using: &generator).map { data.rows[Int($0)] }
  }

  /// The next `stepsPerEpoch` steps; returns the mean of their losses.
  ///
  /// - Parameters:
  ///   - rate: learning rate of this epoch.
  ///   - schedule: takes its place where the rate changes from step to step; asked at the start of each.
  ///   - decay: L2 penalty added to gradients.
  ///   - rateOf: factor on the rate of a parameter, by name.
  ///   - beforeStep: called before every step with its number, counted from the start of training.
  ///   - observe: sees the rows of each step after its passes, while the program's taps still hold it.
  ///   - afterStep: called after every update with the number of the step and its rate.
  /// - Throws: `TrainingError.diverged`, and what binding inputs throws.
  public func runEpoch(
    rate: Double = 0, schedule: Schedule? = nil, decay: Double = 0,
    rateOf: ((String) -> Double)? = nil,
    beforeStep: ((Int) -> Void)? = nil, observe: ((ArraySlice<Int32>) -> Void)? = nil,
    afterStep: ((Int, Double) -> Void)? = nil
  ) throws -> Double {
    var order: [Int32] = []
    let noise = stream.child("noise").child(epoch).key
    let inputs = stream.child("inputs").child(epoch)
    var total = 0.0
    for step in 0..<stepsPerEpoch {
      let overall = epoch * stepsPerEpoch + step
      let rate =
        schedule.map { $0.value(Double(epoch) + Double(step) / Double(stepsPerEpoch)) } ?? rate
      beforeStep?(overall)
      let start = overall % stepsPerPass * batch
      if order.isEmpty || start == 0 { order = self.order(ofPass: overall / stepsPerPass) }
      let rows = order[start..<min(start + batch, order.count)]
      try bindInputs(program, rows, inputs.child(step))
      if hasLabels { program.bind(labels: "labels", data.labels, rows: rows) }
      program.run(
        parameters, mode: .training, examples: rows.count * examplesPerRow, noise: noise,
        index: UInt32(step), backward: true)
      let loss = program.lossNumber
      guard loss.isFinite else {
        throw TrainingError.diverged(epoch: epoch, step: step, loss: loss)
      }
      total += loss
      observe?(rows)
      optimiser.update(
        parameters, rate: rate, decay: decay, on: program,
        rateOf: rateOf.map { factor in { rate * factor($0) } })
      afterStep?(overall, rate)
    }
    guard parameters.isFinite else {
      throw TrainingError.diverged(epoch: epoch, step: stepsPerEpoch, loss: .nan)
    }
    epoch += 1
    return total / Double(stepsPerEpoch)
  }

  /// Everything the next epochs depend on, as the bytes of a safetensors file.
  public func state() -> [UInt8] {
    Array(TrainingState(epoch: epoch, parameters: parameters, optimiser: optimiser).encode())
  }

  /// Goes back to a saved state; nothing changes where it throws.
  ///
  /// - Throws: `FileError` for damage, `WeightsError` and `TrainingError.foreignState` for the state of another
  ///   training or one that is not finite.
  public func restore(_ bytes: [UInt8]) throws {
    let state = try TrainingState(decoding: Data(bytes), parameters.layout, optimiser)
    state.restore(parameters, optimiser)
    epoch = state.epoch
  }
}
