import Files
import Foundation
import Images

// Microseconds of processor time per picture, for corruptions at severity 3 and for transforms.
//
// Without arguments: CSV of everything, what,size,ours_us, the best of five blocks. With --serve: prints `ready`, then for each
// line `what size` on standard input the microseconds of one block; so pictures-peers.py measures it in turns with others.

/// One line to standard output at once: the driver waits for it.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

/// Microseconds per call over one block of at least 40 ms; the index changes from call to call.
func block(_ body: (Int) -> Picture) -> Double {
  var total = Int(body(0).pixels[0])
  var count = 0
  let started = clock()
  while clock() - started < clock_t(CLOCKS_PER_SEC) / 25 {
    // The clock is asked once in a while: asking takes as long as a small picture.
    for _ in 0..<(count < 64 ? 1 : 16) {
      count += 1
      total += Int(body(count).pixels[0])
    }
  }
  precondition(total >= 0)
  return Double(clock() - started) / Double(CLOCKS_PER_SEC) * 1e6 / Double(count)
}

var arguments = Array(CommandLine.arguments.dropFirst())
let isServer = arguments.contains("--serve")
arguments.removeAll { $0 == "--serve" }
let folder = URL(fileURLWithPath: arguments.first ?? "datasets/corruptions")
let works = Works(frost: try FrostOverlays(read: folder))
if isServer {
  say("ready")
  while let line = readLine() {
    let words = line.split(separator: " ")
    guard words.count == 2, let side = Int(words[1]), let work = works[String(words[0]), side]
    else {
      say("unknown: \(line)")
      continue
    }
    say(String(format: "%.3f", block(work)))
  }
} else {
  say("what,size,ours_us")
  for side in Works.sides {
    for name in Works.names {
      guard let work = works[name, side] else { continue }
      let best = (0..<5).map { _ in block(work) }.min() ?? .nan
      say("\(name),\(side),\(String(format: "%.2f", best))")
    }
  }
}
