import Files
import Foundation
import Logging

/// Runs one planned trial in this process, from inputs to commit.
public struct TrialExecutor: Sendable {
  /// Where finished trials are.
  public let store: TrialStore
  /// The recipes this program knows.
  public let registry: RecipeRegistry
  /// What the program passes to its recipes.
  public let services: Services
  /// Recorded in every manifest: compiler, libraries, source revision, processor.
  public let versions: [String: String]
  /// Asked between steps by recipes.
  public let interruption: Interruption

  /// An executor.
  public init(
    store: TrialStore, registry: RecipeRegistry, services: Services = Services(),
    versions: [String: String] = [:], interruption: Interruption = Interruption()
  ) {
    self.store = store
    self.registry = registry
    self.services = services
    self.versions = versions
    self.interruption = interruption
  }

  /// Returns the finished trial, running it if the store does not hold it, or waiting for another process that does.
  ///
  /// - Throws: `TrialFailure`. Nothing of a failed try stays but its log, its reason and its checkpoint.
  public func perform(_ trial: PlannedTrial) throws(TrialFailure) -> CommittedTrial {
    var attempt: Attempt?
    do {
      if let done = try store.trial(trial.key) { return done }
      let recipe = try registry.recipe(of: trial)
      let computed = try recipe.key(like: trial)
      guard computed == trial.key else {
        throw HarnessError.keyMismatch(planned: trial.key.short, computed: computed.short)
      }
      var inputs: [TrialKey: CommittedTrial] = [:]
      for need in trial.needs {
        guard let input = try store.trial(need) else {
          throw HarnessError.missingInput(trial: trial.key.short, needs: need.short)
        }
        inputs[need] = input
      }
      try store.prepare()
      let claim = try TrialClaim(trial.key, in: store, interruption)
      defer { claim.release() }
      // Who had the claim before may have finished it.
      if let done = try store.trial(trial.key) { return done }
      let opened = try store.beginAttempt(trial.key)
      attempt = opened
      let done = try run(recipe, trial, inputs, opened)
      try? FileManager.default.removeItem(at: store.statusFile(trial.key))
      return done
    } catch {
      let failure = Self.failure(error)
      if let attempt {
        if failure != .interrupted { store.keepFailure(failure, of: attempt) }
        store.discard(attempt)
      }
      try? FileManager.default.removeItem(at: store.statusFile(trial.key))
      throw failure
    }
  }

  private func run(
    _ recipe: any Recipe, _ trial: PlannedTrial, _ inputs: [TrialKey: CommittedTrial],
    _ attempt: Attempt
  ) throws -> CommittedTrial {
    let log = try TrialLog(
      at: attempt.folder.appendingPathComponent(TrialFile.log),
      hiding: [
        (attempt.folder.path, "<trial>"), (store.folder.path, "<store>"),
        (FileManager.default.currentDirectoryPath, "."), (NSHomeDirectory(), "~"),
      ])
    defer { log.close() }
    let logger = Logger(label: trial.recipe) { _ in TrialLogHandler(log) }
    let context = TrialContext(
      trial: trial, folder: attempt.folder,
      checkpointFile: store.checkpointFile(trial.key),
      statusFile: store.statusFile(trial.key), inputs: inputs, services: services,
      interruption: interruption, log: logger)
    logger.info("\(trial.recipe) version \(trial.version), seed \(trial.seed)")
    do {
      try recipe.run(context)
      try AtomicFile.write(
        MeasurementFile.text(context.measurements),
        to: attempt.folder.appendingPathComponent(TrialFile.measurements))
    } catch {
      logger.error("\(error)")
      throw error
    }
    logger.info("finished")
    log.close()
    let duration = context.duration
    return try store.commit(attempt) { files in
      TrialManifest(
        schema: TrialManifest.currentSchema, key: trial.key, recipe: trial.recipe,
        version: trial.version, fields: trial.fields, seed: trial.seed, data: trial.data,
        inputs: trial.needs, numericMode: trial.numericMode, costGroup: trial.costGroup,
        versions: versions, wallSeconds: duration.wall, cpuSeconds: duration.cpu,
        peakBytes: Libc.usage().peakBytes, files: files)
    }
  }

  /// The typed reason behind any error a recipe, the store or a reader throws.
  static func failure(_ error: any Error) -> TrialFailure {
    switch error {
    case let failure as TrialFailure: return failure
    case let error as HarnessError:
      switch error {
      case .notDeterministic: return .notDeterministic(error.description)
      case .cannotWrite: return .cannotWrite(error.description)
      default: return .other(error.description)
      }
    case let error as FileError:
      switch error.kind {
      case .noSpace, .readOnly: return .cannotWrite(error.description)
      case .io(let code) where code == EFBIG || code == EDQUOT || code == EIO:
        return .cannotWrite(error.description)
      default: return .data(error.description)
      }
    default: return .other("\(error)")
    }
  }
}
