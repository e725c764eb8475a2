import Files
import Foundation

/// One trial of a plan: everything a process needs to run it, as data.
public struct PlannedTrial: Codable, Hashable, Sendable {
  /// Identity.
  public let key: TrialKey
  /// Name of the recipe.
  public let recipe: String
  /// Version of the recipe.
  public let version: Int
  /// The recipe's own fields.
  public let fields: JSONValue
  /// Seed of the trial.
  public let seed: UInt64
  /// Digest of each data set it reads, by name.
  public let data: [String: String]
  /// Keys of the trials whose products it reads, sorted.
  public let needs: [TrialKey]
  /// Numeric mode it was planned for, such as the kernels' instruction-set path.
  public let numericMode: String
  /// Same for trials that differ in seed and sources only: their durations predict each other.
  public let costGroup: String
  /// The recipe's own estimate in seconds.
  public let estimatedSeconds: Double?
  /// Factors it stands at; several if a plan shows it several times, none if it only serves others.
  public var places: [[String: String]]

  /// For people: recipe, first factors, seed.
  public var title: String {
    let factors = places.first.map { place in
      columnOrder(factors: Set(place.keys), coordinates: []).compactMap { place[$0] }
        .joined(separator: " ")
    }
    return "\(factors.flatMap { $0.isEmpty ? nil : $0 } ?? recipe), seed \(seed)"
  }
}

/// Trials in an order in which each comes after what it needs.
public struct Plan: Codable, Hashable, Sendable {
  /// Each key once.
  public private(set) var trials: [PlannedTrial]
  private var positions: [TrialKey: Int]

  /// A plan of these trials.
  ///
  /// - Throws: `HarnessError.brokenPlan` when a trial needs one that does not come before it.
  public init(_ trials: [PlannedTrial]) throws {
    self.init()
    for trial in trials { try append(trial) }
  }

  /// A plan without trials.
  public init() {
    trials = []
    positions = [:]
  }

  /// The trial of this key.
  public subscript(key: TrialKey) -> PlannedTrial? { positions[key].map { trials[$0] } }

  /// Adds a trial, or the places of one that is already there.
  mutating func append(_ trial: PlannedTrial) throws {
    if let position = positions[trial.key] {
      for place in trial.places where !trials[position].places.contains(place) {
        trials[position].places.append(place)
      }
      return
    }
    for need in trial.needs where positions[need] == nil {
      throw HarnessError.brokenPlan(
        "trial \(trial.key.short) needs \(need.short), which is not planned before it")
    }
    positions[trial.key] = trials.count
    trials.append(trial)
  }

  /// Both plans as one; what they share is run once.
  public func merged(with other: Plan) -> Plan {
    var plan = self
    for trial in other.trials {
      do { try plan.append(trial) } catch { preconditionFailure("a plan holds what it needs") }
    }
    return plan
  }

  /// Reads an array of trials and checks its order.
  public init(from decoder: any Decoder) throws {
    try self.init([PlannedTrial](from: decoder))
  }

  /// Writes an array of trials.
  public func encode(to encoder: any Encoder) throws { try trials.encode(to: encoder) }
}

/// Collects what an experiment wants run, computes keys, and finds shared work.
public struct PlanBuilder {
  /// What has been added.
  public private(set) var plan = Plan()
  /// Numeric mode of all trials, such as `avx512`, but those that stand in.
  public let numericMode: String
  /// Trials planned because they are finished, where the builder would have planned another of the same recipe.
  private(set) var standIns: Set<TrialKey> = []
  private let finished: FinishedTrials?
  private let digest: (String) throws -> String
  private var digests: [String: String] = [:]
  /// Of a planned trial, finished ones of the same recipe and seed, by their numeric mode.
  private var alternatives: [TrialKey: [String: PlannedTrial]] = [:]

  /// A builder.
  ///
  /// - Parameter digest: the digest of a data set by name; it may throw when the data set is unknown or missing.
  public init(numericMode: String, digest: @escaping (String) throws -> String) {
    self.init(numericMode: numericMode, finished: nil, digest: digest)
  }

  /// A builder for which finished trials of other kernels, or that rest on such, stand in for what this machine has not finished.
  init(
    numericMode: String, finished: FinishedTrials?, digest: @escaping (String) throws -> String
  ) {
    self.numericMode = numericMode
    self.finished = finished
    self.digest = digest
  }

  /// Plans `recipe` with `seed` and returns the edge to its product.
  ///
  /// - Parameter factors: where its measurements stand in the results; nil when it only serves other trials.
  /// - Throws: whatever the digest of a data set throws; `HarnessError.brokenPlan` for an edge from
  ///   another builder; an `EncodingError` when a field is not finite; `HarnessError` when a finished trial cannot be
  ///   looked for.
  @discardableResult
  public mutating func add<R: Recipe>(
    _ recipe: R, seed: UInt64, factors: [String: String]? = nil
  ) throws -> Ref<R.Product> {
    var data: [String: String] = [:]
    for name in recipe.datasets {
      if digests[name] == nil { digests[name] = try digest(name) }
      data[name] = digests[name]
    }
    let cost = try CanonicalJSON.encode(
      recipe, userInfo: [RefCollector.infoKey: RefCollector(hidesKeys: true)])
    let group = Digest.sha256(
      of: "\(R.name) \(R.version) " + String(decoding: cost, as: UTF8.self))
    func planned(_ mode: String, replacing: [TrialKey: TrialKey] = [:]) throws -> PlannedTrial {
      let refs = RefCollector(replacing: replacing)
      let fields = try CanonicalJSON.tree(recipe, userInfo: [RefCollector.infoKey: refs])
      return PlannedTrial(
        key: try KeyMaterial(
          recipe: R.name, version: R.version, fields: fields, seed: seed, data: data,
          inputs: refs.keys, numericMode: mode
        ).key(),
        recipe: R.name, version: R.version, fields: fields, seed: seed, data: data,
        needs: refs.keys, numericMode: mode, costGroup: String(group.hex.prefix(16)),
        estimatedSeconds: recipe.estimatedSeconds, places: [])
    }
    let own = try planned(numericMode)
    var chosen = own
    if let finished {
      // This machine's own before others, what rests on planned trials before what rests on their alternatives.
      var found: [PlannedTrial] = []
      for replacing in [[:]] + replacements(of: own.needs) {
        for mode in [numericMode] + finished.others {
          let trial = try planned(mode, replacing: replacing)
          if try finished.contains(trial.key) { found.append(trial) }
        }
      }
      if let first = found.first(where: { !finished.refused.contains($0.key) }) { chosen = first }
      if chosen.key != own.key { standIns.insert(chosen.key) }
      for trial in found.reversed() where trial.key != chosen.key {
        alternatives[chosen.key, default: [:]][trial.numericMode] = trial
      }
    }
    chosen.places = factors.map { [$0] } ?? []
    try appendNeeds(of: chosen)
    try plan.append(chosen)
    return Ref(chosen.key)
  }

  /// Every way to put alternatives of one numeric mode in the place of needed trials.
  private func replacements(of needs: [TrialKey]) -> [[TrialKey: TrialKey]] {
    (finished.map { [numericMode] + $0.others } ?? []).compactMap { mode in
      let replacing = needs.reduce(into: [:]) { $0[$1] = alternatives[$1]?[mode]?.key }
      return replacing.isEmpty ? nil : replacing
    }
  }

  /// Plans the alternatives a stand-in rests on, which serve nothing else.
  private mutating func appendNeeds(of trial: PlannedTrial) throws {
    for need in trial.needs where plan[need] == nil {
      let known = alternatives.values.lazy.flatMap(\.values)
      guard let alternative = known.first(where: { $0.key == need }) else { continue }
      try appendNeeds(of: alternative)
      try plan.append(alternative)
    }
  }
}

/// Finished trials that may stand in for others of the same recipe and seed.
struct FinishedTrials {
  /// Numeric modes beside the machine's own, the first before the second.
  var others: [String]
  /// Finished, but not to be planned for what this machine runs: their products are missing.
  var refused: Set<TrialKey> = []
  /// Whether a trial is finished.
  var contains: (TrialKey) throws -> Bool
}

extension Recipe {
  /// The key this recipe has in a planned trial's setting: the check that program and plan agree.
  func key(like trial: PlannedTrial) throws -> TrialKey {
    let refs = RefCollector()
    _ = try CanonicalJSON.encode(self, userInfo: [RefCollector.infoKey: refs])
    return try KeyMaterial(
      recipe: Self.name, version: Self.version, fields: self, seed: trial.seed, data: trial.data,
      inputs: refs.keys, numericMode: trial.numericMode
    ).key()
  }
}
