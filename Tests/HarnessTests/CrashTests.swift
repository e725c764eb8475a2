import Files
import Foundation
import Harness
import HarnessToys
import Testing

@Suite(.serialized) struct CrashTests {
  /// Kills the parent at random times until the run ends by itself; checks after every kill.
  @Test func killingTheParentLosesNothing() throws {
    let scratch = try Scratch()
    try runAll(toyPlan(walks: 3, steps: 60, milliseconds: 2), scratch.store("straight"))
    let store = scratch.folder("store")
    // Runs counted when a trial was first seen finished: it must never start again.
    var acknowledged: [String: Int] = [:]
    var kills = 0
    for round in 0..<60 {
      let run = try ProbeRun(scratch, ["all", store.path, "3", "60", "2", "2"], name: "r\(round)")
      // Later and later, so that every stage is met and the end is reached.
      let delay = 0.02 + 0.012 * Double(round)
      let ended = eventually(delay) { !run.process.isRunning }
      if !ended {
        kill(run.process.processIdentifier, SIGKILL)
        kills += 1
      }
      _ = run.wait()
      let told = run.text.split(separator: "\n").filter { $0.hasPrefix("finished ") }
        .map { String($0.dropFirst(9)) }
      for key in Set(told + TrialStore(at: store).keys().map(\.hex)) where acknowledged[key] == nil
      {
        acknowledged[key] = try runs(of: key, run.trace)
      }
      let fresh = TrialStore(at: store)
      for key in acknowledged.keys {
        #expect(try fresh.trial(TrialKey(key)!) != nil, "acknowledged trial \(key) is lost")
      }
      if ended { break }
    }
    #expect(eventually(15) { processes(holding: store.path).isEmpty }, "orphans end by themselves")
    let last = try ProbeRun(scratch, ["all", store.path, "3", "60", "2", "2"], name: "last")
    #expect(last.wait() == 0)
    #expect(try resultBytes(store) == resultBytes(scratch.folder("straight")))
    for (key, count) in acknowledged {
      #expect(try runs(of: key, last.trace) == count, "finished trial \(key) ran again")
    }
    #expect(acknowledged.count >= 3, "only \(acknowledged.count) trials were seen finished")
    #expect(kills >= 5, "only \(kills) kills met a running parent")
    #expect(
      !FileManager.default.fileExists(atPath: store.appendingPathComponent("quarantine").path))
  }

  /// Kills children at random times: the trial fails, the next run goes on from its checkpoint.
  @Test func killingChildrenLosesNothing() throws {
    let scratch = try Scratch()
    try runAll(toyPlan(walks: 3, steps: 150, milliseconds: 3), scratch.store("straight"))
    let store = scratch.folder("store")
    var kills = 0
    var codes: Set<Int32> = []
    for round in 0..<12 {
      let run = try ProbeRun(scratch, ["all", store.path, "3", "150", "3", "2"], name: "r\(round)")
      let end = Date().addingTimeInterval(10)
      while run.process.isRunning, Date() < end {
        Thread.sleep(forTimeInterval: Double.random(in: 0.03...0.3))
        // Only children name a plan file of the store.
        for child in processes(holding: store.path + "/plans").prefix(1) {
          kill(Int32(child)!, SIGKILL)
          kills += 1
        }
      }
      codes.insert(run.wait())
    }
    let last = try ProbeRun(scratch, ["all", store.path, "3", "150", "3", "2"], name: "last")
    #expect(last.wait() == 0)
    #expect(codes.isSubset(of: [0, 3]) && kills >= 5, "\(codes) after \(kills) kills")
    #expect(try resultBytes(store) == resultBytes(scratch.folder("straight")))
  }

  /// How often a recipe was started for a key.
  private func runs(of key: String, _ trace: URL) throws -> Int {
    try String(contentsOf: trace, encoding: .utf8).split(separator: "\n").count {
      $0 == "run \(key)"
    }
  }

  /// A file system too small for one trial: that trial fails and says why, others finish.
  @Test func fullDiskIsToldAndHarmless() async throws {
    let scratch = try Scratch()
    var builder = builder()
    try builder.add(Large(bytes: 4 << 20), seed: 1, factors: ["method": "large"])
    try builder.add(Walk(steps: 10), seed: 1, factors: ["method": "walk"])
    let mount = scratch.folder("disk")
    try Folder.make(mount)
    guard shell("mount -t tmpfs -o size=1m tmpfs '\(mount.path)' 2>/dev/null") == 0 else {
      return  // Only root may mount; the limit on file sizes below needs no rights.
    }
    defer { _ = shell("umount '\(mount.path)'") }
    let store = TrialStore(at: mount.appendingPathComponent("store"))
    let summary = try await Runner(executable: probe, jobs: 1).run(builder.plan, store: store)
    #expect(summary.finished.count == 1)
    let failure = try #require(summary.failures.first?.failure)
    #expect(ExitStatus.of(failure) == .cannotWrite, "\(failure)")
    #expect(failure.description.contains("No space left"), "\(failure)")
    #expect(try Folder.names(in: store.folder.appendingPathComponent("attempts")).isEmpty)
    #expect(store.keys().count == 1)
  }

  @Test func fileSizeLimitIsToldAndHarmless() throws {
    let scratch = try Scratch()
    var builder = builder()
    try builder.add(Large(bytes: 4 << 20), seed: 1)
    let store = scratch.store()
    let file = try FrozenPlan(plan: builder.plan, store: store).write(into: store)
    let key = builder.plan.trials[0].key
    let command =
      "trap '' XFSZ; ulimit -f 1024; exec '\(probe.path)' trial run \(key) --plan '\(file.path)' 2>/dev/null"
    #expect(shell(command) == ExitStatus.cannotWrite.rawValue)
    #expect(store.keys().isEmpty)
    #expect(try Folder.names(in: store.folder.appendingPathComponent("attempts")).isEmpty)
    #expect(shell("'\(probe.path)' trial run \(key) --plan '\(file.path)'") == 0)
    #expect(store.keys() == [key])
  }

  @Test func unwritableStoreIsNamed() async throws {
    let scratch = try Scratch()
    let file = try scratch.write("", "file")
    let plan = try toyPlan(walks: 1, steps: 1, milliseconds: 0)
    await #expect(throws: HarnessError.self) {
      try await Runner(executable: probe, jobs: 1)
        .run(plan, store: TrialStore(at: file.appendingPathComponent("store")))
    }
  }

  /// Two runners on one store: every trial runs once, nothing is torn.
  @Test func twoRunnersShareAStore() throws {
    let scratch = try Scratch()
    try runAll(toyPlan(walks: 4, steps: 40, milliseconds: 1), scratch.store("straight"))
    let store = scratch.folder("store").path
    let one = try ProbeRun(scratch, ["all", store, "4", "40", "1", "2"], name: "one")
    let two = try ProbeRun(scratch, ["all", store, "4", "40", "1", "2"], name: "two")
    #expect(one.wait() == 0, "\(one.text)")
    #expect(two.wait() == 0, "\(two.text)")
    #expect(try resultBytes(scratch.folder("store")) == resultBytes(scratch.folder("straight")))
    #expect(!FileManager.default.fileExists(atPath: store + "/conflicts"))
    for key in TrialStore(at: scratch.folder("store")).keys() {
      #expect(try runs(of: key.hex, two.trace) == 1, "\(key.short) ran more than once")
    }
  }

  private func shell(_ command: String) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    do { try process.run() } catch { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
