import Compute
import Files
import Foundation
import Methods

// Multinomial logistic regression to convergence on given features. Prints the milliseconds of a fit and its loss for each line on
// standard input, after `ready`; probe-peers.py measures it in turns with scikit-learn.
//
//     bench-probe FEATURES.npy LABELS.npy --decay 0.001 [--threads 2]

func fail(_ line: String) -> Never {
  FileHandle.standardError.write(Data("bench-probe: \(line)\n".utf8))
  exit(64)
}
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

var plain: [String] = []
var (decay, threads) = (1e-3, 2)
var arguments = CommandLine.arguments.dropFirst().makeIterator()
while let argument = arguments.next() {
  switch argument {
  case "--decay":
    guard let number = arguments.next().flatMap(Double.init), number > 0 else {
      fail("--decay: expected a number above 0")
    }
    decay = number
  case "--threads":
    guard let number = arguments.next().flatMap(Int.init), number > 0 else {
      fail("--threads: expected a number")
    }
    threads = number
  default: plain.append(argument)
  }
}
guard plain.count == 2 else { fail("expected features and labels") }
let features = try NPY.read(URL(fileURLWithPath: plain[0]))
let labels = try NPY.read(URL(fileURLWithPath: plain[1])).integers()?.map(Int32.init) ?? []
guard features.shape.count == 2, features.shape[0] == labels.count, let last = labels.max() else {
  fail("expected features [N, D] and N labels")
}
let table = Matrix<Float>(
  rows: features.shape[0], columns: features.shape[1], features.floats())
OpenBLAS.setThreads(threads)

_ = try ProbeTraining(table, labels: labels, classes: Int(last) + 1).fit(decay: decay)
say("ready")
while readLine() != nil {
  let begin = ContinuousClock.now
  let found = try ProbeTraining(table, labels: labels, classes: Int(last) + 1).fit(decay: decay)
  let time = begin.duration(to: .now)
  say(
    String(format: "%.3f %.10f %d", time / .milliseconds(1), found.loss, found.evaluations))
}
