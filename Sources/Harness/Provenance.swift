import Foundation
import Subprocess

#if canImport(System)
  import System
#else
  import SystemPackage
#endif

/// `provenance.json`: what the numbers were made with. A function of the records alone, so that rendering
/// again gives the same bytes.
public struct Provenance: Codable, Sendable {
  /// Version of this layout.
  public var schema = 1
  /// Id of the experiment.
  public var experiment: String
  /// Tier.
  public var tier: Tier
  /// Effective settings.
  public var settings: JSONValue
  /// Instruction-set paths used.
  public var numericModes: [String]
  /// Compiler, libraries, source revision, processor: every value seen, by name.
  public var versions: [String: [String]]
  /// Digests of data sets, by name.
  public var data: [String: [String]]
  /// Seeds in ascending order.
  public var seeds: [UInt64]
  /// Wall-clock seconds of all trials together.
  public var wallSeconds: Double
  /// Processor seconds of all trials together.
  public var cpuSeconds: Double
  /// One entry per finished trial, in the order of the plan.
  public var trials: [Entry]
  /// Keys of planned trials that are not finished.
  public var missing: [TrialKey]

  /// A finished trial.
  public struct Entry: Codable, Sendable {
    /// Identity.
    public var key: TrialKey
    /// Name of the recipe.
    public var recipe: String
    /// Version of the recipe.
    public var version: Int
    /// Seed.
    public var seed: UInt64
    /// Keys of the trials it read.
    public var inputs: [TrialKey]
    /// Wall-clock seconds.
    public var wallSeconds: Double
    /// Processor seconds.
    public var cpuSeconds: Double
    /// Peak memory in bytes.
    public var peakBytes: Int
  }

  init(_ index: RecordFolder.Index, _ manifests: [TrialManifest]) {
    experiment = index.experiment
    tier = index.tier
    settings = index.settings
    numericModes = Set(manifests.map(\.numericMode)).sorted()
    func gathered(_ pairs: [[String: String]]) -> [String: [String]] {
      var sets: [String: Set<String>] = [:]
      for pair in pairs { for (name, value) in pair { sets[name, default: []].insert(value) } }
      return sets.mapValues { $0.sorted() }
    }
    versions = gathered(manifests.map(\.versions))
    data = gathered(manifests.map(\.data))
    seeds = Set(manifests.map(\.seed)).sorted()
    wallSeconds = manifests.map(\.wallSeconds).reduce(0, +)
    cpuSeconds = manifests.map(\.cpuSeconds).reduce(0, +)
    trials = manifests.map {
      Entry(
        key: $0.key, recipe: $0.recipe, version: $0.version, seed: $0.seed, inputs: $0.inputs,
        wallSeconds: $0.wallSeconds, cpuSeconds: $0.cpuSeconds, peakBytes: $0.peakBytes)
    }
    let finished = Set(manifests.map(\.key))
    missing = index.plan.trials.filter { !$0.places.isEmpty && !finished.contains($0.key) }
      .map(\.key)
  }

  /// Processor and system of this machine, for a program to add to its versions. No host or user name.
  public static func machine() -> [String: String] {
    var facts = [
      "cores": String(ProcessInfo.processInfo.processorCount),
      "memory_gib": String(ProcessInfo.processInfo.physicalMemory >> 30),
    ]
    if let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("model name") }),
      let colon = line.firstIndex(of: ":")
    {
      facts["processor"] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    if let text = try? String(contentsOfFile: "/etc/os-release", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("PRETTY_NAME=") })
    {
      facts["system"] = line.dropFirst("PRETTY_NAME=".count)
        .trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    }
    return facts
  }

  /// Revision of the source tree at `folder`, with `-dirty` when it has changes; nil outside of git.
  public static func sourceRevision(of folder: URL) async -> String? {
    func git(_ arguments: [String]) async -> String? {
      let result = try? await Subprocess.run(
        .name("git"), arguments: Arguments(["-C", folder.path] + arguments), input: .none,
        output: .string(limit: 1 << 22), error: .discarded)
      guard let result, result.terminationStatus.isSuccess else { return nil }
      return result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    guard let revision = await git(["rev-parse", "HEAD"]) else { return nil }
    let changes = await git(["status", "--porcelain", "--untracked-files=no"])
    return changes?.isEmpty == false ? revision + "-dirty" : revision
  }
}
