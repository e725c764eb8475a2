import Foundation

/// One table or figure of a paper: what to run for it, what the paper claims, how it is shown.
public protocol Experiment: Sendable {
  /// Typed settings of a tier, read from `experiment.yml`.
  associatedtype Settings: Codable & Sendable
  /// Such as `sparse-vd-table1`.
  static var id: String { get }
  /// Experiments hold no state.
  init()
  /// Adds every recipe with its seeds and factors.
  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws
  /// The paper's statements; wording in `claims.csv`.
  var claims: [Claim] { get }
  /// Writes tables and figures into `folder`, from the report alone: same rows, same bytes.
  func present(_ report: ReportData, into folder: URL) throws
}

extension Experiment {
  /// No claims.
  public var claims: [Claim] { [] }
}

/// Everything tables and figures are made from.
public struct ReportData: Sendable {
  /// Id, title, paper, margins, directions.
  public let definition: ExperimentDefinition
  /// Tier shown.
  public let tier: Tier
  /// Our numbers.
  public let results: Results
  /// The paper's numbers.
  public let references: References
  /// What comparing says, in order of references, then claims.
  public let verdicts: [VerdictRow]
  /// The files that trials left, also where they are not in the report.
  public let products: [Product]

  /// A file of a trial.
  public struct Product: Sendable {
    /// Factors the trial stands at.
    public let place: [String: String]
    /// The trial's seed.
    public let seed: UInt64
    /// Plain name.
    public let name: String
    /// Length in bytes.
    public let bytes: Int
    /// Where it can be read; nil for one that is too large to stand in the records, so that a report never depends on it.
    public let url: URL?
  }

  /// A report's content.
  public init(
    definition: ExperimentDefinition, tier: Tier, results: Results, references: References,
    verdicts: [VerdictRow], products: [Product] = []
  ) {
    self.definition = definition
    self.tier = tier
    self.results = results
    self.references = references
    self.verdicts = verdicts
    self.products = products
  }

  /// The same of our numbers and files at a place alone.
  public func restricted(to place: [String: String]) -> ReportData {
    ReportData(
      definition: definition, tier: tier, results: results.restricted(to: place),
      references: references, verdicts: verdicts,
      products: products.filter { product in
        place.allSatisfy { (product.place[$0.key] ?? "") == $0.value }
      })
  }
}

/// An experiment whose settings type is hidden, so that a registry can list many.
public struct AnyExperiment: Sendable {
  /// Id of the experiment.
  public let id: String
  /// The paper's statements.
  public let claims: [Claim]
  private let planned:
    @Sendable (ExperimentDefinition, Tier, [String], inout PlanBuilder) throws -> Void
  private let shown: @Sendable (ExperimentDefinition, Tier, [String]) throws -> JSONValue
  private let presented: @Sendable (ReportData, URL) throws -> Void

  /// Hides the type of an experiment.
  public init<E: Experiment>(_ type: E.Type) {
    id = E.id
    claims = E().claims
    planned = { definition, tier, overrides, builder in
      let settings = try definition.settings(E.Settings.self, tier: tier, overrides: overrides)
      try E().plan(settings, tier: tier, into: &builder)
    }
    shown = { definition, tier, overrides in
      try CanonicalJSON.tree(
        definition.settings(E.Settings.self, tier: tier, overrides: overrides))
    }
    presented = { try E().present($0, into: $1) }
  }

  /// Adds the trials of a tier; `overrides` are `key=value` texts.
  public func plan(
    _ definition: ExperimentDefinition, tier: Tier, overrides: [String] = [],
    into builder: inout PlanBuilder
  ) throws {
    try planned(definition, tier, overrides, &builder)
  }

  /// Effective settings as a JSON object.
  public func settings(
    _ definition: ExperimentDefinition, tier: Tier, overrides: [String] = []
  ) throws -> JSONValue {
    try shown(definition, tier, overrides)
  }

  /// Writes tables and figures.
  public func present(_ report: ReportData, into folder: URL) throws {
    try presented(report, folder)
  }
}

/// The experiments a program knows.
public struct ExperimentRegistry: Sendable {
  /// In the order they were listed.
  public let experiments: [AnyExperiment]

  /// A registry; two of one id are a programmer's mistake.
  public init(_ experiments: [AnyExperiment]) {
    precondition(
      Set(experiments.map(\.id)).count == experiments.count, "two experiments share an id")
    self.experiments = experiments
  }

  /// The experiment of this id.
  ///
  /// - Throws: `HarnessError.unknownName` with the nearest id.
  public func experiment(_ id: String) throws -> AnyExperiment {
    if let found = experiments.first(where: { $0.id == id }) { return found }
    let known = experiments.map(\.id)
    throw HarnessError.unknownName(
      kind: "experiment", name: id, suggestion: nearestName(to: id, in: known), known: known)
  }
}
