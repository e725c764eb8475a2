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
  /// Numeric mode of all trials, such as `avx512`, but those of `others` that are finished.
  public let numericMode: String
  private let others: [String]
  private let isFinished: (TrialKey) throws -> Bool
  private let digest: (String) throws -> String
  private var digests: [String: String] = [:]

  /// A builder.
  ///
  /// - Parameter digest: the digest of a data set by name; it may throw when the data set is unknown or missing.
  public init(numericMode: String, digest: @escaping (String) throws -> String) {
    self.init(numericMode: numericMode, others: [], isFinished: { _ in false }, digest: digest)
  }

  /// A builder for which a finished trial of other kernels stands in for one that this machine has not finished.
  ///
  /// - Parameter others: their modes, the first before the second.
  init(
    numericMode: String, others: [String], isFinished: @escaping (TrialKey) throws -> Bool,
    digest: @escaping (String) throws -> String
  ) {
    self.numericMode = numericMode
    self.others = others
    self.isFinished = isFinished
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
    let refs = RefCollector()
    let fields = try CanonicalJSON.tree(recipe, userInfo: [RefCollector.infoKey: refs])
    let cost = try CanonicalJSON.encode(
      recipe, userInfo: [RefCollector.infoKey: RefCollector(hidesKeys: true)])
    func key(_ mode: String) throws -> TrialKey {
      try KeyMaterial(
        recipe: R.name, version: R.version, fields: recipe, seed: seed, data: data,
        inputs: refs.keys, numericMode: mode
      ).key()
    }
    var (mode, own) = (numericMode, try key(numericMode))
    if !others.isEmpty, try !isFinished(own) {
      for other in others {
        let candidate = try key(other)
        if try isFinished(candidate) {
          (mode, own) = (other, candidate)
          break
        }
      }
    }
    let group = Digest.sha256(
      of: "\(R.name) \(R.version) " + String(decoding: cost, as: UTF8.self))
    try plan.append(
      PlannedTrial(
        key: own, recipe: R.name, version: R.version, fields: fields, seed: seed, data: data,
        needs: refs.keys, numericMode: mode, costGroup: String(group.hex.prefix(16)),
        estimatedSeconds: recipe.estimatedSeconds, places: factors.map { [$0] } ?? []))
    return Ref(own)
  }
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
