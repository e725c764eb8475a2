import Compute

/// How a classifier does on labelled examples.
public struct Evaluation: Sendable, Equatable {
  /// Examples looked at.
  public let count: Int
  /// Examples whose most probable class is another than their label; of equal classes the first counts.
  public let errors: Int
  /// Mean log-probability of the label, nats.
  public let logLikelihood: Double
  /// Share of errors, in [0, 1].
  public var errorRate: Double { Double(errors) / Double(count) }

  /// Compares log-probabilities `[N, classes]` with labels.
  public init(logProbabilities: [Float], labels: [Int32]) {
    precondition(!labels.isEmpty && logProbabilities.count % labels.count == 0, "no examples")
    let classes = logProbabilities.count / labels.count
    var errors = 0
    var total = 0.0
    for (n, label) in labels.enumerated() {
      precondition(label >= 0 && label < classes, "label \(label) of \(classes) classes")
      let row = logProbabilities[n * classes..<(n + 1) * classes]
      let best = row.indices.max { row[$0] < row[$1] || (row[$0] == row[$1] && $0 > $1) }!
      if best - row.startIndex != Int(label) { errors += 1 }
      total += Double(row[row.startIndex + Int(label)])
    }
    count = labels.count
    self.errors = errors
    logLikelihood = total / Double(labels.count)
  }
}

/// Runs a predicting program (input `x`, tap `logProbabilities`) over a table, batch by batch.
public struct Predictor {
  /// Examples in a batch unless said otherwise.
  public static let batch = 500
  private let program: Program

  /// Over a program such as `Architecture.predictionProgram`.
  public init(_ program: Program) { self.program = program }

  /// The plain network's predictions.
  public init(_ architecture: Architecture, threads: Int = 1) {
    program = architecture.predictionProgram(batch: Self.batch, threads: threads)
  }

  /// Parameters the program reads.
  public var layout: ParameterLayout { program.parameters }

  /// Log-probabilities `[N, classes]` of every row.
  public func logProbabilities(_ parameters: ParameterSet, _ table: RowTable) -> [Float] {
    var all: [Float] = []
    let order = (0..<Int32(table.rows)).map { $0 }
    for start in stride(from: 0, to: table.rows, by: program.capacity) {
      let rows = order[start..<min(start + program.capacity, table.rows)]
      program.bind("x", table, rows: rows)
      program.run(parameters, mode: .evaluation, examples: rows.count)
      all += program.read("logProbabilities")
    }
    return all
  }

  /// How the network does on labelled examples.
  public func evaluate(_ parameters: ParameterSet, _ data: LabelledRows) -> Evaluation {
    Evaluation(logProbabilities: logProbabilities(parameters, data.table), labels: data.labels)
  }
}
