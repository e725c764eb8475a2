import ArgumentParser
import Compute
import Datasets
import Experiments
import Files
import Foundation
import Harness
import Reports

/// `bench doctor`.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Looks at machine, libraries, data, store and environment, and says what is wrong.",
    discussion: """
      Exit codes: 0 nothing stands in the way, 2 an environment variable or the
      installation is wrong, 6 the store cannot be written.
      """)

  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var places: Places

  private struct Check: Encodable {
    var name: String
    var state: String
    var found: String
  }
  private struct Document: Encodable {
    var schema = 1
    var checks: [Check]
  }

  func run() async throws {
    var checks: [Check] = []
    var problems: [ExitStatus] = []
    func note(_ name: String, _ found: String) {
      checks.append(Check(name: name, state: "ok", found: found))
    }
    func warn(_ name: String, _ found: String, _ status: ExitStatus? = nil) {
      checks.append(
        Check(name: name, state: status == nil ? "look" : "wrong", found: found))
      if let status { problems.append(status) }
    }
    let versions = await Versions.current()
    note("bench", Versions.version + (versions["source"].map { ", source \($0.prefix(12))" } ?? ""))
    note("system", versions["system"] ?? ProcessInfo.processInfo.operatingSystemVersionString)
    note(
      "processor",
      "\(versions["processor"] ?? "unknown"), \(ProcessInfo.processInfo.activeProcessorCount) cores"
    )
    note("memory", Console.size(Int(ProcessInfo.processInfo.physicalMemory)))
    if let problem = KernelPath.environmentProblem {
      warn("kernels", problem, .usage)
    } else {
      let available = KernelPath.allCases.filter(\.isAvailable).map(\.rawValue)
      note(
        "kernels",
        "\(KernelPath.current.rawValue) (of \(available.joined(separator: ", "))), "
          + String(format: "%.0f GFLOP/s on one core", KernelPath.current.measuredPeak() / 1e9))
    }
    note("OpenBLAS", "core type \(OpenBLASEnvironment.coreType ?? "automatic") in trials")
    note("zlib", Gzip.version)
    checkFonts(note, { warn($0, $1) })
    do {
      note("installation", try places.installation().root.path)
      for entry in try places.dataLibrary().catalogue.datasets {
        do {
          note("data \(entry.name)", try places.dataLibrary().locate(entry.name).folder.path)
        } catch DataError.missing {
          let package = entry.package.map { ", or apt-get install \($0.apt)" } ?? ""
          warn("data \(entry.name)", "not here; bench data fetch \(entry.name)\(package)")
        } catch {
          warn("data \(entry.name)", "\(error)")
        }
      }
    } catch {
      warn("installation", "\(error)", .usage)
    }
    checkFolders(note, warn)
    checkStore(note, warn)
    if json {
      try JSONOutput.show(Document(checks: checks))
    } else {
      let width = checks.map(\.name.count).max() ?? 0
      for check in checks {
        let state = check.state.padding(toLength: 6, withPad: " ", startingAt: 0)
        let name = check.name.padding(toLength: width, withPad: " ", startingAt: 0)
        print("\(state)\(name)  \(check.found)")
      }
    }
    if !problems.isEmpty { throw ExitStatus.combined(problems) }
  }

  private func checkFonts(
    _ note: (String, String) -> Void, _ warn: (String, String) -> Void
  ) {
    let places = [
      "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/dejavu/DejaVuSans.ttf",
      "/Library/Fonts/DejaVuSans.ttf",
    ]
    if let found = places.first(where: { FileManager.default.fileExists(atPath: $0) }) {
      note("font", found)
    } else {
      warn("font", "DejaVu Sans was not found; plots use another font (Debian: fonts-dejavu-core)")
    }
  }

  private func checkFolders(
    _ note: (String, String) -> Void, _ warn: (String, String, ExitStatus?) -> Void
  ) {
    let environment = ProcessInfo.processInfo.environment
    for name in ["BENCH_DATA", "BENCH_HOME"] {
      guard let path = environment[name], !path.isEmpty else { continue }
      if (try? FileStatus.of(URL(fileURLWithPath: path)))??.isFolder ?? false {
        note(name, path)
      } else {
        warn(name, "\(path): expected a folder, found none", .usage)
      }
    }
  }

  private func checkStore(
    _ note: (String, String) -> Void, _ warn: (String, String, ExitStatus?) -> Void
  ) {
    let store = places.store
    // The store need not exist yet: what counts is the first folder above it that does.
    var folder = store.folder
    while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
      folder = folder.deletingLastPathComponent()
    }
    if FileManager.default.isWritableFile(atPath: folder.path) {
      note("store", "\(store.folder.path), \(store.keys().count) finished trials")
    } else {
      warn("store", "\(store.folder.path): cannot be written", .cannotWrite)
    }
    let facts = try? FileManager.default.attributesOfFileSystem(forPath: folder.path)
    guard let free = (facts?[.systemFreeSize] as? NSNumber)?.intValue else { return }
    if free < 1_000_000_000 {
      warn("disk", "\(Console.size(free)) free at the store", nil)
    } else {
      note("disk", "\(Console.size(free)) free at the store")
    }
  }
}
