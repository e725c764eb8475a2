import Files
import Foundation
import Harness
import Testing

/// The commands that the README shows do what it says.
struct ReadmeTests {
  /// Lines of its shell blocks that start with a word, without comments.
  private func commands(_ word: String) throws -> [[String]] {
    let text = try String(
      contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    var commands: [[String]] = []
    for block in text.components(separatedBy: "```sh\n").dropFirst() {
      let inside = block.components(separatedBy: "```")[0]
      for line in inside.split(separator: "\n") {
        let words = line.split(separator: "#")[0].split(separator: " ").map(String.init)
        if words.first == word { commands.append(Array(words.dropFirst())) }
      }
    }
    return commands
  }

  @Test func shownCommandsRun() throws {
    let work = try Workplace()
    let reports = root.appendingPathComponent("reports")
    if FileManager.default.fileExists(atPath: reports.path) {
      try FileManager.default.copyItem(at: reports, to: work.at("reports"))
    }
    let shown = try commands("bench")
    #expect(shown.count >= 6)
    var environment: [String: String] = [:]
    if let data = ProcessInfo.processInfo.environment["BENCH_DATA"] {
      environment["BENCH_DATA"] = data
    }
    let hasMNIST = try work.bench("data", "path", "mnist", environment: environment).code == 0
    for var words in shown {
      let line = words.joined(separator: " ")
      // Not in a test: hours of training, and the network.
      if line.hasPrefix("data fetch") { words = ["data", "fetch", "--help"] }
      let isPaper = words.contains("paper")
      if words[0] == "reproduce" && isPaper { words.append("--dry-run") }
      let hasReport =
        words.count > 1
        && FileManager.default.fileExists(
          atPath: work.report(words[1], "paper").appendingPathComponent("records").path)
      let outcome = try work.start(words, environment: environment).wait()
      switch words[0] {
      case "reproduce" where isPaper && !hasMNIST:
        #expect(outcome.code == 5, "\(line): \(outcome.errors)")
      case "compare" where hasReport:
        // What the verdicts are is for the tests of committed reports.
        #expect([0, 1, 4].contains(outcome.code), "\(line): \(outcome.errors)")
        #expect(outcome.output.contains("reproduced"), "\(line)")
      case "compare" where !hasReport, "report" where !hasReport:
        #expect(outcome.code == 2, "\(line): \(outcome.errors)")
      default:
        #expect(outcome.code == 0, "\(line): \(outcome.errors)")
      }
    }
  }

  @Test func makefileHasTheShownTargets() throws {
    let makefile = try String(
      contentsOf: root.appendingPathComponent("Makefile"), encoding: .utf8)
    for words in try commands("make") {
      #expect(makefile.contains("\n\(words[0]):"), "make \(words[0])")
    }
    for command in try commands("make").map({ $0[0] }) + ["benchmark-peers"] {
      #expect(makefile.contains(".PHONY") && makefile.contains(command))
    }
  }

  /// What an installed program needs is found from any folder.
  @Test func installedProgramFindsItsFiles() throws {
    let work = try Workplace()
    let share = work.at("prefix/share/bench")
    try FileManager.default.createDirectory(
      at: work.at("prefix/bin"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(at: share, withIntermediateDirectories: true)
    for name in ["experiments", "datasets"] {
      try FileManager.default.copyItem(
        at: root.appendingPathComponent(name), to: share.appendingPathComponent(name))
    }
    let installed = work.at("prefix/bin/bench")
    try FileManager.default.copyItem(at: program, to: installed)
    let process = Process()
    process.executableURL = installed
    process.arguments = ["doctor", "--json"]
    process.currentDirectoryURL = work.at("home")
    process.environment = work.environment([:])
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(String(decoding: data, as: UTF8.self).contains(share.path))
  }

  /// Each figure on the front pages is a committed report's, with the verdicts that this report has.
  @Test(arguments: ["README.md", "reports/README.md"])
  func frontPagesSayWhatReportsSay(_ name: String) throws {
    let page = root.appendingPathComponent(name)
    let text = try String(contentsOf: page, encoding: .utf8)
    let pictures = text.matches(of: /!\[[^\]]+\]\(([^)]+)\)/).map { String($0.1) }
    #expect(pictures.count >= 6)
    for picture in pictures {
      let file = page.deletingLastPathComponent().appendingPathComponent(picture)
      #expect(try PNG.parse(Bytes.read(file)).width > 500, "\(picture)")
    }
    let said = text.matches(
      of: /`bench reproduce ([a-z0-9-]+) --tier (desktop|paper)`: ([^.<|\n]+)\./)
    #expect(Set(said.map { String($0.1) }).count >= 6)
    for line in said {
      let (id, tier) = (String(line.1), String(line.2))
      let report = root.appendingPathComponent("reports/\(id)/\(tier)")
      let rows = try VerdictTable.read(report.appendingPathComponent("verdicts.csv"))
      let counts = Verdict.allCases.compactMap { verdict in
        let count = rows.count { $0.verdict == verdict }
        return count == 0 ? nil : "\(count) \(verdict.rawValue)"
      }
      #expect(String(line.3) == counts.joined(separator: ", "), "\(id), \(tier)")
      #expect(pictures.contains { $0.contains("\(id)/\(tier)/") }, "no figure of \(id), \(tier)")
    }
  }
}
