import Foundation
import Fuzzing

/// Starts a process per reader and says what became of it.
struct Parent {
  private let options: Options

  init(_ options: Options) { self.options = options }

  /// The exit status: 1 where any reader failed.
  func run() throws -> Int32 {
    var failures = 0
    for target in Target.all where options.reader == nil || options.reader == target.name {
      if try !passes(target) { failures += 1 }
    }
    print(failures == 0 ? "no crash" : "\(failures) readers failed")
    return failures == 0 ? 0 : 1
  }

  private func passes(_ target: Target) throws -> Bool {
    let notes = FileManager.default.temporaryDirectory
      .appendingPathComponent("fuzz-\(target.name)-\(UUID().uuidString)")
    try Data(count: 8).write(to: notes)
    defer { try? FileManager.default.removeItem(at: notes) }
    let process = Process()
    process.executableURL = Bundle.main.executableURL
    process.arguments = [
      "--reader", target.name, "--seed", "\(options.seed)", "--seconds", "\(options.seconds)",
      "--memory", "\(options.memory)", "--notes", notes.path,
    ]
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    // A file that takes more than half a minute counts as one that never ends.
    let hung = ended.wait(timeout: .now() + options.seconds + 30) == .timedOut
    if hung {
      kill(process.processIdentifier, SIGKILL)
      ended.wait()
    }
    if !hung && process.terminationReason == .exit && process.terminationStatus == 0 { return true }
    let note = try Data(contentsOf: notes).withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
    if hung || process.terminationReason == .uncaughtSignal {
      let what = hung ? "hung" : "crashed with signal \(process.terminationStatus)"
      print("\(target.name): \(what) in iteration \(note)")
    }
    print(
      "again: fuzz-readers --reader \(target.name) --seed \(options.seed) --iteration \(note)")
    return false
  }
}
