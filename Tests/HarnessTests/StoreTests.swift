import Files
import Foundation
import Harness
import HarnessToys
import Testing

@Suite struct StoreTests {
  @Test func finishedTrialIsKeptAndNotRunAgain() throws {
    let scratch = try Scratch()
    let plan = try toyPlan(walks: 1, steps: 25, milliseconds: 0)
    let store = scratch.store()
    try runAll(plan, store)
    let done = try #require(try store.trial(plan.trials[0].key))
    #expect(done.measurements.map(\.metric) == ["position", "position", "position"])
    #expect(done.measurements[0].coordinates == ["epoch": "1"])
    #expect(done.measurements[2].coordinates.isEmpty)
    #expect(done.manifest.data == ["toy-data": "digest-of-toy-data"])
    #expect(done.manifest.files.map(\.name) == ["log.txt", "measurements.csv", "numbers.txt"])
    #expect(done.manifest.versions == ["compiler": "test"] && done.manifest.peakBytes > 1 << 20)
    let before = try contents(store.folder)
    try runAll(plan, scratch.store())
    #expect(try contents(store.folder) == before)
    #expect(before.keys.filter { !$0.hasPrefix("trials/") } == ["claims"], "\(before.keys)")
    let text = before.values.map { String(decoding: $0, as: UTF8.self) }.joined()
    #expect(!text.contains(scratch.url.path) && !text.contains(NSUserName() + "@"))
  }

  @Test func everyTruncationAndFlipIsNoticed() throws {
    let scratch = try Scratch()
    let plan = try toyPlan(walks: 1, steps: 20, milliseconds: 0)
    let store = scratch.store()
    try runAll(plan, store)
    let key = plan.trials[0].key
    let folder = try #require(try store.trial(key)).folder
    let good = try contents(folder)
    var generator = SystemRandomNumberGenerator()
    var cases = 0
    for (name, bytes) in good {
      var broken: [[UInt8]] = stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40))
        .map { Array(bytes[..<$0]) }
      for _ in 0..<40 {
        var copy = bytes
        let bit = Int.random(in: 0..<bytes.count * 8, using: &generator)
        copy[bit / 8] ^= 1 << (bit % 8)
        broken.append(copy)
      }
      broken.append(bytes + [0])
      for copy in broken {
        try AtomicFile.write(copy, to: folder.appendingPathComponent(name))
        let fresh = scratch.store()
        #expect(try fresh.trial(key) == nil, "\(name) of \(copy.count) bytes was accepted")
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        cases += 1
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, bytes) in good {
          try AtomicFile.write(bytes, to: folder.appendingPathComponent(name))
        }
      }
    }
    for name in good.keys {
      try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
      #expect(try scratch.store().trial(key) == nil, "missing \(name) was accepted")
      let again = scratch.store()
      let trial = try executor(again).perform(plan.trials[0])
      #expect(try Bytes.read(trial.url("numbers.txt")) == good["numbers.txt"])
    }
    #expect(cases > 300)
    #expect(try Folder.names(in: scratch.folder("store/quarantine")).count == cases + good.count)
  }

  @Test func wrongNamesAreRefused() throws {
    let scratch = try Scratch()
    var builder = builder()
    for how in [Misbehave.How.badName, .reserved, .leavesFolder] {
      try builder.add(Misbehave(how), seed: 1)
    }
    for trial in builder.plan.trials {
      #expect(throws: TrialFailure.self) { try executor(scratch.store()).perform(trial) }
    }
    #expect(scratch.store().keys().isEmpty)
    #expect(try Folder.names(in: scratch.folder("store/attempts")).isEmpty)
  }

  @Test func failuresAreTypedAndKept() throws {
    let scratch = try Scratch()
    var builder = builder()
    try builder.add(Misbehave(.diverges), seed: 1)
    try builder.add(Misbehave(.missingData), seed: 1)
    try builder.add(Misbehave(.throwsText), seed: 1)
    var failures: [TrialFailure] = []
    for trial in builder.plan.trials {
      do {
        _ = try executor(scratch.store()).perform(trial)
      } catch {
        failures.append(error)
        #expect(scratch.store().failure(trial.key) == error)
      }
    }
    #expect(failures[0] == .diverged("loss is nan"))
    #expect(failures[1] == .data("toy.gz: expected a data set, found nothing"))
    #expect(failures[2] == .other("planned complaint"))
    #expect(failures.map(ExitStatus.of) == [.trialsFailed, .data, .trialsFailed])
  }

  @Test func differentSecondRunIsAConflict() throws {
    let scratch = try Scratch()
    var builder = builder()
    try builder.add(Fickle(), seed: 1)
    let trial = builder.plan.trials[0]
    // Two stores stand for two processes that both began before either finished.
    _ = try executor(scratch.store("a")).perform(trial)
    _ = try executor(scratch.store("b")).perform(trial)
    let other = scratch.folder("b/trials/\(trial.key)")
    try FileManager.default.createDirectory(
      at: scratch.folder("a/adopted"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(at: other, to: scratch.folder("a/adopted/\(trial.key)"))
    try FileManager.default.removeItem(at: scratch.folder("a/trials/\(trial.key)"))
    do {
      _ = try executor(scratch.store("a")).perform(trial)
      Issue.record("a different result was accepted")
    } catch {
      guard case .notDeterministic(let text) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(text.contains("measurements.csv") && text.contains("conflicts/"))
    }
    #expect(try Folder.names(in: scratch.folder("a/conflicts")).count == 1)
  }

  /// Another program may round otherwise: its record gives way to what this one found.
  @Test func differentRunOfAnotherProgramIsNone() throws {
    let scratch = try Scratch()
    var builder = builder()
    try builder.add(Fickle(), seed: 1)
    let trial = builder.plan.trials[0]
    func executor(_ store: TrialStore, _ program: String) -> TrialExecutor {
      TrialExecutor(store: store, registry: toys, versions: [TrialManifest.program: program])
    }
    _ = try executor(scratch.store("b"), "old").perform(trial)
    try FileManager.default.createDirectory(
      at: scratch.folder("a/adopted"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      at: scratch.folder("b/trials/\(trial.key)"), to: scratch.folder("a/adopted/\(trial.key)"))
    let ours = try executor(scratch.store("a"), "new").perform(trial)
    #expect(try scratch.store("a").trial(trial.key)?.measurements == ours.measurements)
    #expect(ours.manifest.versions[TrialManifest.program] == "new")
  }

  @Test func interruptedTrialResumesToTheSameBytes() throws {
    let scratch = try Scratch()
    let plan = try toyPlan(walks: 1, steps: 55, milliseconds: 0)
    try runAll(plan, scratch.store("straight"))
    let stop = Interruption()
    stop.request()
    let store = scratch.store("stopped")
    // Already asked to stop, it still finishes an epoch each time: five stops for five epochs.
    for _ in 0..<5 {
      #expect(throws: TrialFailure.interrupted) {
        try executor(store, stop).perform(plan.trials[0])
      }
      #expect(try store.trial(plan.trials[0].key) == nil)
    }
    #expect(
      FileManager.default.fileExists(
        atPath: scratch.folder("stopped/checkpoints/\(plan.trials[0].key)").path))
    try runAll(plan, store)
    for trial in plan.trials {
      let a = try #require(try scratch.store("straight").trial(trial.key))
      let b = try #require(try store.trial(trial.key))
      #expect(a.measurements == b.measurements)
      #expect(try Bytes.read(a.url("numbers.txt")) == Bytes.read(b.url("numbers.txt")))
    }
    #expect(
      !FileManager.default.fileExists(
        atPath: scratch.folder("stopped/checkpoints/\(plan.trials[0].key)").path))
  }

  @Test func damagedCheckpointIsNotTrusted() throws {
    let scratch = try Scratch()
    let plan = try toyPlan(walks: 1, steps: 35, milliseconds: 0)
    try runAll(plan, scratch.store("straight"))
    let good = try #require(try scratch.store("straight").trial(plan.trials[0].key)).measurements
    let stop = Interruption()
    stop.request()
    let store = scratch.store()
    _ = try? executor(store, stop).perform(plan.trials[0])
    let file = scratch.folder("store/checkpoints/\(plan.trials[0].key)")
    let bytes = try Bytes.read(file)
    for position in stride(from: 0, to: bytes.count, by: 7) {
      var copy = bytes
      copy[position] ^= 4
      for damaged in [copy, Array(bytes[..<position])] {
        try Folder.make(file.deletingLastPathComponent())
        try AtomicFile.write(damaged, to: file)
        let trial = try executor(scratch.store()).perform(plan.trials[0])
        #expect(trial.measurements == good)
        try FileManager.default.removeItem(at: trial.folder)
      }
    }
  }

  @Test func missingInputIsNamed() throws {
    let scratch = try Scratch()
    let plan = try toyPlan(walks: 1, steps: 5, milliseconds: 0)
    #expect(throws: TrialFailure.self) { try executor(scratch.store()).perform(plan.trials[1]) }
  }

  @Test func staleAttemptsAreSweptAndLivingOnesKept() async throws {
    let scratch = try Scratch()
    let plan = try toyPlan(walks: 1, steps: 5, milliseconds: 0)
    try runAll(plan, scratch.store())
    let attempts = scratch.folder("store/attempts")
    let host = ProcessInfo.processInfo.hostName
    let boot =
      (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    func attempt(_ name: String, _ lock: String) throws {
      try Folder.make(attempts.appendingPathComponent(name))
      try AtomicFile.write(lock, to: attempts.appendingPathComponent(name + "/lock.json"))
    }
    let own = ProcessInfo.processInfo.processIdentifier
    try attempt("dead", #"{"process":999999999,"started":"1","boot":"\#(boot)","host":"\#(host)"}"#)
    try attempt("reused", #"{"process":\#(own),"started":"1","boot":"\#(boot)","host":"\#(host)"}"#)
    try attempt(
      "before-boot", #"{"process":\#(own),"started":"1","boot":"other","host":"\#(host)"}"#)
    try attempt("elsewhere", #"{"process":1,"started":"1","boot":"other","host":"other"}"#)
    _ = try await Runner(executable: probe, jobs: 1).run(plan, store: scratch.store())
    #expect(try Folder.names(in: attempts) == ["elsewhere"])
  }

  @Test func defaultFolderFollowsTheEnvironment() {
    #expect(TrialStore.defaultFolder(environment: ["XDG_DATA_HOME": "/x"]).path == "/x/bench/store")
    #expect(
      TrialStore.defaultFolder(environment: ["HOME": "/h"]).path == "/h/.local/share/bench/store")
    #expect(
      TrialStore.defaultFolder(environment: ["XDG_DATA_HOME": "relative", "HOME": "/h"]).path
        == "/h/.local/share/bench/store")
    #expect(
      TrialStore.defaultFolder(environment: ["BENCH_STORE": "/s", "HOME": "/h"]).path == "/s")
  }
}
