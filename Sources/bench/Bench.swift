import ArgumentParser
import Experiments
import Files
import Foundation
import Harness

/// The command line: parse, call the library, render. Errors become one line and an exit code here, and only here.
@main struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Reproduces tables and figures of papers from real data, number by number.",
    discussion: """
      Three to try:
        bench list
        bench reproduce sparse-vd-table1
        bench compare sparse-vd-table1 --tier paper
      """,
    version: Versions.version,
    subcommands: [
      ListCommand.self, ShowCommand.self, ReproduceCommand.self, StatusCommand.self,
      ReportCommand.self, CompareCommand.self, VerifyCommand.self, DataCommand.self,
      ExportCommand.self, CorruptCommand.self, EvaluateCommand.self, ScoreCommand.self,
      TrialCommand.self, DoctorCommand.self, CleanCommand.self,
    ])

  /// Without a command: where to begin.
  func run() async throws {
    print(
      """
      bench reproduces tables and figures of papers from real data, number by number.

        bench list                            what there is
        bench show sparse-vd-table1           what one is, and how long it takes
        bench reproduce sparse-vd-table1      run it at its smallest, in under a minute
        bench reproduce sparse-vd-table1 --tier paper --dry-run
        bench compare sparse-vd-table1        its verdicts, from the records
        bench doctor                          whether everything is in place

      bench help, or bench help <command>, tells the rest.
      """)
  }

  static func main() async {
    // A reader that went away (bench list | head) is no error of ours.
    signal(SIGPIPE, SIG_IGN)
    do {
      try checkCommand(CommandLine.arguments.dropFirst().first)
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      Foundation.exit(Failure.report(error))
    }
  }
}

extension Bench {
  /// The parser takes an unknown command for a stray argument; this names it, with what was meant.
  private static func checkCommand(_ name: String?) throws {
    guard let name, !name.hasPrefix("-"), name != "help" else { return }
    let known = configuration.subcommands.compactMap { $0.configuration.commandName }
    if known.contains(name) { return }
    throw HarnessError.unknownName(
      kind: "command", name: name, suggestion: nearestName(to: name, in: known), known: known)
  }
}

/// Turns an error into a line on standard error and an exit code.
enum Failure {
  static func report(_ error: any Error) -> Int32 {
    if let status = error as? ExitStatus { return status.rawValue }
    if let (message, status) = known(error) {
      Console.note("bench: \(message)")
      return status.rawValue
    }
    let code = Bench.exitCode(for: error).rawValue
    let text = Bench.fullMessage(for: error)
    if code == 0 { print(text) } else { Console.note(text) }
    // The parser's own code for a wrong command line is 64.
    return code == 64 ? ExitStatus.usage.rawValue : code
  }
}

/// Wrong usage that shows only once the command works; one line.
struct UsageError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

extension ExitStatus: Error {}
