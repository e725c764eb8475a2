import Files
import Foundation
import Testing

/// The source tree.
let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// The program stands beside the test bundle.
let program: URL = {
  let candidates = [
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
    Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent(),
    root.appendingPathComponent(".build/release"),
  ]
  let found = candidates.map { $0.appendingPathComponent("bench") }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  return found ?? candidates[0].appendingPathComponent("bench")
}()

/// What a finished command left.
struct Outcome {
  let code: Int32
  let output: String
  let errors: String

  /// Lines on standard error.
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

  /// Standard output as a JSON object.
  func json() throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
    return try #require(object as? [String: Any], "\(output)")
  }
}

/// A folder with a home, a store and reports of its own, which goes with the test.
final class Workplace: Sendable {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("bench-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("home"), withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(at: folder) }

  func at(_ name: String) -> URL { folder.appendingPathComponent(name) }
  func report(_ id: String, _ tier: String = "smoke") -> URL { at("reports/\(id)/\(tier)") }

  /// Nothing of the tester's own settings reaches the command.
  func environment(_ extra: [String: String]) -> [String: String] {
    let inherited = ProcessInfo.processInfo.environment
    var environment = [
      "HOME": at("home").path, "PATH": inherited["PATH"] ?? "/usr/bin:/bin", "COLUMNS": "80",
      "TERM": "dumb", "NO_COLOR": "1", "BENCH_STORE": at("store").path, "LC_ALL": "C.UTF-8",
    ]
    if let path = inherited["BENCH_KERNELS"] { environment["BENCH_KERNELS"] = path }
    return environment.merging(extra) { $1 }
  }

  /// Starts a command in this folder; its output goes to files, which cannot fill up as pipes do.
  func start(
    _ arguments: [String], environment extra: [String: String] = [:], under wrapper: [String] = []
  ) throws -> RunningCommand {
    let process = Process()
    let line = wrapper + [program.path] + arguments
    process.executableURL = URL(fileURLWithPath: line[0])
    process.arguments = Array(line.dropFirst())
    process.currentDirectoryURL = folder
    process.environment = environment(extra)
    let name = "\(UInt64.random(in: 0 ... .max))"
    let files = [at("out-\(name)"), at("err-\(name)")]
    for file in files { try Data().write(to: file) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    return RunningCommand(process: process, output: files[0], errors: files[1], place: self)
  }

  /// The process of the one running trial, once it has done more than a share of its work.
  func waitForTrial(beyond share: Double, of command: RunningCommand) throws -> Int32 {
    let deadline = Date().addingTimeInterval(120)
    while Date() < deadline && command.process.isRunning {
      let status = try bench("status", "--json").json()
      for trial in status["trials"] as? [[String: Any]] ?? [] {
        if let process = trial["process"] as? Int, trial["fraction"] as? Double ?? 0 > share {
          return Int32(process)
        }
      }
    }
    let found = command.process.isRunning ? "nothing after two minutes" : command.wait().errors
    throw NeverThatFar(found: found)
  }

  /// Runs a command to its end.
  func bench(
    _ arguments: String..., environment: [String: String] = [:], under wrapper: [String] = [],
    minutes: Double = 5
  ) throws -> Outcome {
    try start(arguments, environment: environment, under: wrapper).wait(minutes: minutes)
  }
}

/// A trial ended, or went on for too long, before it was seen at work.
struct NeverThatFar: Error {
  let found: String
}

/// A command that may still run.
struct RunningCommand {
  let process: Process
  let output: URL
  let errors: URL
  /// Keeps the folder while the command writes into it.
  let place: Workplace

  /// Waits for the end; a command that takes longer than `minutes` is killed.
  ///
  /// A limit of a whole test would count the time that it waits for its turn as well.
  func wait(minutes: Double = 5) -> Outcome {
    let identifier = process.processIdentifier
    let guardian = DispatchWorkItem { kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + 60 * minutes, execute: guardian)
    process.waitUntilExit()
    guardian.cancel()
    func text(_ url: URL) -> String { (try? String(contentsOf: url, encoding: .utf8)) ?? "" }
    let code = process.terminationStatus
    return Outcome(
      code: process.terminationReason == .exit ? code : -code, output: text(output),
      errors: text(errors))
  }
}

/// Whether tests may mount file systems of their own, which needs root.
let canMount: Bool = {
  guard getuid() == 0 else { return false }
  let place = FileManager.default.temporaryDirectory
    .appendingPathComponent("mount-\(UInt64.random(in: 0 ... .max))")
  guard let mount = try? Mount(place, options: "size=64k") else { return false }
  return mount.isThere
}()

/// A small file system in memory, gone with the test.
final class Mount {
  let place: URL
  let isThere: Bool

  init(_ place: URL, options: String) throws {
    self.place = place
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    isThere =
      (try? Self.command(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place.path])) == 0
  }
  deinit {
    if isThere { _ = try? Self.command(["umount", place.path]) }
    try? FileManager.default.removeItem(at: place)
  }

  private static func command(_ words: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}

/// Settings under which Table 1 takes seconds.
let tiny = [
  "denseEpochs=1", "leNet300Epochs=3", "leNet5Epochs=1", "warmUpFrom=0", "warmUpTo=1",
  "baselines.pruning.rounds=1",
  "baselines.pruning.leNet300.epochs=1", "baselines.pruning.leNet300.pruningEpochs=1",
  "baselines.pruning.leNet5.epochs=1", "baselines.pruning.leNet5.pruningEpochs=1",
  "baselines.dns.leNet300.epochs=2", "baselines.dns.leNet300.surgeryEpochs=1",
  "baselines.sws.leNet300.epochs=2", "baselines.sws.leNet300.holdEpochs=1",
  "baselines.sws.leNet5.epochs=1", "baselines.sws.leNet5.holdEpochs=0",
].flatMap { ["--set", $0] }
