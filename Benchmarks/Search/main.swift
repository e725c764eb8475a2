import Compute
import Files
import Foundation
import Methods

// Greedy policy search in stored predictions, from the file to the picks. Prints the milliseconds and the picks of a search for
// each line on standard input, after `ready`; search-peers.py measures it in turns.
//
//     bench-search FOLDER --picks 100 [--threads 2]
//
// FOLDER holds pool.npy, log-probabilities [S, N, C], and labels.npy [N].

func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
func fail(_ line: String) -> Never {
  FileHandle.standardError.write(Data("bench-search: \(line)\n".utf8))
  exit(64)
}

var arguments = Array(CommandLine.arguments.dropFirst())
@MainActor func number(_ option: String, else standard: Int) -> Int {
  guard let place = arguments.firstIndex(of: option) else { return standard }
  guard place + 1 < arguments.count, let value = Int(arguments[place + 1]), value > 0 else {
    fail("\(option): expected a number")
  }
  arguments.removeSubrange(place...place + 1)
  return value
}
let threads = number("--threads", else: 2)
let picks = number("--picks", else: 100)
guard arguments.count == 1 else { fail("expected a folder") }
let folder = URL(fileURLWithPath: arguments[0])
say("ready")
while readLine() != nil {
  let begin = ContinuousClock.now
  let npy = try NPY.read(folder.appendingPathComponent("pool.npy"))
  guard npy.shape.count == 3,
    let labels = try NPY.read(folder.appendingPathComponent("labels.npy")).integers()
  else { fail("pool.npy: expected [S, N, C]") }
  let logs = npy.floats()
  let size = npy.shape[1] * npy.shape[2]
  let pool = PredictionPool(
    logProbabilities: (0..<npy.shape[0]).map { logs[$0 * size..<($0 + 1) * size] },
    labels: labels.map { Int32($0) }, classes: npy.shape[2])
  let found = GreedyPolicySearch(pool, threads: threads)
    .picks(picks, by: .calibratedLogLikelihood)
  let time = begin.duration(to: .now)
  say(
    String(format: "%.3f ", time / .milliseconds(1))
      + found.map { "\($0.candidate)" }.joined(separator: ","))
}
