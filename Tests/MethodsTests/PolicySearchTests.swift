import Compute
import Foundation
import Methods
import Testing

/// Greedy policy search against one in NumPy and SciPy (`Tests/Oracles/methods_policy_search.py`).
struct PolicySearchTests {
  private let fixture: Fixture
  private let tables: [ArraySlice<Float>]
  private let labels: [Int32]
  private let classes: Int

  init() throws {
    fixture = try Fixture("policy_search")
    let logs = fixture.floats("log_probabilities")
    labels = fixture.floats("labels").map { Int32($0) }
    classes = Int(fixture.number("classes"))
    let size = labels.count * classes
    tables = (0..<Int(fixture.number("candidates"))).map { logs[$0 * size..<($0 + 1) * size] }
  }

  private func pool(_ path: KernelPath = .current) -> PredictionPool {
    PredictionPool(logProbabilities: tables, labels: labels, classes: classes, path: path)
  }

  @Test(arguments: GreedyPolicySearch.Criterion.allCases)
  func picksAreThoseOfSciPy(criterion: GreedyPolicySearch.Criterion) {
    let wanted = fixture.floats("\(criterion.rawValue).picks").map { Int($0) }
    for path in KernelPath.allCases where path.isAvailable {
      let picks = GreedyPolicySearch(pool(path)).picks(wanted.count, by: criterion)
      #expect(picks.map(\.candidate) == wanted, "\(path)")
      for (pick, score) in zip(picks, fixture.doubles("\(criterion.rawValue).scores")) {
        // The fixture holds single precision.
        #expect(abs(pick.score - score) < 2e-7)
      }
      for (pick, temperature) in zip(
        picks, fixture.doubles("\(criterion.rawValue).temperatures"))
      {
        #expect(abs(pick.temperature - temperature) < 1e-5 * temperature)
      }
    }
  }

  @Test func whatIsThereTwiceIsTakenTheFirstTime() {
    for criterion in GreedyPolicySearch.Criterion.allCases {
      let picks = GreedyPolicySearch(pool()).picks(15, by: criterion).map(\.candidate)
      #expect(!picks.contains(7) && !picks.contains(15))
    }
    // Alone with its copies the first is all there is.
    let same = PredictionPool(
      logProbabilities: [tables[3], tables[7], tables[3]], labels: labels, classes: classes)
    for criterion in GreedyPolicySearch.Criterion.allCases {
      #expect(
        GreedyPolicySearch(same).picks(4, by: criterion).map(\.candidate) == [0, 0, 0, 0])
    }
  }

  @Test func threadsChangeNothing() {
    for criterion in GreedyPolicySearch.Criterion.allCases {
      #expect(
        GreedyPolicySearch(pool(), threads: 3).picks(10, by: criterion)
          == GreedyPolicySearch(pool()).picks(10, by: criterion))
    }
  }

  @Test func aSearchCanBeEnded() {
    struct Enough: Error {}
    var seen: [Int] = []
    #expect(throws: Enough.self) {
      try GreedyPolicySearch(pool()).picks(10, by: .accuracy) { count in
        seen.append(count)
        if count == 3 { throw Enough() }
      }
    }
    #expect(seen == [1, 2, 3])
  }

  /// Single precision against double, over shapes, temperatures and predictions sure beyond reason: below half of what the search doubts.
  @Test(arguments: [(1, 2), (16, 3), (17, 10), (95, 7), (1000, 10), (130, 100)])
  func singlePrecisionIsRightEnough(rows: Int, classes: Int) {
    var generator = RandomStream(seed: 5, "tables").generator
    for sureness in [0.3, 3, 30] {
      let tables = (0..<3).map { _ -> [Float] in
        (0..<rows).flatMap { _ -> [Float] in
          let logits = (0..<classes).map { _ in sureness * generator.normal() }
          let top = logits.max()!
          let shift = top + log(logits.map { exp($0 - top) }.reduce(0, +))
          return logits.map { Float($0 - shift) }
        }
      }
      let labels = (0..<rows).map { Int32(($0 * 5 + 1) % classes) }
      for path in KernelPath.allCases where path.isAvailable {
        let pool = PredictionPool(
          logProbabilities: tables, labels: labels, classes: classes, path: path)
        var sum = pool.emptySum
        pool.add(0, to: &sum)
        pool.add(1, to: &sum)
        let q = pool.probabilities(of: sum, with: 2)
        for beta in [0.05, 0.7, 1, 1.3, 4] {
          var (value, slope) = (0.0, 0.0)
          for (row, label) in labels.enumerated() {
            let logs = q[row * classes..<(row + 1) * classes].map { log($0) }
            let top = logs.max()!
            let weights = logs.map { exp(beta * ($0 - top)) }
            let all = weights.reduce(0, +)
            let share = exp(beta * (logs[Int(label)] - top)) / all
            let expected = zip(weights, logs).map { $0 * ($1 - top) }.reduce(0, +) / all
            value += log(share + 1e-12) / Double(rows)
            slope += share / (share + 1e-12) * (logs[Int(label)] - top - expected) / Double(rows)
          }
          let worth = pool.worth(of: sum, with: 2, inverseTemperature: beta)
          // Worst where a row alone costs 27 nats; a search compares means of thousands near one.
          #expect(
            abs(worth.value - value) < 5e-7 * max(1, abs(value)), "\(path) \(sureness) \(beta)")
          #expect(
            abs(worth.slope - slope) < 2e-6 * max(1, abs(slope)), "\(path) \(sureness) \(beta)")
        }
        let right = labels.indices.count { row in
          let own = q[row * classes..<(row + 1) * classes]
          return own.firstIndex(of: own.max()!)! - own.startIndex == Int(labels[row])
        }
        #expect(pool.right(of: sum, with: 2) == right)
      }
    }
  }
}
