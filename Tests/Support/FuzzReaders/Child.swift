import Foundation
import Fuzzing

/// Runs one reader until its time is over.
struct Child {
  private let options: Options
  private let target: Target

  init(_ options: Options) {
    self.options = options
    target = Target.named(options.reader ?? "")!
  }

  /// The exit status: 1 where the reader broke its rules.
  func run() throws -> Int32 {
    // A count that a reader believes should fail here, not bring the machine down.
    #if os(Linux)
      if options.memory > 0 {
        let bytes = rlim_t(options.memory) << 30
        var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
      }
    #endif
    if let iteration = options.iteration {
      let bytes = target.input(seed: options.seed, iteration: iteration)
      if let file = options.save { try Data(bytes).write(to: URL(fileURLWithPath: file)) }
      let outcome = target.read(bytes)
      print("\(target.name), iteration \(iteration), \(bytes.count) bytes: \(outcome)")
      if case .broken = outcome { return 1 }
      return 0
    }
    return fuzz()
  }

  private func fuzz() -> Int32 {
    let notes = open(options.notes ?? "", O_WRONLY)
    let start = ContinuousClock.now
    let end = start + .seconds(options.seconds)
    var counts: [String: Int] = [:]
    var slowest = (time: Duration.zero, iteration: 0)
    var iteration = 0
    var now = start
    while now < end {
      var note = Int64(iteration)
      pwrite(notes, &note, 8, 0)
      let outcome = target.read(target.input(seed: options.seed, iteration: iteration))
      switch outcome {
      case .read: counts["read", default: 0] += 1
      case .refused(let kind): counts[kind, default: 0] += 1
      case .broken(let why):
        print("\(target.name): iteration \(iteration): \(why)")
        return 1
      }
      let after = ContinuousClock.now
      if after - now > slowest.time { slowest = (after - now, iteration) }
      now = after
      iteration += 1
    }
    let words = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    let milliseconds = slowest.time / .milliseconds(1)
    print(
      "\(target.name): \(iteration) files: \(words.joined(separator: ", ")); slowest "
        + String(format: "%.1f ms", milliseconds) + " (iteration \(slowest.iteration))")
    return 0
  }
}
