import Compute
import Dispatch
import Foundation
import Synchronization

/// Chooses, one after the other and with replacement, the predictions whose average is worth most.
///
///     π_t = ((t − 1) π_{t−1} + p_s) / t,   s = argmax over the pool of score(π_t)
///
/// Every candidate is scored at every step; of equal ones the first is taken. Averages are of probabilities.
/// Source: Molchanov et al. 2020, "Greedy Policy Search", algorithm 1.
public struct GreedyPolicySearch: Sendable {
  /// What an average is judged by.
  public enum Criterion: String, Codable, Sendable, CaseIterable {
    /// Share of right answers.
    case accuracy
    /// Mean of log(p_y + 10⁻¹²), in nats.
    case logLikelihood = "log_likelihood"
    /// The same at the temperature that fits the very rows best.
    case calibratedLogLikelihood = "calibrated_log_likelihood"
  }

  /// One step.
  public struct Pick: Sendable, Hashable {
    /// Which candidate was taken.
    public var candidate: Int
    /// The criterion's value of the average with it.
    public var score: Double
    /// The temperature of that value; 1 where none is fitted.
    public var temperature: Double
  }

  /// Scores of single precision that lie so near the best, in nats, are taken again in double precision: twice what single precision is
  /// right to.
  static let doubt = 1e-6

  private let pool: PredictionPool
  private let threads: Int

  /// A search in a pool.
  ///
  /// - Parameter threads: on which candidates are scored; picks do not depend on it.
  public init(_ pool: PredictionPool, threads: Int = 1) {
    precondition(threads > 0, "threads: must be positive")
    self.pool = pool
    self.threads = threads
  }

  /// The first picks.
  public func picks(_ count: Int, by criterion: Criterion) -> [Pick] {
    picks(count, by: criterion) { _ in }
  }

  /// The first picks.
  ///
  /// - Parameter afterPick: called after each with their number so far; what it throws ends the search.
  public func picks(
    _ count: Int, by criterion: Criterion, afterPick: (Int) throws -> Void
  ) rethrows -> [Pick] {
    var sum = pool.emptySum
    var warm = [Double](repeating: 1, count: pool.candidates)
    var found: [Pick] = []
    for step in 0..<count {
      let pick: Pick
      switch criterion {
      case .accuracy:
        let current = sum
        let right = scored { Double(pool.right(of: current, with: $0)) / Double(pool.rows) }
        pick = Self.best(right.enumerated().map { ($0, $1, 1) })
      case .logLikelihood:
        let current = sum
        let values = scored { logLikelihood(of: current, with: $0, members: step + 1) }
        pick = Self.best(values.enumerated().map { ($0, $1, 1) })
      case .calibratedLogLikelihood:
        pick = calibratedPick(sum, &warm)
      }
      found.append(pick)
      pool.add(pick.candidate, to: &sum)
      try afterPick(step + 1)
    }
    return found
  }

  private static func best(_ scores: [(candidate: Int, score: Double, temperature: Double)]) -> Pick
  {
    var best = scores[0]
    for entry in scores.dropFirst() where entry.score > best.score { best = entry }
    return Pick(candidate: best.candidate, score: best.score, temperature: best.temperature)
  }

  /// All candidates in single precision, then those that may be the best in double precision.
  private func calibratedPick(_ sum: PredictionPool.Sum, _ warm: inout [Double]) -> Pick {
    let known = warm
    let rough = scored { candidate in
      TemperatureClimb.top(from: known[candidate], within: 1e-3) {
        pool.worth(of: sum, with: candidate, inverseTemperature: $0)
      }
    }
    warm = rough.map(\.inverse)
    let highest = rough.map(\.value).max() ?? 0
    let candidates = rough.indices.filter { rough[$0].value >= highest - Self.doubt }
    let exact = scored(candidates) { candidate in
      let table = ExactTable(pool, sum, candidate)
      return TemperatureClimb.top(from: rough[candidate].inverse, within: 1e-6, table.worth)
    }
    return Self.best(
      zip(candidates, exact).map { ($0, $1.value, 1 / $1.inverse) })
  }

  private func logLikelihood(
    of sum: PredictionPool.Sum, with candidate: Int, members: Int
  ) -> Double {
    var total = 0.0
    pool.own(of: sum, with: candidate) { total += log($0 / Double(members) + 1e-12) }
    return total / Double(pool.rows)
  }

  /// `body` of every candidate, on the threads.
  private func scored<T: Sendable>(
    _ candidates: [Int]? = nil, _ body: @Sendable (Int) -> T
  ) -> [T] {
    let candidates = candidates ?? Array(0..<pool.candidates)
    if threads == 1 { return candidates.map(body) }
    let found = Mutex([T?](repeating: nil, count: candidates.count))
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while true {
        let place = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if place >= candidates.count { return }
        let value = body(candidates[place])
        found.withLock { $0[place] = value }
      }
    }
    return found.withLock { $0.compactMap(\.self) }
  }
}

/// The highest calibrated log-likelihood over temperatures: Newton's steps in β = 1/T, held between the last slopes of either sign.
///
/// But for the 10⁻¹² in it the likelihood is concave in β, so there is one top.
enum TemperatureClimb {
  /// Where β is looked for: the temperatures 0.01 to 100.
  static let range = 0.01...100.0

  /// - Parameters:
  ///   - start: a β to begin at.
  ///   - tolerance: the last step, of β itself, is not taken but added as a parabola if it is no longer than this; what that leaves out
  ///     is of third order.
  static func top(
    from start: Double, within tolerance: Double, _ worth: (Double) -> PredictionPool.Worth
  ) -> (value: Double, inverse: Double) {
    var (low, high) = (range.lowerBound, range.upperBound)
    var beta = min(max(start, low), high)
    for _ in 0..<100 {
      let here = worth(beta)
      if here.slope > 0 { low = beta } else { high = beta }
      // At an end of the range, and still uphill beyond it.
      if low == high || (here.slope > 0 ? beta == range.upperBound : beta == range.lowerBound) {
        return (here.value, beta)
      }
      let step = here.curvature > 0 ? here.slope / here.curvature : here.slope > 0 ? beta : -beta
      if abs(step) <= tolerance * beta { return (here.value + here.slope * step / 2, beta + step) }
      var next = min(max(beta + step, beta / 2), 2 * beta)
      if next <= low || next >= high {
        next =
          here.slope > 0 && high == range.upperBound || here.slope <= 0 && low == range.lowerBound
          ? min(max(next, low), high) : (low + high) / 2
      }
      beta = next
    }
    return (worth(beta).value, beta)
  }
}

/// A sum of probabilities with one candidate more, as logarithms of double precision.
private struct ExactTable {
  let logs: [Double]
  let classes: Int
  let labels: [Int]

  init(_ pool: PredictionPool, _ sum: PredictionPool.Sum, _ candidate: Int) {
    logs = pool.probabilities(of: sum, with: candidate).map { log($0) }
    classes = pool.classes
    labels = (0..<pool.rows).map { pool.label($0) }
  }

  func worth(_ beta: Double) -> PredictionPool.Worth {
    var (value, slope, curvature) = (0.0, 0.0, 0.0)
    for (row, label) in labels.enumerated() {
      var top = -Double.infinity
      for entry in row * classes..<(row + 1) * classes { top = max(top, logs[entry]) }
      var (all, first, second) = (0.0, 0.0, 0.0)
      for entry in row * classes..<(row + 1) * classes {
        let below = logs[entry] - top
        let weight = exp(beta * below)
        all += weight
        first += weight * below
        second += weight * below * below
      }
      let own = logs[row * classes + label] - top
      let share = exp(beta * own) / all
      let w = share / (share + 1e-12)
      value += log(share + 1e-12)
      slope += w * (own - first / all)
      curvature += w * max(0, second / all - first * first / (all * all))
    }
    let count = Double(labels.count)
    return .init(value: value / count, slope: slope / count, curvature: curvature / count)
  }
}
