import Foundation
import Synchronization

/// How one piece of work is done: train this network, fit this prior, predict.
///
/// Its `Codable` fields are its identity: together with name, version, seed and data they make the
/// trial's key. A field of type `Ref` is an edge to another trial. Fields must encode the same way
/// every time: no `Set`, no date, no path.
public protocol Recipe: Codable, Sendable {
  /// What its product is, so that only fitting edges compile; a marker type will do.
  associatedtype Product = Void
  /// Name in keys and registry, such as `sparse-vd-train`.
  static var name: String { get }
  /// Raised when the meaning of the fields or of the result changes.
  static var version: Int { get }
  /// Names of the data sets it reads; their digests go into the key.
  var datasets: [String] { get }
  /// Expected duration in seconds on one core, if it can be told beforehand.
  var estimatedSeconds: Double? { get }
  /// Does the work: reads inputs, records measurements, writes product files.
  func run(_ context: TrialContext) throws
}

extension Recipe {
  /// No data set.
  public var datasets: [String] { [] }
  /// Unknown.
  public var estimatedSeconds: Double? { nil }
}

/// An edge to the trial that leaves a `Product`, obtained from `PlanBuilder.add`.
///
/// Encodes as the key of that trial, so a recipe that holds it depends on everything that trial depends on.
public struct Ref<Product>: Hashable, Sendable, Codable {
  /// Key of the trial that makes the product.
  public let key: TrialKey

  /// An edge to a known trial.
  public init(_ key: TrialKey) { self.key = key }

  /// Reads the key.
  public init(from decoder: any Decoder) throws { key = try TrialKey(from: decoder) }

  /// Writes the key, and tells the planner, if one listens, that the edge exists.
  public func encode(to encoder: any Encoder) throws {
    let collector = encoder.userInfo[RefCollector.infoKey] as? RefCollector
    let key = collector?.insert(key) ?? key
    var container = encoder.singleValueContainer()
    try container.encode(collector?.hidesKeys == true ? "" : key.hex)
  }
}

/// Gathers the edges of a recipe while it is encoded, so that no author can forget to list one.
///
/// A class because encoders pass it by reference through `userInfo`.
final class RefCollector: Sendable {
  static let infoKey = CodingUserInfoKey(rawValue: "bench.refs")!
  private let found = Mutex<Set<TrialKey>>([])
  /// Encode edges as empty text: what is left tells how costly the recipe is, whatever the seed.
  let hidesKeys: Bool
  /// Edges to other trials than the recipe has them.
  private let replacing: [TrialKey: TrialKey]

  init(hidesKeys: Bool = false, replacing: [TrialKey: TrialKey] = [:]) {
    self.hidesKeys = hidesKeys
    self.replacing = replacing
  }

  /// Notes an edge; returns the trial it leads to.
  func insert(_ key: TrialKey) -> TrialKey {
    let key = replacing[key] ?? key
    found.withLock { _ = $0.insert(key) }
    return key
  }
  var keys: [TrialKey] { found.withLock { $0.sorted() } }
}

/// The recipes a program knows, by name: a trial process finds its code here.
public struct RecipeRegistry: Sendable {
  private let types: [String: any Recipe.Type]

  /// A registry of these types; two of one name are a programmer's mistake.
  public init(_ recipes: [any Recipe.Type]) {
    types = Dictionary(recipes.map { ($0.name, $0) }) { first, _ in
      preconditionFailure("two recipes are named \(first.name)")
    }
  }

  /// Names in alphabetical order.
  public var names: [String] { types.keys.sorted() }

  /// The typed recipe of a planned trial.
  ///
  /// - Throws: `HarnessError.unknownRecipe` or `.recipeVersion`, or a `DecodingError`.
  func recipe(of trial: PlannedTrial) throws -> any Recipe {
    guard let type = types[trial.recipe] else {
      throw HarnessError.unknownRecipe(trial.recipe, known: names)
    }
    guard type.version == trial.version else {
      throw HarnessError.recipeVersion(trial.recipe, planned: trial.version, here: type.version)
    }
    return try CanonicalJSON.decode(type, from: CanonicalJSON.encode(trial.fields))
  }
}
