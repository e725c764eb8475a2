import ArgumentParser
import Foundation
import Harness
import Reports

/// `bench clean`.
struct CleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean",
    abstract: "Removes from the store what no finished trial consists of.",
    discussion: """
      Tries whose process is gone, reasons of failures, damaged trials that were moved aside, and old checkpoints.
      Finished trials and what runs are never touched. Asks first.

        bench clean
        bench clean --yes --checkpoints-older-than 0
      """)

  @Option(help: ArgumentHelp("Age at which a checkpoint counts as old.", valueName: "days"))
  var checkpointsOlderThan: Double = 14
  @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var places: Places

  private struct Item: Encodable {
    var kind: String
    var path: String
    var size: JSONOutput.Number
  }
  private struct Document: Encodable {
    var schema = 1
    var removed: Bool
    var leftovers: [Item]
  }

  func validate() throws {
    if !(checkpointsOlderThan >= 0) {
      throw ValidationError("--checkpoints-older-than: expected days, found \(checkpointsOlderThan)")
    }
  }

  func run() throws {
    let store = places.store
    let leftovers = store.leftovers(checkpointsOlderThan: checkpointsOlderThan * 86400)
    if !json {
      for kind in Leftover.Kind.allCases {
        let some = leftovers.filter { $0.kind == kind }
        if some.isEmpty { continue }
        print("\(some.count) \(kind.rawValue)\t\(Console.size(some.reduce(0) { $0 + $1.bytes }))")
      }
      if leftovers.isEmpty { print("\(store.folder.path): nothing to remove") }
    }
    let removes = !leftovers.isEmpty && (yes || (!json && Console.confirms("Remove them?")))
    if removes { for leftover in leftovers { try store.remove(leftover) } }
    if json {
      try JSONOutput.show(
        Document(
          removed: removes,
          leftovers: leftovers.map {
            Item(
              kind: $0.kind.rawValue, path: $0.url.path, size: JSONOutput.bytes("size", $0.bytes))
          }))
    }
    if !leftovers.isEmpty && !removes {
      Console.note("nothing was removed; say --yes to remove")
    }
  }
}
