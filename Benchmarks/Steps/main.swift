import Compute
import Foundation
import Methods
import Networks

// One training or inference step of each benchmark, timed on request: for every line on standard input it runs for
// about 0.3 s and prints the median milliseconds per step.

/// One line to standard output at once: the driver waits for it.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

var step = "lenet300"
var threads = 1
var peak = false
var profile = false
var arguments = Array(CommandLine.arguments.dropFirst())
while let argument = arguments.first {
  arguments.removeFirst()
  switch argument {
  case "--step": step = arguments.isEmpty ? step : arguments.removeFirst()
  case "--threads": threads = Int(arguments.isEmpty ? "1" : arguments.removeFirst()) ?? 1
  case "--peak": peak = true
  case "--profile": profile = true
  default:
    FileHandle.standardError.write(Data("unknown option \(argument)\n".utf8))
    exit(2)
  }
}

if peak {
  // Every thread at once: the clock may fall when all cores work.
  let group = DispatchGroup()
  let lock = NSLock()
  nonisolated(unsafe) var total = 0.0
  for _ in 0..<threads {
    DispatchQueue.global().async(group: group) {
      let value = KernelPath.current.measuredPeak(seconds: 0.5)
      lock.withLock { total += value }
    }
  }
  group.wait()
  print(String(format: "%.1f", total / 1e9))
  exit(0)
}

guard let made = StepFactory.make(step, threads: threads) else {
  FileHandle.standardError.write(
    Data("unknown step \(step); one of \(StepFactory.names.joined(separator: ", "))\n".utf8))
  exit(2)
}
let run = made.run
for _ in 0..<3 { run() }
if profile {
  // Processor time of one step per operation, the dearest first; the rest is bindings and the optimiser.
  let timer = NodeTimer(made.program)
  made.program.timer = timer
  var steps = 0.0
  let start = processorTime()
  repeat {
    run()
    steps += 1
  } while processorTime() - start < 3
  let total = (processorTime() - start) / steps * 1000
  // Like operations of an unrolled network stand in one line.
  var groups: [String: (count: Int, forward: Double, backward: Double)] = [:]
  for entry in timer.entries {
    var group = groups[entry.name] ?? (0, 0, 0)
    group.count += 1
    group.forward += entry.forward / steps * 1000
    group.backward += entry.backward / steps * 1000
    groups[entry.name] = group
  }
  let sorted = groups.sorted {
    $0.value.forward + $0.value.backward > $1.value.forward + $1.value.backward
  }
  let nodes = sorted.reduce(0) { $0 + $1.value.forward + $1.value.backward }
  print(
    String(format: "%@: %.3f ms a step, %.3f ms outside operations", step, total, total - nodes))
  print("  forward  backward  share  operation")
  for (name, group) in sorted {
    let sum = group.forward + group.backward
    let times = group.count > 1 ? "\(group.count) x " : ""
    print(
      String(
        format: "%9.4f %9.4f %5.1f%%  %@%@", group.forward, group.backward, 100 * sum / total,
        times,
        name))
  }
  exit(0)
}
say("ready")
let clock = ContinuousClock()
while readLine() != nil {
  var times: [Double] = []
  let start = clock.now
  repeat {
    let before = clock.now
    run()
    times.append((clock.now - before).seconds * 1000)
  } while (clock.now - start).seconds < 0.3 || times.count < 3
  times.sort()
  say(String(format: "%.4f", times[times.count / 2]))
}
