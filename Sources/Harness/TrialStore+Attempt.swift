import Files
import Foundation

/// A try at a trial in a folder of its own, until it is committed or thrown away.
struct Attempt {
  let key: TrialKey
  let folder: URL
}

/// Who works in an attempt's folder: process number, its start and the boot name one process for ever.
struct AttemptLock: Codable {
  var process: Int32
  var started: String?
  var boot: String
  var host: String

  static func own() -> AttemptLock {
    let process = ProcessInfo.processInfo.processIdentifier
    return AttemptLock(
      process: process, started: Libc.startTime(of: process), boot: Libc.bootID,
      host: ProcessInfo.processInfo.hostName)
  }

  /// Whether the owner certainly no longer runs. On another machine nothing is certain.
  var isDead: Bool {
    if host != ProcessInfo.processInfo.hostName { return false }
    if boot != Libc.bootID { return true }
    return !Libc.isAlive(process) || Libc.startTime(of: process) != started
  }
}

extension TrialStore {
  /// Opens a fresh folder for one try.
  func beginAttempt(_ key: TrialKey) throws -> Attempt {
    try prepare()
    let folder = part("attempts").appendingPathComponent("\(key.hex)-\(Self.randomName())")
    try Folder.make(folder)
    let lock = [UInt8](try CanonicalJSON.encode(AttemptLock.own()))
    try AtomicFile.write(lock, to: folder.appendingPathComponent(TrialFile.lock))
    return Attempt(key: key, folder: folder)
  }

  /// Throws a try away.
  func discard(_ attempt: Attempt) { try? FileManager.default.removeItem(at: attempt.folder) }

  /// Seals a finished try and makes it the trial, durably, or compares it with the one that came first.
  ///
  /// - Throws: `HarnessError.notDeterministic` when the other is of the same program and differs (ours is kept in `conflicts/`), `FileError`.
  func commit(_ attempt: Attempt, _ makeManifest: ([TrialManifest.FileRecord]) -> TrialManifest)
    throws -> CommittedTrial
  {
    try FileManager.default.removeItem(at: attempt.folder.appendingPathComponent(TrialFile.lock))
    var files: [TrialManifest.FileRecord] = []
    for name in try Folder.names(in: attempt.folder) {
      guard TrialFile.isPlain(name) else { throw HarnessError.badProductName(name) }
      let url = attempt.folder.appendingPathComponent(name)
      guard let status = try FileStatus.of(url), status.isRegular else {
        throw HarnessError.badProductName(name)
      }
      files.append(
        .init(name: name, bytes: status.bytes, sha256: try Digest.sha256(file: url).hex))
    }
    let manifest = makeManifest(files)
    let bytes = [UInt8](try CanonicalJSON.encode(manifest, pretty: true)) + [10]
    try AtomicFile.write(bytes, to: attempt.folder.appendingPathComponent(TrialFile.manifest))
    try AtomicFile.write(
      Digest.sha256(of: bytes).hex + "\n", to: attempt.folder.appendingPathComponent(TrialFile.seal)
    )
    try compare(manifest, with: adoptedFolder(attempt.key), attempt)
    if try AtomicFolder.commit(from: attempt.folder, to: trialFolder(attempt.key)) == .alreadyThere
    {
      // Another process won, or what is there is damaged; a damaged one is moved aside by reading it.
      if let winner = try trial(attempt.key) {
        try compare(manifest, with: winner.folder, attempt)
        discard(attempt)
        try? FileManager.default.removeItem(at: checkpointFile(attempt.key))
        return winner
      }
      _ = try AtomicFolder.commit(from: attempt.folder, to: trialFolder(attempt.key))
    }
    try? FileManager.default.removeItem(at: checkpointFile(attempt.key))
    try? FileManager.default.removeItem(at: failureFolder(attempt.key))
    try? FileManager.default.removeItem(at: adoptedFolder(attempt.key))
    let committed = try Self.read(
      trialFolder(attempt.key), key: attempt.key, needsProducts: true)
    remember(committed)
    return committed
  }

  private func compare(_ ours: TrialManifest, with place: URL, _ attempt: Attempt) throws {
    guard
      let other = try? Self.read(place, key: ours.key, needsProducts: false).manifest,
      ours.isOfSameProgram(as: other),
      let file = zip(ours.resultFiles, other.resultFiles).first(where: { $0 != $1 })?.0.name
        ?? (ours.resultFiles.count == other.resultFiles.count ? nil : "set of files")
    else { return }
    let kept = part("conflicts").appendingPathComponent(attempt.folder.lastPathComponent)
    try Folder.make(part("conflicts"))
    try FileManager.default.moveItem(at: attempt.folder, to: kept)
    throw HarnessError.notDeterministic(
      trial: ours.key.short, file: file, keptAt: "conflicts/\(kept.lastPathComponent)")
  }

  /// Removes what dead processes left: attempts, status files, temporaries. What a living process works on stays.
  func sweep() {
    for folder in staleAttempts { try? FileManager.default.removeItem(at: folder) }
    _ = try? TemporaryName.sweep(part("checkpoints"))
  }

  /// Folders of tries whose process is gone.
  var staleAttempts: [URL] {
    attempts.filter { folder, lock in
      if let lock { return lock.isDead }
      // Without a lock it is just being opened or just being committed, or its owner died there.
      let status = try? FileStatus.of(folder)
      let age = Date().timeIntervalSince1970 - Double(status?.modifiedNanoseconds ?? 0) / 1e9
      return age > 3600
    }.map(\.folder)
  }

  /// Every try with what its lock says.
  var attempts: [(folder: URL, lock: AttemptLock?)] {
    let names = (try? Folder.names(in: part("attempts"))) ?? []
    return names.map { name in
      let folder = part("attempts").appendingPathComponent(name)
      let bytes = try? Bytes.read(folder.appendingPathComponent(TrialFile.lock), limit: 1 << 16)
      return (
        folder, bytes.flatMap { try? CanonicalJSON.decode(AttemptLock.self, from: Data($0)) }
      )
    }
  }

  /// The reason a trial failed last, if it did.
  public func failure(_ key: TrialKey) -> TrialFailure? {
    let url = failureFolder(key).appendingPathComponent("failure.json")
    guard let bytes = try? Bytes.read(url, limit: 1 << 20) else { return nil }
    return try? CanonicalJSON.decode(TrialFailure.self, from: Data(bytes))
  }

  /// Keeps reason and log of a failed try, for people and for the parent process.
  func keepFailure(_ failure: TrialFailure, of attempt: Attempt) {
    let place = failureFolder(attempt.key)
    do {
      try Folder.make(place)
      let log = try Bytes.read(attempt.folder.appendingPathComponent(TrialFile.log))
      try AtomicFile.write(log, to: place.appendingPathComponent(TrialFile.log))
      try AtomicFile.write(
        [UInt8](try CanonicalJSON.encode(failure)), to: place.appendingPathComponent("failure.json")
      )
    } catch {
      // The store may be what failed: the exit code still tells.
    }
  }
}
