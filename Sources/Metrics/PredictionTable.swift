import Foundation

/// What a classifier says about labelled objects: probabilities `[N, C]`, a row per object, and N labels.
///
/// Rows lie one after the other. Logarithms are kept beside the probabilities, because a temperature acts on them and a
/// probability too small for a number still has one.
public struct PredictionTable: Sendable {
  /// C.
  public let classes: Int
  /// The true class of each row, in `0..<classes`.
  public let labels: [Int]
  /// `[N, C]`; each row sums to one.
  public let probabilities: [Double]
  /// `[N, C]`, in nats; −∞ where a probability is zero.
  public let logProbabilities: [Double]
  /// The likeliest class of each row, the first of equal ones.
  public let predictions: [Int]

  /// N.
  public var count: Int { labels.count }

  /// The table of softmax(logits); log-probabilities are such logits too.
  ///
  /// - Parameters:
  ///   - logits: `[N, C]`, finite or −∞, with something finite in every row.
  ///   - labels: N of them, in `0..<classes`.
  public init<L: BinaryInteger>(logits: [Double], classes: Int, labels: [L]) {
    self.labels = Self.checked(labels, entries: logits.count, classes: classes)
    self.classes = classes
    var logs = logits
    var probabilities = logits
    for row in labels.indices {
      let start = row * classes
      var largest = -Double.infinity
      for entry in start..<(start + classes) { largest = max(largest, logits[entry]) }
      precondition(largest.isFinite, "logits: row \(row) has nothing finite at its top")
      var sum = 0.0
      for entry in start..<(start + classes) {
        probabilities[entry] = exp(logits[entry] - largest)
        sum += probabilities[entry]
      }
      let shift = largest + log(sum)
      for entry in start..<(start + classes) {
        probabilities[entry] /= sum
        logs[entry] = logits[entry] - shift
      }
    }
    self.probabilities = probabilities
    logProbabilities = logs
    predictions = Metrics.predictions(scores: logits, classes: classes)
  }

  /// The table of softmax(logits) for logits of single precision.
  public init<L: BinaryInteger>(logits: [Float], classes: Int, labels: [L]) {
    self.init(logits: logits.map { Double($0) }, classes: classes, labels: labels)
  }

  /// The table of given probabilities, which are taken as they are.
  ///
  /// - Parameters:
  ///   - probabilities: `[N, C]`, not negative, with rows that sum to one but for rounding.
  ///   - labels: N of them, in `0..<classes`.
  public init<L: BinaryInteger>(probabilities: [Double], classes: Int, labels: [L]) {
    self.labels = Self.checked(labels, entries: probabilities.count, classes: classes)
    self.classes = classes
    self.probabilities = probabilities
    logProbabilities = probabilities.map { log($0) }
    predictions = Metrics.predictions(scores: probabilities, classes: classes)
  }

  /// Some of the rows, with every distribution p replaced by softmax(log p / temperature).
  public func tempered(_ temperature: Double, rows: [Int]) -> PredictionTable {
    precondition(temperature > 0, "a temperature is positive")
    var logits: [Double] = []
    logits.reserveCapacity(rows.count * classes)
    for row in rows {
      for entry in row * classes..<(row + 1) * classes {
        logits.append(logProbabilities[entry] / temperature)
      }
    }
    return PredictionTable(logits: logits, classes: classes, labels: rows.map { labels[$0] })
  }

  /// The probability of each row's likeliest class.
  public var confidences: [Double] {
    predictions.indices.map { probabilities[$0 * classes + predictions[$0]] }
  }

  private static func checked<L: BinaryInteger>(_ labels: [L], entries: Int, classes: Int) -> [Int]
  {
    precondition(classes > 0 && !labels.isEmpty, "a table has rows and classes")
    precondition(entries == labels.count * classes, "a table is [N, classes], with N labels")
    return labels.map { label in
      precondition(0 <= label && label < classes, "label \(label) is not in 0..<\(classes)")
      return Int(label)
    }
  }
}
