import Files
import Foundation

/// A plan written down for other processes, with the store they share.
public struct FrozenPlan: Codable, Sendable {
  /// Version of this layout.
  public static let currentSchema = 1
  /// Version of the layout it was written in.
  public var schema: Int
  /// Absolute path of the store.
  public var store: String
  /// The trials.
  public var plan: Plan

  /// A plan for a store.
  public init(plan: Plan, store: TrialStore) {
    schema = Self.currentSchema
    self.store = store.folder.path
    self.plan = plan
  }

  /// Writes it into the store under the name of its content, and returns where.
  ///
  /// - Throws: `HarnessError.cannotWrite`.
  public func write(into store: TrialStore) throws -> URL {
    let bytes = [UInt8](try CanonicalJSON.encode(self))
    let name = String(Digest.sha256(of: bytes).hex.prefix(16)) + ".json"
    let url = store.part("plans").appendingPathComponent(name)
    do {
      try Folder.make(store.part("plans"))
      if try FileStatus.of(url)?.bytes != bytes.count { try AtomicFile.write(bytes, to: url) }
    } catch {
      throw HarnessError.cannotWrite(path: error.path, why: error.found)
    }
    return url
  }

  /// Reads a plan file.
  ///
  /// - Throws: `FileError`, `HarnessError.malformed`, `.brokenPlan`.
  public static func read(_ url: URL) throws -> FrozenPlan {
    let bytes = try Bytes.read(url, limit: 1 << 28)
    let frozen: FrozenPlan
    do {
      frozen = try CanonicalJSON.decode(FrozenPlan.self, from: Data(bytes))
    } catch let error as HarnessError {
      throw error
    } catch {
      throw HarnessError.malformed(
        file: url.lastPathComponent, line: nil, expected: "a plan", found: "something else")
    }
    guard frozen.schema == currentSchema else {
      throw HarnessError.malformed(
        file: url.lastPathComponent, line: nil, expected: "schema \(currentSchema)",
        found: "\(frozen.schema)")
    }
    return frozen
  }
}

/// The inside of `bench trial run KEY --plan FILE`.
public enum TrialProcess {
  /// Environment variable with the number of the process that started this one.
  static let parentVariable = "BENCH_PARENT"

  /// Runs one trial of a plan file in this process, stopping at a checkpoint on SIGINT or SIGTERM, and when
  /// the process that started it is gone.
  ///
  /// - Returns: the exit code, and one line for standard error when it is not 0.
  public static func run(
    key: String, planFile: URL, registry: RecipeRegistry, services: Services = Services(),
    versions: [String: String] = [:]
  ) -> (code: ExitStatus, message: String?) {
    let interruption = Interruption()
    interruption.installSignalHandlers()
    watchParent(interruption)
    do {
      let frozen = try FrozenPlan.read(planFile)
      guard let key = TrialKey(key), let trial = frozen.plan[key] else {
        throw HarnessError.unknownTrial(key)
      }
      let executor = TrialExecutor(
        store: TrialStore(at: URL(fileURLWithPath: frozen.store)), registry: registry,
        services: services, versions: versions, interruption: interruption)
      _ = try executor.perform(trial)
      return (.success, nil)
    } catch let failure as TrialFailure {
      return (ExitStatus.of(failure), failure.description)
    } catch let error as HarnessError {
      return (.usage, error.description)
    } catch let error as FileError {
      return (.usage, error.description)
    } catch {
      return (.trialsFailed, "\(error)")
    }
  }

  /// A parent that was killed cannot tell: look whether we were given to another one.
  private static func watchParent(_ interruption: Interruption) {
    let text = ProcessInfo.processInfo.environment[parentVariable]
    guard let parent = text.flatMap(Int32.init) else { return }
    Thread.detachNewThread {
      while Libc.parent == parent { Thread.sleep(forTimeInterval: 0.2) }
      interruption.request()
      // A recipe that does not stop by itself must not outlive its run.
      Thread.sleep(forTimeInterval: 10)
      Libc.exitNow(ExitStatus.interrupted.rawValue)
    }
  }
}
