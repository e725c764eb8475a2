import Files
import Foundation
import Harness

/// A product of toy recipes: one number per line.
package enum Numbers {}

/// Walks at random for some steps, slowly enough to be killed, with a checkpoint at every `epoch` steps.
package struct Walk: Recipe {
  package typealias Product = Numbers
  package static let name = "toy-walk"
  package static let version = 1
  package var steps: Int
  package var epoch: Int
  package var milliseconds: Int

  package init(steps: Int, epoch: Int = 10, milliseconds: Int = 0) {
    self.steps = steps
    self.epoch = epoch
    self.milliseconds = milliseconds
  }

  package var datasets: [String] { ["toy-data"] }
  package var estimatedSeconds: Double? { Double(steps * milliseconds) / 1000 }

  package func run(_ context: TrialContext) throws {
    trace("run \(context.key)")
    var state = context.seed
    var position = 0.0
    var step = 0
    if let (saved, bytes) = try context.loadCheckpoint() {
      let numbers = String(decoding: bytes, as: UTF8.self).split(separator: " ")
      state = UInt64(numbers[0])!
      position = Double(numbers[1])!
      step = saved
      trace("resume \(context.key) \(step)")
    }
    while step < steps {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      position += Double(state >> 11) / Double(1 << 53) - 0.5
      step += 1
      if milliseconds > 0 { Thread.sleep(forTimeInterval: Double(milliseconds) / 1000) }
      context.progress(Double(step) / Double(steps), "step \(step)")
      if step % epoch == 0 {
        try context.record(
          "position", position, unit: "m", coordinates: ["epoch": String(step / epoch)])
        try context.saveCheckpoint(step: step, Array("\(state) \(position)".utf8))
        if context.isInterrupted { throw TrialFailure.interrupted }
      }
    }
    try context.record("position", position, unit: "m")
    context.log.info("arrived")
    try AtomicFile.write("\(position)\n", to: context.productURL("numbers.txt"))
    trace("end \(context.key)")
  }
}

/// Multiplies what another trial left.
package struct Scale: Recipe {
  package typealias Product = Numbers
  package static let name = "toy-scale"
  package static let version = 1
  package var source: Ref<Numbers>
  package var factor: Double

  package init(source: Ref<Numbers>, factor: Double) {
    self.source = source
    self.factor = factor
  }

  package func run(_ context: TrialContext) throws {
    trace("run \(context.key)")
    let text = String(
      decoding: try Bytes.read(context.input(source).url("numbers.txt")), as: UTF8.self)
    let value = Double(text.dropLast())! * factor
    try context.record("scaled", value, unit: "m")
    try AtomicFile.write("\(value)\n", to: context.productURL("numbers.txt"))
    trace("end \(context.key)")
  }
}

/// Fails in one of many ways.
package struct Misbehave: Recipe {
  package static let name = "toy-misbehave"
  package static let version = 1
  package var how: How

  package enum How: String, Codable, CaseIterable, Sendable {
    case crash, exits, killsItself, diverges, throwsText, missingData, noise, grandchild, stubborn
    case badName, reserved, leavesFolder
  }

  package init(_ how: How) { self.how = how }

  package func run(_ context: TrialContext) throws {
    switch how {
    case .crash: fatalError("error: planned crash")
    case .exits: exit(9)
    case .killsItself: kill(getpid(), SIGKILL)
    case .diverges: try context.record("loss", .nan)
    case .throwsText: throw Complaint()
    case .missingData:
      throw FileError(.missing, path: "toy.gz", expected: "a data set", found: "nothing")
    case .noise:
      let line = Data(String(repeating: "noise ", count: 4096).utf8)
      for _ in 0..<2000 { FileHandle.standardOutput.write(line) }
      throw Complaint()
    case .grandchild:
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sleep")
      process.arguments = ["600"]
      try process.run()
      if let path = ProcessInfo.processInfo.environment["TOY_PIDS"] {
        try? "\(process.processIdentifier)".write(toFile: path, atomically: false, encoding: .utf8)
      }
      throw Complaint()
    case .stubborn: while true { Thread.sleep(forTimeInterval: 0.05) }
    case .badName: _ = try context.productURL("../escape")
    case .reserved: _ = try context.productURL("manifest.json")
    case .leavesFolder:
      let url = try context.productURL("folder")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }
  }
}

/// Gives another number every time: what the store must notice.
package struct Fickle: Recipe {
  package static let name = "toy-fickle"
  package static let version = 1
  package init() {}
  package func run(_ context: TrialContext) throws {
    try context.record("chance", Double.random(in: 0..<1))
  }
}

/// Writes a file of some size, for full disks and large products.
package struct Large: Recipe {
  package typealias Product = Numbers
  package static let name = "toy-large"
  package static let version = 1
  package var bytes: Int
  package init(bytes: Int) { self.bytes = bytes }
  package func run(_ context: TrialContext) throws {
    trace("run \(context.key)")
    try AtomicFile.write(
      [UInt8](repeating: 49, count: bytes - 1) + [10], to: context.productURL("numbers.txt"))
    try context.record("size", Double(bytes), unit: "B")
  }
}

/// An error with words of its own.
package struct Complaint: Error, CustomStringConvertible {
  package init() {}
  package var description: String { "planned complaint" }
}

/// All toy recipes.
package let toys = RecipeRegistry([
  Walk.self, Scale.self, Misbehave.self, Fickle.self, Large.self,
])

/// The plan the crash tests run: walks, and scales of them.
package func toyPlan(walks: Int, steps: Int, milliseconds: Int) throws -> Plan {
  var builder = PlanBuilder(numericMode: "plain") { _ in "digest-of-toy-data" }
  for seed in 0..<UInt64(walks) {
    let walk = try builder.add(
      Walk(steps: steps, milliseconds: milliseconds), seed: seed, factors: ["method": "walk"])
    try builder.add(
      Scale(source: walk, factor: 2), seed: seed, factors: ["method": "scale"])
  }
  return builder.plan
}

/// Appends a line to the file that `TOY_TRACE` names, so that tests can count what ran.
func trace(_ line: String) {
  guard let path = ProcessInfo.processInfo.environment["TOY_TRACE"] else { return }
  let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
  guard file >= 0 else { return }
  let text = line + "\n"
  _ = text.withCString { write(file, $0, strlen($0)) }
  close(file)
}
