import Files
import Foundation
import Harness
import HarnessToys

/// A folder that goes with the test.
final class Scratch {
  let url: URL
  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("harness-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(at: url) }
  func folder(_ name: String) -> URL { url.appendingPathComponent(name) }
  func store(_ name: String = "store") -> TrialStore { TrialStore(at: folder(name)) }
  func write(_ text: String, _ name: String) throws -> URL {
    try AtomicFile.write(text, to: folder(name))
    return folder(name)
  }
}

/// The probe stands beside the test bundle.
let probe: URL = {
  let candidates = [
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
    Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent(),
  ]
  let found = candidates.map { $0.appendingPathComponent("harness-probe") }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  return found ?? candidates[1].appendingPathComponent("harness-probe")
}()

func builder(_ mode: String = "plain") -> PlanBuilder {
  PlanBuilder(numericMode: mode) { "digest of \($0)" }
}

func executor(_ store: TrialStore, _ interruption: Interruption = Interruption()) -> TrialExecutor {
  TrialExecutor(
    store: store, registry: toys, versions: ["compiler": "test"], interruption: interruption)
}

/// Runs a whole plan in this process.
func runAll(_ plan: Plan, _ store: TrialStore) throws {
  for trial in plan.trials { _ = try executor(store).perform(trial) }
}

/// Every file below a folder with its bytes, for comparing.
func contents(_ folder: URL) throws -> [String: [UInt8]] {
  var files: [String: [UInt8]] = [:]
  for name in try Folder.files(below: folder) {
    files[name] = try Bytes.read(folder.appendingPathComponent(name))
  }
  return files
}

/// The error an expression throws, as one line.
func message(_ work: () throws -> Void) -> String? {
  do {
    try work()
    return nil
  } catch {
    return "\(error)"
  }
}
