import ArgumentParser
import Compute
import Datasets
import Experiments
import Files
import Foundation
import Harness
import Networks
import Reports

/// Where things are, for every command that reads experiments, data or the store.
struct Places: ParsableArguments {
  @Option(
    name: .customLong("store"),
    help: "Folder of finished trials (default: $BENCH_STORE or ~/.local/share/bench/store).")
  var storePath: String?

  @Option(
    name: .customLong("data-dir"),
    help: "Folder that holds one folder per data set; looked at before $BENCH_DATA and the cache.")
  var dataPath: String?

  @Option(name: .customLong("reports"), help: "Folder of reports.")
  var reportsPath = "reports"

  var store: TrialStore {
    TrialStore(at: storePath.map { URL(fileURLWithPath: $0) } ?? TrialStore.defaultFolder())
  }
  func report(_ id: String, _ tier: Tier) -> URL {
    URL(fileURLWithPath: reportsPath).appendingPathComponent(id).appendingPathComponent(
      tier.rawValue)
  }
  /// Reads an experiment with its definition, references and claims.
  ///
  /// - Throws: `HarnessError.unknownName` with a suggestion; whatever is wrong with its files.
  func writer(_ id: String) throws -> ReportWriter {
    let known = try Registry.experiments.experiment(id)
    return try ReportWriter(experiment: known, folder: installation().experiment(id))
  }

  /// Tiers that have a report with records, smallest first.
  func reportedTiers(_ id: String) -> [Tier] {
    Tier.allCases.filter {
      FileManager.default.fileExists(
        atPath: report(id, $0).appendingPathComponent("records/plan.json").path)
    }
  }

  /// The tier asked for, else the largest that has a report.
  ///
  /// - Throws: `HarnessError.noReport`, which names the command that makes one.
  func reportedTier(_ id: String, _ tier: Tier?) throws -> Tier {
    let known = reportedTiers(id)
    if let tier, known.contains(tier) { return tier }
    if tier == nil, let largest = known.last { return largest }
    let folder = URL(fileURLWithPath: reportsPath).appendingPathComponent(id)
    throw HarnessError.noReport(
      "\((tier.map { folder.appendingPathComponent($0.rawValue) } ?? folder).path): "
        + "no report with records here; make one with: bench reproduce \(id)"
        + (tier.map { " --tier \($0.rawValue)" } ?? ""))
  }

  /// Finds out before hours of work whether a report can be written at their end.
  ///
  /// - Throws: `HarnessError.cannotWrite`.
  func checkWritable(_ report: URL) throws {
    do {
      try Folder.make(report.deletingLastPathComponent())
      let probe = try TemporaryName.makeFolder(beside: report)
      try? FileManager.default.removeItem(at: probe)
    } catch {
      throw HarnessError.cannotWrite(path: report.path, why: error.found)
    }
  }

  func installation() throws -> Installation { try Installation.find(executable: Self.executable) }

  func dataLibrary() throws -> DataLibrary {
    try DataLibrary(
      embedded: installation().datasets, directory: dataPath.map { URL(fileURLWithPath: $0) })
  }
  func dataService() throws -> DataService { DataService(try dataLibrary()) }

  /// Trials of a tier for the kernels of this machine.
  ///
  /// - Parameters:
  ///   - standIn: whether what other kernels finished stands in for what this machine has not; see `Plan.adopting`.
  ///   - records: what finished trials are taken from into the store, too.
  ///   - adopted: is told each of them.
  func plan(
    _ writer: ReportWriter, tier: Tier, overrides: [String], selections: [String] = [],
    standIn: Bool = false, records: RecordLibrary? = nil,
    adopted: @escaping (CommittedTrial) -> Void = { _ in }
  ) throws -> Plan {
    let service = try dataService()
    func build(_ builder: inout PlanBuilder) throws {
      try writer.experiment.plan(
        writer.definition, tier: tier, overrides: overrides, into: &builder)
    }
    let mode = KernelPath.current
    guard standIn else {
      var builder = PlanBuilder(numericMode: mode.rawValue, digest: service.digest)
      try build(&builder)
      return builder.plan
    }
    return try .adopting(
      from: store, numericMode: mode.rawValue,
      others: KernelPath.allCases.filter { $0 != mode }.map(\.rawValue),
      records: records, selecting: { try $0.selected(selections) }, digest: service.digest,
      adopted: adopted, build: build)
  }

  /// What trials get on top of the inherited environment.
  var trialEnvironment: [String: String] {
    var environment: [String: String] = [:]
    if let type = OpenBLASEnvironment.coreType { environment["OPENBLAS_CORETYPE"] = type }
    if let path = dataPath {
      environment["BENCH_DATA"] = URL(fileURLWithPath: path).standardizedFileURL.path
    }
    return environment
  }

  /// This program.
  static var executable: URL {
    #if os(Linux)
      if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
        return URL(fileURLWithPath: path)
      }
    #endif
    return URL(fileURLWithPath: CommandLine.arguments[0])
  }
}

extension Tier: ExpressibleByArgument {}

/// What every trial records about the program that ran it.
enum Versions {
  static func current() async -> [String: String] {
    var facts = Provenance.machine()
    facts["bench"] = version
    facts["kernels"] = KernelPath.current.rawValue
    facts[TrialManifest.program] = try? Digest.sha256(file: Places.executable).hex
    facts["zlib"] = Gzip.version
    facts["openblas_coretype"] =
      ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] ?? "automatic"
    facts["openblas_threads"] =
      ProcessInfo.processInfo.environment["OPENBLAS_NUM_THREADS"] ?? "automatic"
    if let root = try? Installation.find(executable: Places.executable).root,
      let revision = await Provenance.sourceRevision(of: root)
    {
      facts["source"] = revision
    }
    return facts
  }
  static let version = "0.1.0"
}

extension Failure {
  /// The one-line message and the exit code of errors that the libraries throw.
  static func known(_ error: any Error) -> (String, ExitStatus)? {
    switch error {
    case let error as DataError:
      switch error {
      case .unknown, .unknownSplit, .photos: ("\(error)", .usage)
      case .file(_, let file): ("\(error)", ExitStatus.of(file))
      default: ("\(error)", .data)
      }
    case let error as WeightsError:
      if case .file(let file) = error {
        ("\(error)", ExitStatus.of(file))
      } else {
        ("\(error)", .data)
      }
    case let error as FileError: ("\(error)", ExitStatus.of(error))
    case let error as HarnessError: ("\(error)", ExitStatus.of(error))
    case let error as TrialFailure: ("\(error)", ExitStatus.of(error))
    case let error as ReportError: ("\(error)", .cannotWrite)
    case let error as CocoaError: ("\(error.localizedDescription)", .cannotWrite)
    case let error as UsageError: ("\(error)", .usage)
    case let error as InstallationError: ("\(error)", .usage)
    default: nil
    }
  }
}
