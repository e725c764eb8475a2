import ArgumentParser
import Compute
import Datasets
import Experiments
import Files
import Foundation
import Harness

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
  func installation() throws -> Installation { try Installation.find(executable: Self.executable) }

  func library() throws -> DataLibrary {
    try DataLibrary(
      embedded: installation().datasets, directory: dataPath.map { URL(fileURLWithPath: $0) })
  }
  func dataService() throws -> DataService { DataService(library: try library()) }

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
    case let error as DataError: ("\(error)", .data)
    case let error as FileError:
      switch error.kind {
      case .noSpace, .readOnly: ("\(error)", .cannotWrite)
      default: ("\(error)", .data)
      }
    case let error as HarnessError:
      if case .cannotWrite = error { ("\(error)", .cannotWrite) } else { ("\(error)", .usage) }
    case let error as TrialFailure: ("\(error)", ExitStatus.of(error))
    case let error as InstallationError: ("\(error)", .usage)
    default: nil
    }
  }
}
