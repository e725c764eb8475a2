import Files
import Foundation
import Yams

/// `experiment.yml`: title, paper, settings per tier, margins with reasons, and which side of a metric is better.
///
/// ```yaml
/// title: Table 1 of ...
/// paper: Molchanov et al., 2017
/// settings: {batch: 100}            # shared by all tiers
/// tiers:
///   smoke: {epochs: 2}
///   paper: {epochs: 200}
/// metrics:
///   test_error: {better: lower, unit: "%", margin: {absolute: 0.15, reason: "..."}}
/// ```
public struct ExperimentDefinition: Sendable {
  /// Id of the experiment: the name of its folder.
  public let id: String
  /// One line.
  public let title: String
  /// The paper.
  public let paper: String
  /// Per metric: direction, unit, margin.
  public let metrics: [String: Metric]
  /// Tiers it can run at, smallest first.
  public let tiers: [Tier]
  /// Why references are not comparable at the paper tier either, if so.
  public let notComparable: String?
  /// Whether its numbers are plain arithmetic, so that one run of it is enough for a verdict.
  public let isDeterministic: Bool
  /// Settings of each tier as YAML text: nodes cannot cross threads.
  private let texts: [Tier: String]

  /// What is declared of a metric before the first run.
  public struct Metric: Hashable, Sendable {
    /// The better side.
    public var better: Direction
    /// Unit of its numbers.
    public var unit: String
    /// Declared margin; nil leaves half a unit of the last printed digit.
    public var margin: Margin?

    /// A declaration.
    public init(better: Direction = .none, unit: String = "", margin: Margin? = nil) {
      self.better = better
      self.unit = unit
      self.margin = margin
    }
  }

  /// Reads `experiments/<id>/experiment.yml`.
  ///
  /// - Throws: `FileError`; `HarnessError.malformed` with the line, `.unknownName` for keys nobody knows.
  public init(folder: URL) throws {
    let url = folder.appendingPathComponent("experiment.yml")
    let bytes = try Bytes.read(url, limit: 1 << 22)
    try self.init(
      id: folder.lastPathComponent, yaml: String(decoding: bytes, as: UTF8.self),
      file: "experiments/\(folder.lastPathComponent)/experiment.yml")
  }

  /// Reads the text of an `experiment.yml`.
  public init(id: String, yaml: String, file: String = "experiment.yml") throws {
    let reader = YAMLReader(file: file)
    let root = try reader.mapping(try reader.compose(yaml), "a mapping")
    try reader.check(
      root,
      known: ["title", "paper", "settings", "tiers", "metrics", "not_comparable", "deterministic"],
      kind: "key"
    )
    self.id = id
    title = try reader.text(root, "title")
    paper = try reader.text(root, "paper")
    notComparable = root["not_comparable"]?.string
    isDeterministic =
      try root["deterministic"].map { try reader.truth($0, "deterministic") } ?? false
    let shared = try root["settings"].map { try reader.mapping($0, "settings") }
    guard let tierNode = root["tiers"] else {
      throw HarnessError.malformed(file: file, line: nil, expected: "key 'tiers'", found: "none")
    }
    let tierMap = try reader.mapping(tierNode, "tiers")
    try reader.check(tierMap, known: Tier.allCases.map(\.rawValue), kind: "tier")
    var texts: [Tier: String] = [:]
    for tier in Tier.allCases {
      guard let node = tierMap[tier.rawValue] else { continue }
      let own = node.null == nil ? try reader.mapping(node, "tier \(tier.rawValue)") : [:]
      texts[tier] = try Yams.serialize(node: .mapping(reader.merge(shared ?? [:], own)))
    }
    self.texts = texts
    tiers = Tier.allCases.filter { texts[$0] != nil }
    metrics = try reader.metrics(root["metrics"])
  }

  /// Typed settings of a tier, with `key=value` overrides on top.
  ///
  /// Values are typed by the schema, not by YAML: `no` stays text where text is wanted.
  /// - Throws: `HarnessError.unknownName` (tier or key, with a suggestion), `.wrongType`, `.missingSetting`.
  public func settings<S: Codable>(
    _ type: S.Type, tier: Tier, overrides: [String] = []
  ) throws -> S {
    guard let text = texts[tier] else {
      throw HarnessError.unknownName(
        kind: "tier of \(id)", name: tier.rawValue, suggestion: nil, known: tiers.map(\.rawValue))
    }
    let reader = YAMLReader(file: "experiments/\(id)/experiment.yml")
    let base = try SettingsReader.decode(type, try reader.compose(text))
    return try SettingsReader.applying(overrides, to: base)
  }
}
