import Files
import Foundation
import Synchronization

/// A finished trial whose files were checked against its manifest.
public struct CommittedTrial: Sendable {
  /// What it says about itself.
  public let manifest: TrialManifest
  /// Its folder.
  public let folder: URL
  /// The numbers it recorded.
  public let measurements: [Measurement]
  /// False when products were left out of the report it was adopted from: good as results, not as input.
  public let isComplete: Bool

  /// Identity.
  public var key: TrialKey { manifest.key }

  /// A product file by name.
  ///
  /// - Throws: `HarnessError.missingProduct`.
  public func url(_ name: String) throws -> URL {
    let url = folder.appendingPathComponent(name)
    guard manifest.files.contains(where: { $0.name == name }),
      FileManager.default.fileExists(atPath: url.path)
    else { throw HarnessError.missingProduct(trial: key.short, file: name) }
    return url
  }
}

/// Finished trials on disk, each there whole or not at all; shared by any number of processes.
///
/// A class because it remembers which trials it has already checked.
public final class TrialStore: Sendable {
  /// The folder.
  public let folder: URL
  private let checked = Mutex<[TrialKey: CommittedTrial]>([:])

  /// A store at `folder`, which need not exist yet; nothing is written before the first trial.
  public init(at folder: URL) { self.folder = folder.standardizedFileURL }

  /// `$BENCH_STORE`, else `$XDG_DATA_HOME/bench/store`, else `~/.local/share/bench/store`.
  public static func defaultFolder(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> URL {
    func absolute(_ name: String) -> String? {
      environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    if let path = environment["BENCH_STORE"], !path.isEmpty { return URL(fileURLWithPath: path) }
    let data =
      absolute("XDG_DATA_HOME") ?? ((absolute("HOME") ?? NSHomeDirectory()) + "/.local/share")
    return URL(fileURLWithPath: data).appendingPathComponent("bench/store")
  }

  func trialFolder(_ key: TrialKey) -> URL { part("trials").appendingPathComponent(key.hex) }
  func adoptedFolder(_ key: TrialKey) -> URL { part("adopted").appendingPathComponent(key.hex) }
  /// A file in a folder that always stays: another process may write its own checkpoint while we remove ours.
  func checkpointFile(_ key: TrialKey) -> URL {
    part("checkpoints").appendingPathComponent(key.hex)
  }
  func statusFile(_ key: TrialKey) -> URL {
    part("status").appendingPathComponent(key.hex + ".json")
  }
  func outputFile(_ key: TrialKey) -> URL {
    part("status").appendingPathComponent(key.hex + ".out")
  }
  /// Whose bytes are locked by those who run trials; see `TrialClaim`.
  var claimsFile: URL { part("claims") }
  func failureFolder(_ key: TrialKey) -> URL { part("failures").appendingPathComponent(key.hex) }
  func part(_ name: String) -> URL { folder.appendingPathComponent(name) }

  /// Makes the folders.
  ///
  /// - Throws: `HarnessError.cannotWrite`.
  func prepare() throws {
    do {
      for name in ["trials", "attempts", "checkpoints", "status"] { try Folder.make(part(name)) }
    } catch {
      throw HarnessError.cannotWrite(path: folder.path, why: error.found)
    }
  }

  /// The finished trial of this key, complete with products; nil if there is none.
  ///
  /// Every file is compared with the manifest the first time. A damaged trial is moved to `quarantine/` and
  /// counts as absent, so that it runs again.
  public func trial(_ key: TrialKey) throws -> CommittedTrial? {
    if let known = checked.withLock({ $0[key] }) { return known }
    let place = trialFolder(key)
    guard FileManager.default.fileExists(atPath: place.path) else { return nil }
    do {
      let trial = try Self.read(place, key: key, needsProducts: true)
      checked.withLock { $0[key] = trial }
      return trial
    } catch let damage as HarnessError {
      try quarantine(place, why: damage.description)
      return nil
    } catch let damage as FileError where damage.kind != .unreadable {
      try quarantine(place, why: damage.description)
      return nil
    }
  }

  /// The finished trial, or one adopted from a report without its products; nil if there is neither.
  public func result(_ key: TrialKey) throws -> CommittedTrial? {
    if let trial = try trial(key) { return trial }
    let place = adoptedFolder(key)
    guard FileManager.default.fileExists(atPath: place.path) else { return nil }
    do {
      return try Self.read(place, key: key, needsProducts: false)
    } catch {
      try quarantine(place, why: "\(error)")
      return nil
    }
  }

  /// Keys of committed trials in alphabetical order, unchecked.
  public func keys() -> [TrialKey] {
    let names = (try? Folder.names(in: part("trials"))) ?? []
    return names.compactMap { TrialKey($0) }
  }

  private func quarantine(_ place: URL, why: String) throws {
    let target = part("quarantine").appendingPathComponent(
      place.lastPathComponent + "-" + Self.randomName())
    do {
      try Folder.make(part("quarantine"))
      try FileManager.default.moveItem(at: place, to: target)
      try? AtomicFile.write(why + "\n", to: target.appendingPathComponent("why.txt"))
    } catch {
      throw HarnessError.cannotWrite(
        path: place.path, why: "damaged (\(why)) and cannot be moved aside")
    }
  }

  static func randomName() -> String { String(UInt64.random(in: 0 ... .max), radix: 36) }

  /// Reads and checks a trial's folder.
  ///
  /// - Throws: `HarnessError.malformed` or `FileError` naming the file that does not fit the manifest.
  static func read(_ place: URL, key: TrialKey, needsProducts: Bool) throws -> CommittedTrial {
    let manifestBytes = try Bytes.read(
      place.appendingPathComponent(TrialFile.manifest), limit: 1 << 26)
    let seal = try Bytes.read(place.appendingPathComponent(TrialFile.seal), limit: 1 << 10)
    let sum = Digest.sha256(of: manifestBytes).hex
    guard sum + "\n" == String(decoding: seal, as: UTF8.self) else {
      throw HarnessError.malformed(
        file: "\(key.short)/\(TrialFile.manifest)", line: nil, expected: "the sum in its seal",
        found: sum)
    }
    let manifest: TrialManifest
    do {
      manifest = try CanonicalJSON.decode(TrialManifest.self, from: Data(manifestBytes))
    } catch {
      throw HarnessError.malformed(
        file: "\(key.short)/\(TrialFile.manifest)", line: nil, expected: "a manifest",
        found: "something else")
    }
    guard manifest.key == key, manifest.schema == TrialManifest.currentSchema else {
      throw HarnessError.malformed(
        file: "\(key.short)/\(TrialFile.manifest)", line: nil,
        expected: "schema \(TrialManifest.currentSchema) and key \(key.short)",
        found: "schema \(manifest.schema) and key \(manifest.key.short)")
    }
    var isComplete = true
    for file in manifest.files {
      guard TrialFile.isPlain(file.name) else { throw HarnessError.badProductName(file.name) }
      let url = place.appendingPathComponent(file.name)
      guard let status = try FileStatus.of(url) else {
        if needsProducts || file.name == TrialFile.measurements {
          throw HarnessError.missingProduct(trial: key.short, file: file.name)
        }
        isComplete = false
        continue
      }
      guard status.bytes == file.bytes else {
        throw HarnessError.malformed(
          file: "\(key.short)/\(file.name)", line: nil, expected: "\(file.bytes) bytes",
          found: "\(status.bytes)")
      }
      let sum = try Digest.sha256(file: url).hex
      guard sum == file.sha256 else {
        throw HarnessError.malformed(
          file: "\(key.short)/\(file.name)", line: nil, expected: "SHA-256 \(file.sha256)",
          found: sum)
      }
    }
    guard manifest.files.contains(where: { $0.name == TrialFile.measurements }) else {
      throw HarnessError.missingProduct(trial: key.short, file: TrialFile.measurements)
    }
    return CommittedTrial(
      manifest: manifest, folder: place,
      measurements: try MeasurementFile.read(
        place.appendingPathComponent(TrialFile.measurements)),
      isComplete: isComplete)
  }

  func remember(_ trial: CommittedTrial) { checked.withLock { $0[trial.key] = trial } }
}
