import Compute
import Files
import Foundation
import Harness
import Metrics
import Networks

/// What a classifier's predictions amount to.
struct Score {
  /// log p(class), `[N, classes]`.
  let logProbabilities: [Float]
  let classes: Int
  let labels: [Int32]

  init(logProbabilities: [Float], classes: Int, labels: [Int32]) {
    self.logProbabilities = logProbabilities
    self.classes = classes
    self.labels = labels
  }

  /// The mean prediction `log (1/S) Σ p` of several networks on the same records.
  init(mean scores: [Score]) {
    precondition(!scores.isEmpty && scores.allSatisfy { $0.labels == scores[0].labels })
    let sums = scores.dropFirst().reduce(scores[0].logProbabilities.map { exp(Double($0)) }) {
      zip($0, $1.logProbabilities).map { $0 + exp(Double($1)) }
    }
    self.init(
      logProbabilities: sums.map { Float(log($0 / Double(scores.count))) },
      classes: scores[0].classes, labels: scores[0].labels)
  }

  /// Share of wrong answers in percent; the first of equal classes counts as the answer.
  var testError: Double {
    var wrong = 0
    for (n, label) in labels.enumerated() {
      let row = logProbabilities[n * classes..<(n + 1) * classes]
      let answer = row.indices.max { row[$0] < row[$1] || (row[$0] == row[$1] && $0 > $1) }!
      if answer - row.startIndex != Int(label) { wrong += 1 }
    }
    return 100 * Double(wrong) / Double(labels.count)
  }

  /// Share of records in percent whose label is among the `best` likeliest classes; of equal ones the first are.
  func accuracy(within best: Int) -> Double {
    var right = 0
    for (n, label) in labels.enumerated() {
      let row = logProbabilities[n * classes..<(n + 1) * classes]
      let own = row[row.startIndex + Int(label)]
      let before = row.indices.count {
        row[$0] > own || (row[$0] == own && $0 - row.startIndex < Int(label))
      }
      if before < best { right += 1 }
    }
    return 100 * Double(right) / Double(labels.count)
  }

  /// Mean of -log p(label), in nats.
  var negativeLogLikelihood: Double {
    var total = 0.0
    for (n, label) in labels.enumerated() {
      total -= Double(logProbabilities[n * classes + Int(label)])
    }
    return total / Double(labels.count)
  }

  /// Writes the log-probabilities as a product, `[1, N, classes]`.
  func write(to context: TrialContext) throws {
    let npy = NPY(logProbabilities, shape: [1, labels.count, classes])
    try AtomicFile.write(
      Gzip.compress(npy.encoded()), to: context.productURL("log_probabilities.npy.gz"))
  }
}

/// Predicts a set of rows with a network.
///
/// A class because it keeps one program for many predictions.
final class Scorer {
  private let program: Program
  private let classes: Int
  let parameters: ParameterSet
  private let rows: TrainingRows

  /// With a plain network.
  convenience init(_ architecture: Architecture, rows: TrainingRows) {
    self.init(
      architecture.predictionProgram(batch: 496), classes: architecture.classes, rows: rows)
  }

  /// With a program of input `x` and tap `logProbabilities`.
  init(_ program: Program, classes: Int, rows: TrainingRows) {
    self.program = program
    self.classes = classes
    self.rows = rows
    parameters = ParameterSet(program.parameters)
  }

  /// Scores the current `parameters`; with noise from a stream, or noise replaced by its mean.
  func score(noise stream: RandomStream? = nil) -> Score {
    var log: [Float] = []
    log.reserveCapacity(rows.rows.count * classes)
    var start = 0
    while start < rows.rows.count {
      let batch = rows.rows[start..<min(start + program.capacity, rows.rows.count)]
      program.bind("x", rows.table, rows: batch)
      program.run(
        parameters, mode: stream == nil ? .evaluation : .sampling, examples: batch.count,
        noise: stream?.key ?? 0, index: UInt32(start))
      log += program.read("logProbabilities")
      start += batch.count
    }
    return Score(
      logProbabilities: log, classes: classes, labels: rows.rows.map { rows.labels[Int($0)] })
  }
}
