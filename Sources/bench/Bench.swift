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
    subcommands: [
      ReproduceCommand.self, TrialCommand.self,
    ])

  static func main() async {
    // A reader that went away (bench list | head) is no error of ours.
    signal(SIGPIPE, SIG_IGN)
    do {
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

extension ExitStatus: Error {}
