import Files
import Foundation
import Harness
import Reports

/// How two reports differ: first in what went in, then in the numbers that came out.
struct ReportDifference {
  /// What went in, name by name, where it differs.
  private(set) var inputs: [Input] = []
  /// Numbers that both have and that differ, the largest relative difference first.
  private(set) var numbers: [Pair] = []
  private(set) var equal = 0
  private(set) var onlyFirst = 0
  private(set) var onlySecond = 0

  struct Input: Encodable {
    var name: String
    var first: String
    var second: String
  }
  struct Pair: Encodable {
    var place: String
    var seed: UInt64
    var first: JSONOutput.Number
    var second: JSONOutput.Number
  }

  var isEqual: Bool { numbers.isEmpty && onlyFirst == 0 && onlySecond == 0 }

  private struct Row: Hashable {
    var place: String
    var seed: UInt64
    var metric: String
  }

  /// - Throws: `HarnessError`, `FileError` where a folder is no report or is damaged.
  init(_ first: URL, _ second: URL) throws {
    let a = try Self.read(first)
    let b = try Self.read(second)
    compareInputs(a.provenance, b.provenance)
    for (row, value) in a.numbers.sorted(by: { Self.precedes($0.key, $1.key) }) {
      guard let other = b.numbers[row] else {
        onlyFirst += 1
        continue
      }
      if value.value == other.value {
        equal += 1
      } else {
        numbers.append(Pair(place: row.place, seed: row.seed, first: value, second: other))
      }
    }
    onlySecond = b.numbers.keys.count { a.numbers[$0] == nil }
    numbers = numbers.enumerated().sorted {
      let (x, y) = (Self.size($0.element), Self.size($1.element))
      return x != y ? x > y : $0.offset < $1.offset
    }.map(\.element)
  }

  private static func precedes(_ a: Row, _ b: Row) -> Bool {
    (a.place, a.metric, a.seed) < (b.place, b.metric, b.seed)
  }

  private static func size(_ pair: Pair) -> Double {
    guard let a = pair.first.value, let b = pair.second.value else { return 0 }
    return abs(a - b) / max(abs(a), abs(b), .leastNormalMagnitude)
  }

  private static func read(_ folder: URL) throws -> (
    provenance: Provenance, numbers: [Row: JSONOutput.Number]
  ) {
    let results = try Results(fromRecords: RecordFolder(report: folder))
    let url = folder.appendingPathComponent("provenance.json")
    let bytes = try Bytes.read(url, limit: 1 << 26)
    guard let provenance = try? CanonicalJSON.decode(Provenance.self, from: Data(bytes)) else {
      throw FileError(
        .malformed, path: url.path, expected: "provenance of a report", found: "something else")
    }
    var numbers: [Row: JSONOutput.Number] = [:]
    for row in results.rows {
      let place = results.columns.compactMap { row.columns[$0] }.filter { !$0.isEmpty }
      numbers[Row(place: place.joined(separator: " "), seed: row.seed, metric: row.metric)] =
        JSONOutput.Number(metric: row.metric, value: row.value, unit: row.unit)
    }
    return (provenance, numbers)
  }

  private mutating func compareInputs(_ a: Provenance, _ b: Provenance) {
    func note(_ name: String, _ first: String?, _ second: String?) {
      if first != second {
        inputs.append(Input(name: name, first: first ?? "", second: second ?? ""))
      }
    }
    func note(_ kind: String, _ first: [String: String], _ second: [String: String]) {
      for name in Set(first.keys).union(second.keys).sorted() {
        note("\(kind) \(name)", first[name], second[name])
      }
    }
    note("experiment", a.experiment, b.experiment)
    note("tier", a.tier.rawValue, b.tier.rawValue)
    func settings(_ provenance: Provenance) -> [String: String] {
      provenance.settings.flat().mapValues(\.settingText)
    }
    note("setting", settings(a), settings(b))
    note("data", a.data.mapValues(Self.joined), b.data.mapValues(Self.joined))
    note("kernels", Self.joined(a.numericModes), Self.joined(b.numericModes))
    note("version of", a.versions.mapValues(Self.joined), b.versions.mapValues(Self.joined))
    func recipes(_ provenance: Provenance) -> [String: String] {
      Dictionary(provenance.trials.map { ($0.recipe, String($0.version)) }) { first, _ in first }
    }
    note("recipe", recipes(a), recipes(b))
  }

  private static func joined(_ texts: [String]) -> String { texts.joined(separator: ", ") }

  // MARK: Output

  private struct Document: Encodable {
    var schema = 1
    var inputs: [Input]
    var equal: Int
    var different: [Pair]
    var onlyFirst: Int
    var onlySecond: Int
  }

  func show(json: Bool) throws {
    if json {
      return try JSONOutput.show(
        Document(
          inputs: inputs, equal: equal, different: numbers, onlyFirst: onlyFirst,
          onlySecond: onlySecond))
    }
    if inputs.isEmpty { print("Nothing that went in differs.") } else { print("What went in") }
    for input in inputs {
      print(
        Console.wrapped("\(input.name): \(input.first) | \(input.second)", indent: 4, first: 2))
    }
    let largest = numbers.prefix(10)
    if !largest.isEmpty {
      var table = Table(
        title: "Numbers that differ, the largest relative difference first",
        columns: [
          TableColumn("What"), TableColumn("Seed", .number), TableColumn("First", .number),
          TableColumn("Second", .number),
        ])
      for pair in largest {
        func text(_ number: JSONOutput.Number) -> TableCell {
          .text("\(number.value.map { "\($0)" } ?? "") \(number.unit)")
        }
        table.append([
          .text("\(pair.place) \(pair.first.metric)"), .text("\(pair.seed)"), text(pair.first),
          text(pair.second),
        ])
      }
      print("\n" + table.text(width: Console.tableColumns))
    }
    print(
      "\(equal) numbers equal, \(numbers.count) different, \(onlyFirst) only in the first, "
        + "\(onlySecond) only in the second")
  }
}
