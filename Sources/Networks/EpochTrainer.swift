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
  /// Epochs finished.
  public private(set) var epoch = 0
  private let data: TrainingRows
  private let optimiser: any Optimiser
  private let stream: RandomStream
  private let hasLabels: Bool

  /// A trainer at the start; Adam where no optimiser is given.
  public init(
    program: Program, parameters: ParameterSet, data: TrainingRows, batch: Int,
    stream: RandomStream, optimiser: (any Optimiser)? = nil
  ) {
    precondition(
      batch <= program.capacity, "a batch of \(batch) in a program for \(program.capacity)")
    self.program = program
    self.parameters = parameters
    self.data = data
    self.batch = batch
    self.stream = stream
    hasLabels = program.hasInput("labels")
    self.optimiser = optimiser ?? Adam(program.parameters)
  }

  /// Steps of an epoch.
  public var stepsPerEpoch: Int { (data.rows.count + batch - 1) / batch }

  /// One pass over the data; returns the mean loss of its steps.
  ///
  /// - Parameters:
  ///   - rate: learning rate of this epoch.
  ///   - decay: L2 penalty added to gradients.
  ///   - rateOf: factor on the rate of a parameter, by name.
  ///   - beforeStep: called before every step with its number, counted from the start of training.
  ///   - observe: sees the rows of each step after its passes, while the program's taps still hold it.
  /// - Throws: `TrainingError.diverged`.
  public func runEpoch(
    rate: Double, decay: Double = 0, rateOf: ((String) -> Double)? = nil,
    beforeStep: ((Int) -> Void)? = nil, observe: ((ArraySlice<Int32>) -> Void)? = nil
  ) throws -> Double {
    var generator = stream.child("order").child(epoch).generator
    let order = permutation(data.rows.count, using: &generator).map { data.rows[Int($0)] }
    let noise = stream.child("noise").child(epoch).key
    var total = 0.0
    var step = 0
    var start = 0
    while start < order.count {
      beforeStep?(epoch * stepsPerEpoch + step)
      let rows = order[start..<min(start + batch, order.count)]
      program.bind("x", data.table, rows: rows)
      if hasLabels { program.bind(labels: "labels", data.labels, rows: rows) }
      program.run(
        parameters, mode: .training, examples: rows.count, noise: noise, index: UInt32(step),
        backward: true)
      let loss = program.lossNumber
      guard loss.isFinite else {
        throw TrainingError.diverged(epoch: epoch, step: step, loss: loss)
      }
      total += loss
      observe?(rows)
      optimiser.update(
        parameters, rate: rate, decay: decay, on: program,
        rateOf: rateOf.map { factor in { rate * factor($0) } })
      step += 1
      start += batch
    }
    guard parameters.isFinite else {
      throw TrainingError.diverged(epoch: epoch, step: step, loss: .nan)
    }
    epoch += 1
    return total / Double(step)
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
