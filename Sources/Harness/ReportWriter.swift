import Files
import Foundation

/// Writes `reports/<id>/<tier>/`: numbers, verdicts, provenance, records, and what the experiment presents.
///
/// Everything is a function of definition, references and finished trials, and appears all at once.
public struct ReportWriter: Sendable {
  /// The experiment.
  public let experiment: AnyExperiment
  /// Its `experiment.yml`.
  public let definition: ExperimentDefinition
  /// Its `references.csv`.
  public let references: References
  /// Its `claims.csv`.
  public let claimTexts: [ClaimText]

  /// A writer of these parts.
  public init(
    experiment: AnyExperiment, definition: ExperimentDefinition, references: References,
    claimTexts: [ClaimText]
  ) {
    self.experiment = experiment
    self.definition = definition
    self.references = references
    self.claimTexts = claimTexts
  }

  /// Reads `experiment.yml`, and `references.csv` and `claims.csv` where there are such, from `experiments/<id>/`.
  public init(experiment: AnyExperiment, folder: URL) throws {
    let references = folder.appendingPathComponent("references.csv")
    let claims = folder.appendingPathComponent("claims.csv")
    self.init(
      experiment: experiment, definition: try ExperimentDefinition(folder: folder),
      references: try FileStatus.of(references) == nil
        ? References() : References(references, experiment: experiment.id),
      claimTexts: try FileStatus.of(claims) == nil ? [] : ClaimText.read(claims))
  }

  /// Verdicts of results that were got with these settings.
  public func verdicts(_ results: Results, settings: JSONValue) throws -> [VerdictRow] {
    try VerdictTable.rows(
      results, definition: definition, references: references, claims: experiment.claims,
      texts: claimTexts,
      departures: SettingsDifference.departures(
        of: settings, from: experiment.settings(definition, tier: results.tier)))
  }

  /// Writes the report of the finished trials of a plan.
  ///
  /// - Returns: what it shows.
  /// - Throws: `HarnessError.cannotWrite`, what claims and presentation throw. A report that was there before
  ///   stays as it was unless the new one is complete.
  @discardableResult
  public func write(
    plan: Plan, settings: JSONValue, tier: Tier, store: TrialStore, to folder: URL
  ) throws -> ReportData {
    let index = RecordFolder.Index(
      experiment: experiment.id, tier: tier, settings: settings, plan: plan)
    try checkReplaceable(folder, settings: settings, tier: tier)
    return try write(index, to: folder) { try store.result($0) }
  }

  /// A run whose settings depart from the experiment's own does not take the place of a report of other settings.
  ///
  /// - Throws: `HarnessError.cannotWrite`, which names what differs.
  public func checkReplaceable(_ folder: URL, settings: JSONValue, tier: Tier) throws {
    let own = try experiment.settings(definition, tier: tier)
    let departures = SettingsDifference.departures(of: settings, from: own)
    guard tier != .smoke, !departures.isEmpty, let known = try? RecordFolder(report: folder),
      !SettingsDifference.departures(of: settings, from: known.index.settings).isEmpty
    else { return }
    throw HarnessError.cannotWrite(
      path: folder.path,
      why:
        "a report of other settings stands here (\(departures.joined(separator: ", "))); name another folder with --reports"
    )
  }

  /// Writes a report again from its own records.
  @discardableResult
  public func rewrite(_ folder: URL) throws -> ReportData {
    let records = try RecordFolder(report: folder)
    return try write(records.index, to: folder) { try records.trial($0) }
  }

  private func write(
    _ index: RecordFolder.Index, to folder: URL, trial: (TrialKey) throws -> CommittedTrial?
  ) throws -> ReportData {
    var trials: [CommittedTrial] = []
    var rows: [ResultRow] = []
    var products: [ReportData.Product] = []
    for planned in index.plan.trials {
      guard let done = try trial(planned.key) else { continue }
      trials.append(done)
      rows += try Results.rows(of: done.measurements, at: planned)
      products += planned.places.flatMap { place in
        done.manifest.products.map {
          .init(
            place: place, seed: planned.seed, name: $0.name, bytes: $0.bytes,
            url: $0.bytes <= RecordFolder.largestProduct
              ? done.folder.appendingPathComponent($0.name) : nil)
        }
      }
    }
    let results = Results(
      experiment: index.experiment, tier: index.tier, rows: rows,
      factors: Results.factors(of: index.plan))
    let report = ReportData(
      definition: definition, tier: index.tier, results: results, references: references,
      verdicts: try verdicts(results, settings: index.settings), products: products)
    do {
      try Folder.make(folder.deletingLastPathComponent())
      _ = try TemporaryName.sweep(folder.deletingLastPathComponent())
      let temporary = try TemporaryName.makeFolder(beside: folder)
      do {
        try AtomicFile.write(
          MeasurementTable.encode(results),
          to: temporary.appendingPathComponent("measurements.csv"))
        try AtomicFile.write(
          VerdictTable.encode(report.verdicts),
          to: temporary.appendingPathComponent("verdicts.csv"))
        let provenance = Provenance(index, trials.map(\.manifest))
        try AtomicFile.write(
          [UInt8](try CanonicalJSON.encode(provenance, pretty: true)) + [10],
          to: temporary.appendingPathComponent("provenance.json"))
        try RecordFolder.write(
          index, trials, into: temporary.appendingPathComponent("records"))
        try experiment.present(report, into: temporary)
        try Self.replace(folder, with: temporary)
      } catch {
        try? FileManager.default.removeItem(at: temporary)
        throw error
      }
    } catch let error as FileError {
      throw HarnessError.cannotWrite(path: folder.path, why: error.found)
    }
    return report
  }

  /// Puts a finished folder in the place of the old one; if that fails the old one is put back.
  private static func replace(_ folder: URL, with temporary: URL) throws {
    guard try FileStatus.of(folder) != nil else {
      _ = try AtomicFolder.commit(from: temporary, to: folder)
      return
    }
    let aside = try TemporaryName.makeFolder(beside: folder)
    let old = aside.appendingPathComponent("old")
    try FileManager.default.moveItem(at: folder, to: old)
    do {
      _ = try AtomicFolder.commit(from: temporary, to: folder)
    } catch {
      try? FileManager.default.moveItem(at: old, to: folder)
      try? FileManager.default.removeItem(at: aside)
      throw error
    }
    try? FileManager.default.removeItem(at: aside)
  }
}
