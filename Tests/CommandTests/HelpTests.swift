import Files
import Foundation
import Testing

/// What users read stays as it is unless somebody means to change it.
///
/// `BENCH_RENEW_SNAPSHOTS=1 swift test` writes the snapshots anew.
struct HelpTests {
  static let commands = [
    "", "list", "show", "reproduce", "status", "report", "compare", "verify", "data", "data list",
    "data fetch", "data import", "data verify", "data path", "export", "corrupt", "evaluate",
    "score", "trial", "trial run", "doctor", "clean",
  ]

  private func expect(_ text: String, matches name: String) throws {
    let file = root.appendingPathComponent("Tests/Fixtures/Command/\(name).txt")
    if ProcessInfo.processInfo.environment["BENCH_RENEW_SNAPSHOTS"] != nil {
      try AtomicFile.write(text, to: file)
    }
    let known = try String(contentsOf: file, encoding: .utf8)
    #expect(text.count > 40, "\(name)")
    #expect(text == known, "differs from \(name).txt; BENCH_RENEW_SNAPSHOTS=1 renews it")
  }

  @Test(arguments: commands) func help(_ command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let outcome = try Workplace().start(words + ["--help"]).wait()
    #expect(outcome.code == 0)
    #expect(outcome.errors == "")
    let name = (["help"] + words).joined(separator: "-")
    try expect(outcome.output, matches: name)
  }

  @Test func aloneItSaysWhereToBegin() throws {
    let outcome = try Workplace().bench()
    #expect(outcome.code == 0)
    try expect(outcome.output, matches: "guide")
  }

  @Test func version() throws {
    let outcome = try Workplace().bench("--version")
    #expect(outcome.code == 0)
    #expect(outcome.output.split(separator: ".").count == 3)
  }

  @Test func listNamesEveryExperiment() throws {
    let outcome = try Workplace().bench("list")
    #expect(outcome.code == 0)
    try expect(outcome.output, matches: "list")
  }

  /// Nothing of what is shown runs over the edge of a narrow terminal, except words that are longer than it.
  @Test(arguments: [["list"], ["show", "sparse-vd-kl"], ["data", "list"]])
  func narrowTerminal(_ arguments: [String]) throws {
    let outcome = try Workplace().start(arguments, environment: ["COLUMNS": "48"]).wait()
    #expect(outcome.code == 0)
    for line in outcome.output.split(separator: "\n") where line.count > 48 {
      let words = line.split(separator: " ")
      #expect(words.count <= 2 || words.contains { $0.count > 24 }, "\(line)")
    }
  }
}
