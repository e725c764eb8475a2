import Files
import Foundation

/// A trial that a process works on now.
public struct RunningTrial: Sendable {
  /// Identity.
  public let key: TrialKey
  /// Its process on this machine; nil when it runs on another one.
  public let process: Int32?
  /// Share that is done, as the trial last told.
  public let fraction: Double?
  /// What it last told.
  public let note: String
}

/// Something in a store that no finished trial consists of.
public struct Leftover: Hashable, Sendable {
  /// What it is.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// A try whose process is gone.
    case attempt
    /// State of a trial between two epochs, from which it would go on.
    case checkpoint
    /// Reason and log of a trial that failed.
    case failure
    /// A damaged trial that was moved aside.
    case quarantine
    /// The other result of a trial that gave two.
    case conflict
  }
  /// What it is.
  public let kind: Kind
  /// File or folder.
  public let url: URL
  /// Bytes on disk.
  public let bytes: Int
}

extension TrialStore {
  /// Trials being worked on.
  public func running() -> [RunningTrial] {
    attempts.compactMap { folder, lock in
      guard let lock, !lock.isDead,
        let key = TrialKey(String(folder.lastPathComponent.prefix(64)))
      else { return nil }
      let bytes = try? Bytes.read(statusFile(key), limit: 1 << 16)
      let status = bytes.flatMap { try? CanonicalJSON.decode(TrialStatus.self, from: Data($0)) }
      let isHere = lock.host == ProcessInfo.processInfo.hostName
      return RunningTrial(
        key: key, process: isHere ? lock.process : nil, fraction: status?.fraction,
        note: status?.note ?? "")
    }
  }

  /// Keys of trials that can go on from a checkpoint, unchecked.
  public func checkpointed() -> [TrialKey] {
    names("checkpoints").compactMap { TrialKey(String($0.prefix(64))) }
  }

  /// Keys of trials that failed last time.
  public func failed() -> [TrialKey] { names("failures").compactMap { TrialKey($0) } }

  /// Keys of trials adopted from a report without their products.
  public func adopted() -> [TrialKey] { names("adopted").compactMap { TrialKey($0) } }

  /// Every trial of every plan that was run with this store; plans that do not read are left out.
  public func planned() -> [TrialKey: PlannedTrial] {
    var known: [TrialKey: PlannedTrial] = [:]
    for name in names("plans") {
      guard let frozen = try? FrozenPlan.read(part("plans").appendingPathComponent(name)) else {
        continue
      }
      for trial in frozen.plan.trials where known[trial.key]?.places.isEmpty ?? true {
        known[trial.key] = trial
      }
    }
    return known
  }

  /// What could be removed without losing a finished trial.
  ///
  /// - Parameter age: seconds since a checkpoint was last written before it counts as left over; one that a
  ///   running trial uses never does.
  public func leftovers(checkpointsOlderThan age: Double) -> [Leftover] {
    let now = Date().timeIntervalSince1970
    let busy = Set(running().map(\.key))
    let finished = Set(keys())
    var found = staleAttempts.map { leftover(.attempt, $0) }
    for name in names("checkpoints") {
      let url = part("checkpoints").appendingPathComponent(name)
      guard let key = TrialKey(String(name.prefix(64))), !busy.contains(key) else { continue }
      let changed = Double((try? FileStatus.of(url))?.modifiedNanoseconds ?? 0) / 1e9
      if finished.contains(key) || now - changed >= age { found.append(leftover(.checkpoint, url)) }
    }
    let rest: [(String, Leftover.Kind)] = [
      ("failures", .failure), ("quarantine", .quarantine), ("conflicts", .conflict),
    ]
    for (folder, kind) in rest {
      found += names(folder).map { leftover(kind, part(folder).appendingPathComponent($0)) }
    }
    return found
  }

  /// Removes a leftover.
  ///
  /// - Throws: `HarnessError.cannotWrite`.
  public func remove(_ leftover: Leftover) throws {
    do {
      try FileManager.default.removeItem(at: leftover.url)
    } catch {
      throw HarnessError.cannotWrite(path: leftover.url.path, why: error.localizedDescription)
    }
  }

  private func names(_ name: String) -> [String] { (try? Folder.names(in: part(name))) ?? [] }

  private func leftover(_ kind: Leftover.Kind, _ url: URL) -> Leftover {
    let inside = ((try? Folder.files(below: url)) ?? []).map { url.appendingPathComponent($0) }
    let isFolder = (try? FileStatus.of(url))?.isFolder ?? false
    let bytes = (isFolder ? inside : [url]).reduce(0) {
      $0 + ((try? FileStatus.of($1))?.bytes ?? 0)
    }
    return Leftover(kind: kind, url: url, bytes: bytes)
  }
}
