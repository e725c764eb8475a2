import Files
import Foundation

/// What a committed trial says about itself. No host name, user name or absolute path is in it.
public struct TrialManifest: Codable, Hashable, Sendable {
  /// Version of this layout.
  public static let currentSchema = 1
  /// Version of the layout it was written in.
  public var schema: Int
  /// Identity.
  public var key: TrialKey
  /// Name of the recipe.
  public var recipe: String
  /// Version of the recipe.
  public var version: Int
  /// The recipe's own fields.
  public var fields: JSONValue
  /// Seed.
  public var seed: UInt64
  /// Digest of each data set read, by name.
  public var data: [String: String]
  /// Keys of the trials it read products of.
  public var inputs: [TrialKey]
  /// Numeric mode.
  public var numericMode: String
  /// Trials with the same text differ in seed and sources only.
  public var costGroup: String
  /// What it ran with, as told by the program: compiler, libraries, source revision, processor.
  public var versions: [String: String]
  /// Wall-clock seconds, of all attempts that a checkpoint joined.
  public var wallSeconds: Double
  /// Processor seconds, likewise.
  public var cpuSeconds: Double
  /// Peak resident memory in bytes.
  public var peakBytes: Int
  /// Every file of the trial except the manifest.
  public var files: [FileRecord]

  /// Name, size and sum of a file.
  public struct FileRecord: Codable, Hashable, Sendable {
    /// Plain name.
    public var name: String
    /// Length in bytes.
    public var bytes: Int
    /// SHA-256.
    public var sha256: String
  }

  /// The entry of `versions` that names the program by its SHA-256. The same bits are promised to the same program only:
  /// another one may round sums in another order.
  public static let program = "program"

  /// Whether the other was made by the same program, as far as both say.
  public func isOfSameProgram(as other: TrialManifest) -> Bool {
    versions[Self.program] == other.versions[Self.program]
  }

  /// The files that the trial made for others.
  public var products: [FileRecord] { files.filter { !TrialFile.reserved.contains($0.name) } }

  /// Names of the files that are results or products: equal for every run of a deterministic trial.
  var resultFiles: [FileRecord] { files.filter { $0.name != TrialFile.log } }
}

/// Names the harness itself uses in a trial's folder.
enum TrialFile {
  static let manifest = "manifest.json"
  /// Sum of the manifest, so that a flipped bit in the manifest is noticed too.
  static let seal = "manifest.sha256"
  static let measurements = "measurements.csv"
  static let log = "log.txt"
  static let lock = "lock.json"
  static let reserved: Set<String> = [manifest, seal, measurements, log, lock, "failure.json"]

  static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 200 && !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || byte == 45 || byte == 46 || byte == 95
      }
  }
}
