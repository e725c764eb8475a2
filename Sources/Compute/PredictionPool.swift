import CKernels
import Foundation

/// Predictions of the same labelled rows by many, `[candidates, N, classes]`, kept as probabilities in single precision and
/// asked again and again what an average with one more of them is worth.
public struct PredictionPool: Sendable {
  /// How many predictions there are.
  public let candidates: Int
  /// N.
  public let rows: Int
  /// Classes of a row.
  public let classes: Int
  /// Smallest probability there is: it has a logarithm in single precision.
  static let smallest: Float = 0x1p-126
  private let blocks: Int
  /// `[candidates][blocks][classes][16]`; rows beyond the last are as the label −1 has it: they do not count.
  private let probabilities: [Float]
  private let labels: [Int32]
  private let path: KernelPath

  /// The average that one more prediction is added to: a sum of probabilities, as yet of nothing.
  public struct Sum: Sendable {
    fileprivate var exact: [Double]
    /// The same in single precision.
    fileprivate var rounded: [Float]
  }

  /// A sum's worth at one temperature T = 1 / β: mean of log(p_y + 10⁻¹²), its slope in β, and minus its curvature.
  public struct Worth: Sendable {
    /// In nats.
    public var value: Double
    /// d value / d β.
    public var slope: Double
    /// −d² value / d β², without what the 10⁻¹² does to it.
    public var curvature: Double

    /// A worth.
    public init(value: Double, slope: Double, curvature: Double) {
      (self.value, self.slope, self.curvature) = (value, slope, curvature)
    }
  }

  /// - Parameters:
  ///   - logProbabilities: of each candidate `[N, classes]`, in nats.
  ///   - labels: N classes.
  public init<C: Collection>(
    logProbabilities: [C], labels: [Int32], classes: Int, path: KernelPath = .current
  ) where C.Element == Float {
    precondition(!labels.isEmpty && !logProbabilities.isEmpty && classes > 1, "nothing to pool")
    precondition(
      labels.allSatisfy { (0..<Int32(classes)).contains($0) }, "labels: beyond the classes")
    candidates = logProbabilities.count
    rows = labels.count
    self.classes = classes
    self.path = path
    blocks = (labels.count + 15) / 16
    let size = blocks * classes * 16
    var table = [Float](repeating: 1, count: logProbabilities.count * size)
    table.withUnsafeMutableBufferPointer { table in
      for (candidate, logs) in logProbabilities.enumerated() {
        precondition(logs.count == labels.count * classes, "logProbabilities: [N, classes] each")
        Array(logs).withUnsafeBufferPointer { logs in
          for row in labels.indices {
            let place = candidate * size + row / 16 * classes * 16 + row % 16
            for column in 0..<classes {
              table[place + column * 16] = max(exp(logs[row * classes + column]), Self.smallest)
            }
          }
        }
      }
    }
    probabilities = table
    self.labels = labels + [Int32](repeating: -1, count: blocks * 16 - labels.count)
  }

  /// A sum of nothing.
  public var emptySum: Sum {
    let size = blocks * classes * 16
    return Sum(
      exact: [Double](repeating: 0, count: size), rounded: [Float](repeating: 0, count: size))
  }

  /// Adds a candidate to a sum.
  public func add(_ candidate: Int, to sum: inout Sum) {
    let start = candidate * sum.exact.count
    for place in sum.exact.indices {
      sum.exact[place] += Double(probabilities[start + place])
      sum.rounded[place] = Float(sum.exact[place])
    }
  }

  /// The worth of a sum with one candidate more, in single precision: right to 5 · 10⁻⁷ nats.
  public func worth(of sum: Sum, with candidate: Int, inverseTemperature beta: Double) -> Worth {
    let size = blocks * classes * 16
    precondition(sum.exact.count == size && (0..<candidates).contains(candidate), "another pool's")
    var out = [Double](repeating: 0, count: 3)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 16 * classes) { room in
      probabilities.withUnsafeBufferPointer { table in
        path.table.pointee.temper(
          sum.rounded, table.baseAddress! + candidate * size, labels, room.baseAddress!,
          Int32(classes), Int64(blocks), Float(beta), &out)
      }
    }
    let count = Double(rows)
    return Worth(value: out[0] / count, slope: out[1] / count, curvature: out[2] / count)
  }

  /// How many rows a sum with one candidate more answers rightly; the first of equal classes is the answer.
  public func right(of sum: Sum, with candidate: Int) -> Int {
    let size = blocks * classes * 16
    precondition(sum.exact.count == size && (0..<candidates).contains(candidate), "another pool's")
    return probabilities.withUnsafeBufferPointer { table in
      Int(
        path.table.pointee.count_right(
          sum.exact, table.baseAddress! + candidate * size, labels, Int32(classes),
          Int64(blocks)))
    }
  }

  /// The sum with one candidate more in double precision, row by row, `[N, classes]`.
  public func probabilities(of sum: Sum, with candidate: Int) -> [Double] {
    let start = candidate * sum.exact.count
    var found = [Double](repeating: 0, count: rows * classes)
    for row in 0..<rows {
      for column in 0..<classes {
        let place = (row / 16 * classes + column) * 16 + row % 16
        found[row * classes + column] = sum.exact[place] + Double(probabilities[start + place])
      }
    }
    return found
  }

  /// What the label of each row has of the sum with one candidate more, in double precision.
  public func own(of sum: Sum, with candidate: Int, _ body: (Double) -> Void) {
    let start = candidate * sum.exact.count
    for row in 0..<rows {
      let place = (row / 16 * classes + Int(labels[row])) * 16 + row % 16
      body(sum.exact[place] + Double(probabilities[start + place]))
    }
  }

  /// The label of a row.
  public func label(_ row: Int) -> Int { Int(labels[row]) }
}
