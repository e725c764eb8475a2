import Files
import Foundation

/// `records/` of a report: the plan with its factors, and of every trial the manifest, numbers, log and small products.
///
/// From it a fresh clone renders, compares and tests without training.
public struct RecordFolder: Sendable {
  /// Products up to this size stand in the records: 2.4 MB, so that a prior of 5 x 5 kernels does, which takes an hour to learn.
  public static let largestProduct = 2_400_000
  /// All of them together take at most this: 24 MB.
  public static let largestTotal = 24_000_000
  static let planFile = "plan.json"

  /// What was run, for what.
  public struct Index: Codable, Sendable {
    /// Version of this layout.
    public var schema = 1
    /// Id of the experiment.
    public var experiment: String
    /// Tier.
    public var tier: Tier
    /// Effective settings.
    public var settings: JSONValue
    /// Trials with their factors.
    public var plan: Plan
  }

  /// The folder.
  public let folder: URL
  /// What was run.
  public let index: Index

  /// Opens `records/` inside the folder of a report.
  ///
  /// - Throws: `HarnessError.noReport` when there is none, `.malformed`, `FileError`.
  public init(report: URL) throws {
    folder = report.appendingPathComponent("records")
    let url = folder.appendingPathComponent(Self.planFile)
    guard try FileStatus.of(url) != nil else {
      throw HarnessError.noReport("\(report.lastPathComponent): no report with records here")
    }
    let bytes = try Bytes.read(url, limit: 1 << 28)
    do {
      index = try CanonicalJSON.decode(Index.self, from: Data(bytes))
    } catch let error as HarnessError {
      throw error
    } catch {
      throw HarnessError.malformed(
        file: "records/\(Self.planFile)", line: nil, expected: "a recorded plan",
        found: "something else")
    }
    guard index.schema == 1 else {
      throw HarnessError.malformed(
        file: "records/\(Self.planFile)", line: nil, expected: "schema 1", found: "\(index.schema)")
    }
  }

  /// The recorded trial, checked against its manifest; nil if it was not finished.
  ///
  /// - Throws: `HarnessError` or `FileError` when a record is damaged.
  public func trial(_ key: TrialKey) throws -> CommittedTrial? {
    let place = folder.appendingPathComponent(key.hex)
    guard try FileStatus.of(place) != nil else { return nil }
    return try TrialStore.read(place, key: key, needsProducts: false)
  }

  /// The size up to which products of a report stand in its records: `largestProduct`, or less where that would exceed
  /// `largestTotal`. Of products of one size all stand there or none.
  ///
  /// - Parameter sizes: of all products.
  public static func sizeLimit(of sizes: [Int]) -> Int {
    var total = 0
    let sorted = sizes.filter { $0 <= largestProduct }.sorted()
    for (index, size) in sorted.enumerated() {
      total += size
      guard total > largestTotal else { continue }
      return sorted[..<index].last { $0 < size } ?? 0
    }
    return largestProduct
  }

  /// Writes records of the finished trials of a plan; what is not small stays out, as does what a trial's own record lacks.
  ///
  /// - Throws: `FileError`, also when what every record needs is gone since the trial was read.
  static func write(
    _ index: Index, _ trials: [CommittedTrial], into folder: URL
  ) throws {
    try Folder.make(folder)
    try AtomicFile.write(
      [UInt8](try CanonicalJSON.encode(index, pretty: true)) + [10],
      to: folder.appendingPathComponent(planFile))
    let needed = [TrialFile.manifest, TrialFile.seal, TrialFile.measurements]
    let limit = sizeLimit(of: trials.flatMap { $0.manifest.products.map(\.bytes) })
    for trial in trials {
      let place = folder.appendingPathComponent(trial.key.hex)
      try Folder.make(place)
      let large = Set(trial.manifest.products.filter { $0.bytes > limit }.map(\.name))
      var names = [TrialFile.manifest, TrialFile.seal]
      names += trial.manifest.files.filter {
        !large.contains($0.name)
          && ($0.bytes <= largestProduct || $0.name == TrialFile.measurements)
      }.map(\.name)
      for name in names {
        let source = trial.folder.appendingPathComponent(name)
        guard try needed.contains(name) || FileStatus.of(source) != nil else { continue }
        try AtomicFile.write(try Bytes.read(source), to: place.appendingPathComponent(name))
      }
    }
  }
}

extension Results {
  /// The results a report was made from.
  ///
  /// - Throws: `HarnessError`, `FileError` when a record is missing its parts or damaged.
  public init(fromRecords records: RecordFolder) throws {
    var rows: [ResultRow] = []
    for trial in records.index.plan.trials where !trial.places.isEmpty {
      guard let done = try records.trial(trial.key) else { continue }
      rows += try Self.rows(of: done.measurements, at: trial)
    }
    self.init(
      experiment: records.index.experiment, tier: records.index.tier, rows: rows,
      factors: Self.factors(of: records.index.plan))
  }
}
