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
var arguments = Array(CommandLine.arguments.dropFirst())
while let argument = arguments.first {
  arguments.removeFirst()
  switch argument {
  case "--step": step = arguments.isEmpty ? step : arguments.removeFirst()
  case "--threads": threads = Int(arguments.isEmpty ? "1" : arguments.removeFirst()) ?? 1
  case "--peak": peak = true
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

guard let run = StepFactory.make(step, threads: threads) else {
  FileHandle.standardError.write(
    Data("unknown step \(step); one of \(StepFactory.names.joined(separator: ", "))\n".utf8))
  exit(2)
}
for _ in 0..<5 { run() }
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
