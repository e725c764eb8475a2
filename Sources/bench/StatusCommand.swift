import ArgumentParser
import Foundation
import Harness
import Reports

/// `bench status`.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows what the store holds: trials that run, that can go on, that failed, that are done.",
    discussion: """
        bench status
        bench status --finished
      """)

  @Flag(help: "List every finished trial.") var finished = false
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var places: Places

  private struct Item: Encodable {
    var trial: String
    var title: String
    var state: String
    var fraction: Double?
    var process: Int32?
    var note: String
  }
  private struct Document: Encodable {
    var schema = 1
    var store: String
    var finished: Int
    var adopted: Int
    var trials: [Item]
  }

  func run() throws {
    let store = places.store
    let planned = store.planned()
    func item(_ key: TrialKey, _ state: String, note: String = "") -> Item {
      Item(trial: key.hex, title: planned[key]?.title ?? key.short, state: state, note: note)
    }
    let running = store.running().sorted { $0.key < $1.key }
    let busy = Set(running.map(\.key))
    let done = store.keys()
    let known = Set(done)
    var items = running.map { trial in
      var item = item(trial.key, "running", note: trial.note)
      (item.fraction, item.process) = (trial.fraction, trial.process)
      return item
    }
    items += store.checkpointed().filter { !busy.contains($0) && !known.contains($0) }
      .map { item($0, "can go on", note: "from a checkpoint") }
    items += store.failed().filter { !busy.contains($0) && !known.contains($0) }
      .map { item($0, "failed", note: store.failure($0)?.description ?? "") }
    items += store.adopted().filter { !known.contains($0) }
      .map { item($0, "adopted", note: "its numbers, without its products") }
    if finished || json { items += done.map { item($0, "done") } }
    if json {
      return try JSONOutput.show(
        Document(
          store: store.folder.path, finished: done.count, adopted: store.adopted().count,
          trials: items))
    }
    print("\(store.folder.path): \(done.count) finished trials, \(running.count) running")
    if items.isEmpty { return }
    var table = Table(columns: [
      TableColumn("Trial"), TableColumn("Key"), TableColumn("State"), TableColumn("Note"),
    ])
    for item in items {
      let share = item.fraction.map { "\(Int($0 * 100)) % " } ?? ""
      table.append([
        .text(item.title), .text(String(item.trial.prefix(12))), .text(item.state),
        .text(share + item.note),
      ])
    }
    print("\n" + table.text(width: Console.tableColumns), terminator: "")
  }
}
