import Files
import Foundation

/// The recorded trials of reports, by their keys.
///
/// A key says all that a trial depends on, so that experiments which ask for the same trial share its record, whichever of
/// them ran it.
public struct RecordLibrary: Sendable {
  private var folders: [TrialKey: [URL]] = [:]

  /// The records of one report.
  ///
  /// - Throws: `FileError` when the folder cannot be listed.
  public init(report: URL) throws { try add(report) }

  /// The records of all reports, `<id>/<tier>` in `folder`; none where there is no such folder.
  ///
  /// - Throws: `FileError` when a folder cannot be listed.
  public init(reports folder: URL) throws {
    for experiment in try Self.folders(in: folder) {
      for report in try Self.folders(in: experiment) { try add(report) }
    }
  }

  private mutating func add(_ report: URL) throws {
    for trial in try Self.folders(in: report.appendingPathComponent("records")) {
      guard let key = TrialKey(trial.lastPathComponent) else { continue }
      folders[key, default: []].append(trial)
    }
  }

  private static func folders(in folder: URL) throws -> [URL] {
    guard try FileStatus.of(folder)?.isFolder == true else { return [] }
    return try Folder.names(in: folder).map { folder.appendingPathComponent($0) }
      .filter { try FileStatus.of($0)?.isFolder == true }
  }

  /// The recorded trial, one with all its products before others, checked against its manifest; nil if no report has it.
  ///
  /// - Throws: `HarnessError` or `FileError` when a record is damaged.
  public func trial(_ key: TrialKey) throws -> CommittedTrial? {
    var partial: CommittedTrial?
    for folder in folders[key] ?? [] {
      let record = try TrialStore.read(folder, key: key, needsProducts: false)
      if record.isComplete { return record }
      partial = partial ?? record
    }
    return partial
  }
}

extension TrialStore {
  /// Takes a finished trial from records: with all its products as good as run here, else good as a result, and run again
  /// when a product is needed.
  ///
  /// - Returns: what was taken; nil when the store already has as much, or no record has the trial.
  /// - Throws: `HarnessError`, `FileError`.
  @discardableResult
  public func adopt(_ key: TrialKey, from records: RecordLibrary) throws -> CommittedTrial? {
    guard try trial(key) == nil, let record = try records.trial(key),
      try record.isComplete || result(key) == nil
    else { return nil }
    try prepare()
    let attempt = try beginAttempt(key)
    do {
      for name in try Folder.names(in: record.folder) {
        try AtomicFile.write(
          try Bytes.read(record.folder.appendingPathComponent(name)),
          to: attempt.folder.appendingPathComponent(name))
      }
      try FileManager.default.removeItem(
        at: attempt.folder.appendingPathComponent(TrialFile.lock))
      let target = record.isComplete ? trialFolder(key) : adoptedFolder(key)
      try Folder.make(target.deletingLastPathComponent())
      if try AtomicFolder.commit(from: attempt.folder, to: target) == .alreadyThere {
        discard(attempt)
      }
    } catch {
      discard(attempt)
      throw error
    }
    return record
  }
}
