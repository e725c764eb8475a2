import Files
import Foundation

/// What of a plan is done, what would run, and how long that should take.
public struct WorkList: Sendable {
  /// State of a planned trial.
  public enum State: String, Codable, Sendable {
    /// Finished and checked.
    case done
    /// Adopted from a report: its numbers are there, its products are not, and nobody needs them.
    case adopted
    /// Would run.
    case toRun = "to run"
    /// Only serves trials that are done.
    case notNeeded = "not needed"
  }

  /// One trial with its state.
  public struct Item: Sendable {
    /// The trial.
    public let trial: PlannedTrial
    /// Its state.
    public let state: State
    /// Expected seconds if it runs; nil if nobody knows.
    public let expectedSeconds: Double?
    /// Where the expectation is from, such as `3 earlier trials`.
    public let basis: String
  }

  /// In the order of the plan.
  public let items: [Item]

  /// Compares a plan with a store; every finished trial is checked, damaged ones are set aside and would run.
  public init(plan: Plan, store: TrialStore) throws {
    let costs = CostModel(store: store)
    var states: [TrialKey: State] = [:]
    var wanted: Set<TrialKey> = []
    // Backwards, so that a trial knows whether somebody will run and needs its product.
    for trial in plan.trials.reversed() {
      let isNeeded = wanted.contains(trial.key)
      if try store.trial(trial.key) != nil {
        states[trial.key] = .done
      } else if !isNeeded, trial.places.isEmpty {
        states[trial.key] = .notNeeded
      } else if !isNeeded, try store.result(trial.key) != nil {
        states[trial.key] = .adopted
      } else {
        states[trial.key] = .toRun
        wanted.formUnion(trial.needs)
      }
    }
    items = plan.trials.map { trial in
      let cost = costs.expected(trial)
      return Item(
        trial: trial, state: states[trial.key] ?? .toRun, expectedSeconds: cost?.seconds,
        basis: cost?.basis ?? "no earlier trial")
    }
  }

  /// Trials that would run.
  public var toRun: [Item] { items.filter { $0.state == .toRun } }

  /// Expected wall-clock seconds with `jobs` processes; nil when a trial has no estimate.
  ///
  /// The larger of an even share and the longest chain of needs.
  public func expectedSeconds(jobs: Int) -> Double? {
    withoutEstimate == 0 ? leastSeconds(jobs: jobs) : nil
  }

  /// Trials that would run and have no estimate.
  public var withoutEstimate: Int { toRun.count { $0.expectedSeconds == nil } }

  /// Seconds with `jobs` processes if trials without an estimate took no time: what the run takes at least.
  public func leastSeconds(jobs: Int) -> Double {
    let total = toRun.reduce(0) { $0 + ($1.expectedSeconds ?? 0) }
    return max(total / Double(max(1, jobs)), chains.values.max() ?? 0)
  }

  /// Expected seconds from the start of a trial to the end of the longest chain that needs it.
  var chains: [TrialKey: Double] {
    var after: [TrialKey: Double] = [:]
    var chains: [TrialKey: Double] = [:]
    for item in items.reversed() where item.state == .toRun {
      let length = (item.expectedSeconds ?? 0) + (after[item.trial.key] ?? 0)
      chains[item.trial.key] = length
      for need in item.trial.needs { after[need] = max(after[need] ?? 0, length) }
    }
    return chains
  }
}

/// How long trials took before.
struct CostModel: Sendable {
  private var seconds: [String: [Double]] = [:]

  init(store: TrialStore) {
    struct Cost: Decodable {
      var costGroup: String
      var wallSeconds: Double
    }
    for key in store.keys() {
      let url = store.trialFolder(key).appendingPathComponent(TrialFile.manifest)
      guard let bytes = try? Bytes.read(url, limit: 1 << 26),
        let cost = try? CanonicalJSON.decode(Cost.self, from: Data(bytes)),
        cost.wallSeconds.isFinite, cost.wallSeconds >= 0
      else { continue }
      seconds[cost.costGroup, default: []].append(cost.wallSeconds)
    }
  }

  func expected(_ trial: PlannedTrial) -> (seconds: Double, basis: String)? {
    if let earlier = seconds[trial.costGroup], !earlier.isEmpty {
      let mean = earlier.reduce(0, +) / Double(earlier.count)
      return (mean, "\(earlier.count) earlier trial\(earlier.count == 1 ? "" : "s")")
    }
    return trial.estimatedSeconds.map { ($0, "the recipe's estimate") }
  }
}
