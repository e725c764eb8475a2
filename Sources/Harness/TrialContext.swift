import Files
import Foundation
import Logging
import Synchronization

/// What a running recipe sees of the world: its seed, its inputs, and places to leave results.
///
/// A class, one per trial, because measurements and progress gather while the recipe runs. A recipe
/// may call it from several threads.
public final class TrialContext: Sendable {
  /// Seed of the trial.
  public let seed: UInt64
  /// Identity of the trial.
  public let key: TrialKey
  /// Writes into the trial's `log.txt`.
  public let log: Logger
  /// Opaque objects the program passes to its recipes, such as a data set catalogue.
  public let services: Services

  private let folder: URL
  private let checkpointFile: URL
  private let statusFile: URL
  private let inputs: [TrialKey: CommittedTrial]
  private let interruption: Interruption
  private let state = Mutex(State())

  private struct State {
    var measurements: [Measurement] = []
    var lastStatus = -Double.infinity
    var earlierWall = 0.0
    var earlierCPU = 0.0
  }

  init(
    trial: PlannedTrial, folder: URL, checkpointFile: URL, statusFile: URL,
    inputs: [TrialKey: CommittedTrial], services: Services, interruption: Interruption, log: Logger
  ) {
    seed = trial.seed
    key = trial.key
    self.log = log
    self.folder = folder
    self.checkpointFile = checkpointFile
    self.statusFile = statusFile
    self.inputs = inputs
    self.services = services
    self.interruption = interruption
  }

  // MARK: Results

  /// Records one number, in the order of calls.
  ///
  /// - Throws: `TrialFailure.diverged` when it is not finite; `HarnessError.badColumn` for a coordinate
  ///   name that the tables use themselves.
  public func record(
    _ metric: String, _ value: Double, unit: String = "", coordinates: [String: String] = [:]
  ) throws {
    guard value.isFinite else { throw TrialFailure.diverged("\(metric) is \(value)") }
    for name in coordinates.keys where reservedColumns.contains(name) || name.isEmpty {
      throw HarnessError.badColumn(name)
    }
    let row = Measurement(metric: metric, coordinates: coordinates, value: value, unit: unit)
    state.withLock { $0.measurements.append(row) }
  }

  var measurements: [Measurement] { state.withLock { $0.measurements } }

  /// Where to write a product file of this plain name; it is hashed and committed with the trial.
  ///
  /// - Throws: `HarnessError.badProductName` for a path, a hidden name, or a name the harness uses.
  public func productURL(_ name: String) throws -> URL {
    guard TrialFile.isPlain(name), !TrialFile.reserved.contains(name) else {
      throw HarnessError.badProductName(name)
    }
    return folder.appendingPathComponent(name)
  }

  /// The finished trial at the other end of an edge.
  ///
  /// - Throws: `HarnessError.missingInput` when the edge is not one of this recipe's fields.
  public func input<Product>(_ ref: Ref<Product>) throws -> CommittedTrial {
    guard let trial = inputs[ref.key] else {
      throw HarnessError.missingInput(trial: key.short, needs: ref.key.short)
    }
    return trial
  }

  // MARK: Stopping and going on

  /// Whether the trial should save a checkpoint and throw `TrialFailure.interrupted`.
  public var isInterrupted: Bool { interruption.isRequested }

  /// Throws `TrialFailure.interrupted` if the trial should stop. For recipes too short for checkpoints.
  public func throwIfInterrupted() throws {
    if isInterrupted { throw TrialFailure.interrupted }
  }

  /// Keeps everything needed to go on after step `step`: the recipe's own bytes, and the numbers recorded so far.
  ///
  /// It replaces the one before, whole or not at all, and outlives this process; the commit removes it.
  /// - Throws: `FileError` when it cannot be written.
  public func saveCheckpoint(step: Int, _ bytes: [UInt8]) throws {
    try Folder.make(checkpointFile.deletingLastPathComponent())
    let (rows, wall, cpu) = state.withLock { ($0.measurements, $0.earlierWall, $0.earlierCPU) }
    let used = clock.read()
    let header = CheckpointHeader(
      key: key, step: step, measurements: rows, wallSeconds: wall + used.wall,
      cpuSeconds: cpu + used.cpu, bytes: bytes.count, sha256: Digest.sha256(of: bytes).hex)
    let line = [UInt8](try CanonicalJSON.encode(header))
    // The header has a sum of its own, as the first line: a damaged checkpoint must never be trusted.
    let sum = [UInt8](Digest.sha256(of: line).hex.utf8)
    try AtomicFile.write(sum + [10] + line + [10] + bytes, to: checkpointFile)
  }

  /// The last checkpoint, if a whole one is there; numbers recorded before it come back by themselves.
  public func loadCheckpoint() throws -> (step: Int, bytes: [UInt8])? {
    guard let file = try? Bytes.read(checkpointFile) else { return nil }
    guard let (header, bytes) = CheckpointHeader.parse(file), header.key == key else {
      log.warning("the checkpoint is damaged; starting over")
      return nil
    }
    state.withLock {
      $0.measurements = header.measurements
      $0.earlierWall = header.wallSeconds
      $0.earlierCPU = header.cpuSeconds
    }
    return (header.step, bytes)
  }

  let clock = UsageClock()

  /// Seconds spent by this attempt and the ones a checkpoint joined to it.
  var duration: (wall: Double, cpu: Double) {
    let used = clock.read()
    return state.withLock { ($0.earlierWall + used.wall, $0.earlierCPU + used.cpu) }
  }

  /// Tells how far the trial is, `0...1`; cheap enough to call at every step.
  public func progress(_ fraction: Double, _ note: String = "") {
    let now = clock.read().wall
    let due = state.withLock { state in
      if now - state.lastStatus < 0.5 && fraction < 1 { return false }
      state.lastStatus = now
      return true
    }
    guard due else { return }
    let status = TrialStatus(fraction: min(1, max(0, fraction)), note: note)
    // Losing a status line loses nothing.
    guard let data = try? CanonicalJSON.encode(status) else { return }
    try? data.write(to: statusFile)
  }
}

/// What a running trial tells its parent.
struct TrialStatus: Codable {
  var fraction: Double
  var note: String
}

/// Wall and processor seconds since it was made.
struct UsageClock: Sendable {
  private let start = ContinuousClock.now
  private let cpu = Libc.usage().cpuSeconds

  func read() -> (wall: Double, cpu: Double) {
    let wall = ContinuousClock.now - start
    return (
      Double(wall.components.seconds) + Double(wall.components.attoseconds) * 1e-18,
      Libc.usage().cpuSeconds - cpu
    )
  }
}

/// First lines of a checkpoint file: sum of the header, header, then the recipe's bytes.
private struct CheckpointHeader: Codable {
  var key: TrialKey
  var step: Int
  var measurements: [Measurement]
  var wallSeconds: Double
  var cpuSeconds: Double
  var bytes: Int
  var sha256: String

  static func parse(_ file: [UInt8]) -> (CheckpointHeader, [UInt8])? {
    guard file.count > 65, file[64] == 10 else { return nil }
    let rest = file[65...]
    guard let end = rest.firstIndex(of: 10) else { return nil }
    let line = [UInt8](rest[..<end])
    guard Digest.sha256(of: line).hex == String(decoding: file[..<64], as: UTF8.self),
      let header = try? CanonicalJSON.decode(CheckpointHeader.self, from: Data(line))
    else { return nil }
    let bytes = [UInt8](rest[(end + 1)...])
    guard bytes.count == header.bytes, Digest.sha256(of: bytes).hex == header.sha256 else {
      return nil
    }
    return (header, bytes)
  }
}

/// Objects a program hands to its recipes, found by their type.
public struct Services: Sendable {
  private var objects: [ObjectIdentifier: any Sendable] = [:]

  /// None.
  public init() {}

  /// Adds an object under its own type, replacing one of that type.
  public mutating func add<T: Sendable>(_ object: T) { objects[ObjectIdentifier(T.self)] = object }

  /// These and one more.
  public func adding<T: Sendable>(_ object: T) -> Services {
    var copy = self
    copy.add(object)
    return copy
  }

  /// The object of a type, if the program passed one.
  public subscript<T: Sendable>(_ type: T.Type) -> T? { objects[ObjectIdentifier(type)] as? T }
}
