import Foundation
import Fuzzing

/// Fuzzes the readers of files, each in a process of its own, so that a crash is seen, counted and reproduced.
///
///     fuzz-readers [--seconds 60] [--seed 1] [--reader png] [--memory 4]
///     fuzz-readers --reader png --seed 1 --iteration 4711 [--save FILE]
///
/// The second form runs one file again. `--memory` is in GiB; 0 sets no limit, as address sanitizers need it. Exits with 1 where a reader crashed, hung or broke its own rules.
@main
struct FuzzReaders {
  static func main() {
    do {
      let options = try Options(CommandLine.arguments.dropFirst())
      exit(try options.isChild ? Child(options).run() : Parent(options).run())
    } catch {
      FileHandle.standardError.write(Data("fuzz-readers: \(error)\n".utf8))
      exit(2)
    }
  }
}

/// What the command line says.
struct Options {
  struct Mistake: Error, CustomStringConvertible {
    let description: String
  }

  var seconds = 60.0
  var seed: UInt64 = 1
  /// GiB that a reader may take; 0 for any.
  var memory = 4
  var reader: String?
  var iteration: Int?
  var save: String?
  /// Where a child notes the iteration it is at.
  var notes: String?
  var isChild: Bool { notes != nil || iteration != nil }

  init(_ arguments: some Collection<String>) throws(Mistake) {
    var rest = Array(arguments)
    while !rest.isEmpty {
      let name = rest.removeFirst()
      if rest.isEmpty { throw Mistake(description: "\(name): expected a value") }
      let value = rest.removeFirst()
      func number<N>(_ number: N?) throws(Mistake) -> N {
        if let number { return number }
        throw Mistake(description: "\(name): expected a number, found \"\(value)\"")
      }
      switch name {
      case "--seconds": seconds = try number(Double(value))
      case "--seed": seed = try number(UInt64(value))
      case "--memory": memory = max(0, min(1024, try number(Int(value))))
      case "--reader": reader = value
      case "--iteration": iteration = try number(Int(value))
      case "--save": save = value
      case "--notes": notes = value
      default: throw Mistake(description: "\(name): unknown option")
      }
    }
    if let reader, Target.named(reader) == nil {
      let known = Target.all.map(\.name).joined(separator: ", ")
      throw Mistake(description: "--reader: expected one of \(known), found \(reader)")
    }
    if iteration != nil && reader == nil {
      throw Mistake(description: "--iteration: expected --reader with it")
    }
  }
}
