import Compute
import Foundation

/// A linear classifier over features: logits `W x + b`.
public struct LinearProbe: Sendable, Equatable {
  /// `[features, classes]`.
  public var weights: Matrix<Double>
  /// `[classes]`.
  public var biases: [Double]

  /// One that says nothing.
  public init(features: Int, classes: Int) {
    weights = Matrix(rows: features, columns: classes)
    biases = Array(repeating: 0, count: classes)
  }

  /// Of given numbers.
  public init(weights: Matrix<Double>, biases: [Double]) {
    precondition(weights.columns == biases.count, "\(biases.count) biases")
    self.weights = weights
    self.biases = biases
  }

  /// Logits of features `[N, features]`: `[N, classes]`, a row each.
  public func logits(_ features: Matrix<Float>) -> [Float] {
    let product =
      features
      * Matrix<Float>(
        rows: weights.rows, columns: weights.columns, weights.elements.map { Float($0) })
    let biases = biases.map { Float($0) }
    return product.elements.indices.map { product.elements[$0] + biases[$0 % biases.count] }
  }
}

/// Multinomial logistic regression to convergence over one table of features.
///
///     loss(W, b) = 1/N Σ_n −log softmax(W x_n + b)[y_n] + decay/2 ‖W‖²
///
/// which is scikit-learn's `LogisticRegression` with C = 1 / (N decay); biases are free. Products with the table run in single precision
/// over blocks of rows that stay in the cache, everything else in double. The method is L-BFGS (Nocedal 1980) in the coordinates in
/// which `p XᵀX/N + decay` is the identity, p the mean over rows and classes of P (1 − P): the curvature, but for what differs between
/// classes. A class because the table and what is prepared of it serve many penalties.
public final class ProbeTraining {
  /// What a fit came to.
  public struct Fit: Sendable {
    /// The classifier.
    public let probe: LinearProbe
    /// The loss, penalty included, nats.
    public let loss: Double
    /// Evaluations of loss and gradient.
    public let evaluations: Int
    /// Whether the end was reached: the gain that curvature promises is below the tolerance, or
    /// below 1e-4 of the loss and hidden by rounding.
    public let isConverged: Bool
  }

  private struct Point {
    var loss: Double
    /// `[features, classes]`, penalty included, and `[classes]`.
    var gradient: Matrix<Double>
    var biasGradient: [Double]
    /// Mean of P (1 − P).
    var spread: Double
  }

  /// Numbers in a row, and classes.
  public let features, classes: Int
  private let centred: Matrix<Float>
  private let means: [Double]
  private let labels: [Int32]
  private lazy var gram = centred.gram
  private static let block = 512
  private static let memories = 12

  /// - Parameters:
  ///   - table: `[N, features]`.
  ///   - labels: N of them, below `classes`.
  public init(_ table: Matrix<Float>, labels: [Int32], classes: Int) {
    precondition(table.rows == labels.count && !labels.isEmpty, "labels: one per row")
    precondition(labels.allSatisfy { $0 >= 0 && $0 < classes }, "labels: below \(classes)")
    features = table.columns
    self.classes = classes
    self.labels = labels
    // Centred features part the biases from the rest.
    var sums = [Double](repeating: 0, count: table.columns)
    for row in 0..<table.rows {
      let start = row * table.columns
      for column in 0..<table.columns { sums[column] += Double(table.elements[start + column]) }
    }
    let means = sums.map { $0 / Double(table.rows) }
    let shifts = means.map { Float($0) }
    var centred = table
    for row in 0..<table.rows {
      let start = row * table.columns
      for column in 0..<table.columns { centred.elements[start + column] -= shifts[column] }
    }
    self.means = shifts.map { Double($0) }
    self.centred = centred
  }

  /// Loss and gradient at weights and the biases of centred features.
  private func evaluate(_ weights: Matrix<Double>, _ biases: [Double], decay: Double) -> Point {
    let (rows, classes) = (centred.rows, classes)
    let plain = Matrix<Float>(
      rows: features, columns: classes, weights.elements.map { Float($0) })
    let shifts = biases.map { Float($0) }
    var logits = Matrix<Float>(rows: Self.block, columns: classes)
    var sums = Matrix<Float>(rows: features, columns: classes)
    var biasGradient = [Double](repeating: 0, count: classes)
    var (loss, squares) = (0.0, 0.0)
    for start in stride(from: 0, to: rows, by: Self.block) {
      let part = start..<min(start + Self.block, rows)
      centred.multiply(rows: part, by: plain, into: &logits)
      for row in 0..<part.count {
        let first = row * classes
        var largest = -Float.infinity
        for entry in 0..<classes {
          logits.elements[first + entry] += shifts[entry]
          largest = max(largest, logits.elements[first + entry])
        }
        let label = Int(labels[start + row])
        let own = logits.elements[first + label] - largest
        var total: Float = 0
        for entry in 0..<classes {
          let share = exp(logits.elements[first + entry] - largest)
          logits.elements[first + entry] = share
          total += share
        }
        loss += Double(log(total) - own)
        let scale = 1 / total
        for entry in 0..<classes {
          let share = logits.elements[first + entry] * scale
          squares += Double(share * share)
          let residual = entry == label ? share - 1 : share
          logits.elements[first + entry] = residual
          biasGradient[entry] += Double(residual)
        }
      }
      centred.addTransposed(rows: part, times: logits, to: &sums)
    }
    let count = Double(rows)
    var gradient = weights
    var penalty = 0.0
    for place in gradient.elements.indices {
      let weight = weights.elements[place]
      penalty += weight * weight
      gradient.elements[place] = Double(sums.elements[place]) / count + decay * weight
    }
    return Point(
      loss: loss / count + decay / 2 * penalty, gradient: gradient,
      biasGradient: biasGradient.map { $0 / count },
      spread: max((count - squares) / (count * Double(classes)), 1e-6))
  }

  /// The least loss under a penalty.
  ///
  /// - Parameters:
  ///   - decay: above zero.
  ///   - start: where to begin; at zero where nil.
  ///   - tolerance: share of the loss by which the end may lie above the least, as curvature tells it.
  ///   - limit: of evaluations.
  /// - Throws: `LinearAlgebraError`, for features that are not finite.
  public func fit(
    decay: Double, from start: LinearProbe? = nil, tolerance: Double = 1e-6, limit: Int = 1000
  ) throws(LinearAlgebraError) -> Fit {
    precondition(decay > 0 && decay.isFinite, "decay: above zero")
    let start = start ?? LinearProbe(features: features, classes: classes)
    precondition(
      start.weights.rows == features && start.biases.count == classes, "another table's probe")
    var weights = start.weights
    var biases = moved(start, by: 1)
    var point = evaluate(weights, biases, decay: decay)
    var (evaluations, steps) = (1, 0)
    var curvature = try Curvature(gram, rows: centred.rows, point.spread, decay)
    var memory = Memories(limit: Self.memories)
    var slope = curvature.whitened(point.gradient, point.biasGradient)
    var isConverged = false
    while evaluations < limit {
      // Steps from far away see another curvature than those near the end.
      if steps == 8 || steps == 24 || steps == 60, curvature.isStale(point.spread) {
        curvature = try Curvature(gram, rows: centred.rows, point.spread, decay)
        memory = Memories(limit: Self.memories)
        slope = curvature.whitened(point.gradient, point.biasGradient)
      }
      steps += 1
      let direction = memory.direction(slope)
      let descent = dot(slope, direction)
      // Half of what a Newton step would gain.
      if -descent / 2 <= tolerance * point.loss + 1e-10 {
        isConverged = true
        break
      }
      let (move, biasMove) = curvature.unwhitened(direction, classes: classes)
      guard
        let found = search(
          weights, biases, move, biasMove, decay: decay, from: point, descent: descent,
          evaluations: &evaluations)
      else {
        isConverged = -descent / 2 <= 1e-4 * point.loss
        break
      }
      for place in weights.elements.indices {
        weights.elements[place] += found.share * move.elements[place]
      }
      for place in biases.indices { biases[place] += found.share * biasMove[place] }
      point = found.point
      let next = curvature.whitened(point.gradient, point.biasGradient)
      memory.add(
        step: direction.map { found.share * $0 }, change: zip(next, slope).map { $0 - $1 })
      slope = next
    }
    var probe = LinearProbe(weights: weights, biases: biases)
    probe.biases = moved(probe, by: -1)
    return Fit(
      probe: probe, loss: point.loss, evaluations: evaluations, isConverged: isConverged)
  }

  /// Biases for centred features, or back.
  private func moved(_ probe: LinearProbe, by sign: Double) -> [Double] {
    var biases = probe.biases
    for feature in 0..<features {
      for entry in 0..<classes {
        biases[entry] += sign * means[feature] * probe.weights.elements[feature * classes + entry]
      }
    }
    return biases
  }

  /// A point along a line that is lower by a fair share of what the slope promises; nil where rounding hides any gain.
  private func search(
    _ weights: Matrix<Double>, _ biases: [Double], _ move: Matrix<Double>, _ biasMove: [Double],
    decay: Double, from point: Point, descent: Double, evaluations: inout Int
  ) -> (share: Double, point: Point)? {
    var share = 1.0
    for _ in 0..<30 {
      var there = weights
      for place in there.elements.indices {
        there.elements[place] += share * move.elements[place]
      }
      let found = evaluate(
        there, zip(biases, biasMove).map { $0 + share * $1 }, decay: decay)
      evaluations += 1
      if found.loss <= point.loss + 1e-4 * share * descent { return (share, found) }
      // The least of the parabola through both losses and the slope.
      let least = -descent * share * share / (2 * (found.loss - point.loss - share * descent))
      share = min(max(least, 0.1 * share), 0.5 * share)
      if -share * descent < 1e-9 * point.loss { return nil }
    }
    return nil
  }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for place in a.indices { sum += a[place] * b[place] }
  return sum
}

/// An approximate second derivative `L Lᵀ` and the coordinates in which it is the identity.
private struct Curvature {
  private let factor: CholeskyFactor
  private let spread: Double

  init(_ gram: Matrix<Float>, rows: Int, _ spread: Double, _ decay: Double)
    throws(LinearAlgebraError)
  {
    self.spread = spread
    let order = gram.rows
    let share = spread / Double(rows)
    var matrix = Matrix<Double>(
      rows: order, columns: order, gram.elements.map { share * Double($0) })
    // Sums of single precision may fall short of positive by their rounding.
    let largest = (0..<order).map { matrix[$0, $0] }.max() ?? 0
    for place in 0..<order { matrix[place, place] += decay + 1e-6 * largest }
    factor = try matrix.cholesky()
  }

  /// Whether curvature has become another.
  func isStale(_ spread: Double) -> Bool { max(spread / self.spread, self.spread / spread) > 1.5 }

  func whitened(_ gradient: Matrix<Double>, _ biases: [Double]) -> [Double] {
    let root = spread.squareRoot()
    return factor.halfSolve(gradient).elements + biases.map { $0 / root }
  }

  func unwhitened(_ direction: [Double], classes: Int) -> (Matrix<Double>, [Double]) {
    let count = direction.count - classes
    let move = Matrix<Double>(
      rows: count / classes, columns: classes, Array(direction[..<count]))
    let root = spread.squareRoot()
    return (factor.halfSolve(move, transposed: true), direction[count...].map { $0 / root })
  }
}

/// The last steps of L-BFGS and how the slope changed over each.
private struct Memories {
  private var pairs: [(step: [Double], change: [Double], inverse: Double)] = []
  private var scale = 1.0
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  mutating func add(step: [Double], change: [Double]) {
    let product = dot(step, change)
    let size = dot(change, change)
    // Rounding can turn a flat step upside down.
    guard product > 1e-12 * size else { return }
    pairs.append((step, change, 1 / product))
    scale = product / size
    if pairs.count > limit { pairs.removeFirst() }
  }

  /// Downhill.
  func direction(_ slope: [Double]) -> [Double] {
    var result = slope.map { -$0 }
    var shares: [Double] = []
    for pair in pairs.reversed() {
      let share = pair.inverse * dot(pair.step, result)
      shares.append(share)
      for place in result.indices { result[place] -= share * pair.change[place] }
    }
    for place in result.indices { result[place] *= scale }
    for pair in pairs {
      let share = (shares.popLast() ?? 0) - pair.inverse * dot(pair.change, result)
      for place in result.indices { result[place] += share * pair.step[place] }
    }
    return result
  }
}
