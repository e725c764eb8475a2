import ArgumentParser
import Experiments
import Foundation
import Harness

/// `bench trial run KEY --plan FILE`: the one process that does one piece of work.
struct TrialCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trial", abstract: "Runs single trials of a frozen plan.", subcommands: [Run.self])

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "run", abstract: "Runs one trial of a plan and commits it to the plan's store.")

    @Argument(help: "Key of the trial, as the plan names it.") var key: String
    @Option(help: "The plan file that reproduce wrote into its store.") var plan: String
    @Flag(help: "Print JSON.") var json = false
    @OptionGroup var places: Places

    private struct Document: Encodable {
      var schema = 1
      var trial: String
      var code: Int32
      var message: String?
    }

    func run() async throws {
      let service = try places.dataService()
      let result = TrialProcess.run(
        key: key, planFile: URL(fileURLWithPath: plan), registry: Registry.recipes,
        services: Services().adding(service), versions: await Versions.current())
      if let message = result.message { Console.note("bench: \(message)") }
      if json {
        try JSONOutput.show(
          Document(trial: key, code: result.code.rawValue, message: result.message))
      }
      throw result.code
    }
  }
}
