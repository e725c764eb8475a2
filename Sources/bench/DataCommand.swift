import ArgumentParser
import Datasets
import Files
import Foundation
import Harness
import Reports

/// `bench data …`.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Lists, fetches, imports and checks data sets.",
    discussion: """
      A data set `name` is a folder `name` in the first of these that has it:
      --data-dir, $BENCH_DATA, $XDG_CACHE_HOME/bench/datasets (else
      ~/.cache/bench/datasets), the data sets that come with bench, the folder of
      the system's package.

        bench data list
        bench data fetch mnist
        bench data import mnist ~/Downloads
      """,
    subcommands: [List.self, Fetch.self, Import.self, Verify.self, Path.self])

  private struct Folder: Encodable {
    var schema = 1
    var dataset: String
    var folder: String
  }

  private static func show(_ name: String, _ folder: URL, json: Bool) throws {
    if json { return try JSONOutput.show(Folder(dataset: name, folder: folder.path)) }
    print(folder.path)
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Lists the data sets and whether they are here.")

    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var places: Places

    private struct Item: Encodable {
      var name: String
      var title: String
      var licence: String
      var homepage: String
      var size: JSONOutput.Number
      var records: [String: Int]
      var folder: String?
      var problem: String?
    }
    private struct Document: Encodable {
      var schema = 1
      var datasets: [Item]
    }

    func run() throws {
      let library = try places.dataLibrary()
      let items = library.catalogue.datasets.map { entry in
        var item = Item(
          name: entry.name, title: entry.title, licence: entry.licence, homepage: entry.homepage,
          size: JSONOutput.bytes("size", entry.bytes),
          records: Dictionary(entry.splits.map { ($0.name, $0.count) }) { $1 })
        do {
          item.folder = try library.locate(entry.name).folder.path
        } catch {
          item.problem = "\(error)"
        }
        return item
      }
      if json { return try JSONOutput.show(Document(datasets: items)) }
      var table = Table(columns: [
        TableColumn("Name"), TableColumn("Records"), TableColumn("Size", .number),
        TableColumn("Licence"), TableColumn("Here"),
      ])
      for (item, entry) in zip(items, library.catalogue.datasets) {
        let records = entry.splits.map { "\($0.name) \($0.count)" }.joined(separator: ", ")
        let isMissing = item.problem?.contains("found nothing") ?? false
        table.append([
          .text(item.name), .text(records), .text(Console.size(entry.bytes)), .text(item.licence),
          .text(item.folder != nil ? "yes" : isMissing ? "no" : "damaged"),
        ])
      }
      print(table.text(width: Console.tableColumns), terminator: "")
    }
  }

  struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "fetch",
      abstract: "Downloads a data set into the cache; an interrupted download goes on.")

    @Argument(help: "Name of the data set; see bench data list.") var name: String
    @Flag(help: "Print JSON.") var json = false
    @Flag(name: .shortAndLong, help: "No progress on standard error.") var quiet = false
    @OptionGroup var places: Places

    func run() throws {
      let isShown = !quiet && Console.isTerminal
      let location = try places.dataLibrary().fetch(name) { progress in
        guard isShown else { return }
        Console.status(
          "\(progress.file)  \(Console.size(progress.received)) of \(Console.size(progress.total))"
            + "  \(progress.source.host ?? "")")
      }
      if isShown { Console.clearStatus() }
      try DataCommand.show(name, location.folder, json: json)
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "import",
      abstract: "Copies a data set from a folder into the cache, after checking every file.")

    @Argument(help: "Name of the data set; see bench data list.") var name: String
    @Argument(help: "Folder that holds its files, at any depth.") var folder: String
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var places: Places

    func run() throws {
      let location = try places.dataLibrary().importFiles(name, from: URL(fileURLWithPath: folder))
      try DataCommand.show(name, location.folder, json: json)
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Compares every file of data sets with its SHA-256.")

    @Argument(help: "Names of data sets (default: all that are there).") var names: [String] = []
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var places: Places

    private struct File: Encodable {
      var name: String
      var variant: String
      var sha256: String
    }
    private struct Item: Encodable {
      var dataset: String
      var files: [File]
      var problem: String?
    }
    private struct Document: Encodable {
      var schema = 1
      var datasets: [Item]
    }

    func run() throws {
      let library = try places.dataLibrary()
      let chosen =
        names.isEmpty
        ? library.catalogue.datasets.map(\.name).filter { isThere($0, library) } : names
      var items: [Item] = []
      var worst: DataError?
      for name in chosen {
        do {
          let files = try library.verify(name).map {
            File(name: $0.name, variant: $0.variant, sha256: $0.sha256.hex)
          }
          items.append(Item(dataset: name, files: files))
        } catch {
          worst = worst ?? error
          items.append(Item(dataset: name, files: [], problem: "\(error)"))
        }
      }
      if json {
        try JSONOutput.show(Document(datasets: items))
      } else {
        for item in items where item.problem == nil {
          let variants = Set(item.files.map(\.variant)).sorted().joined(separator: ", ")
          print("ok\t\(item.dataset)\t\(item.files.count) files\t\(variants)")
        }
      }
      for item in items {
        if let problem = item.problem { Console.note("bench: \(problem)") }
      }
      if let worst { throw Failure.known(worst)?.1 ?? .data }
    }

    private func isThere(_ name: String, _ library: DataLibrary) -> Bool {
      do {
        _ = try library.locate(name)
        return true
      } catch {
        if case .missing = error { return false }
        return true
      }
    }
  }

  struct Path: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "path", abstract: "Prints the folder of a data set.")

    @Argument(help: "Name of the data set; see bench data list.") var name: String
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var places: Places

    func run() throws {
      try DataCommand.show(name, places.dataLibrary().locate(name).folder, json: json)
    }
  }
}
