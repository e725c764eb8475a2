import Foundation
import Harness
import HarnessToys

/// A program with toy recipes, to be started, interrupted and killed by tests.
///
/// `harness-probe trial run KEY --plan FILE`, as every program with recipes, and
/// `harness-probe all STORE WALKS STEPS MILLISECONDS JOBS`, which runs the toy plan.
@main
struct Probe {
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.count == 5, arguments[0] == "trial", arguments[3] == "--plan" {
      let (code, message) = TrialProcess.run(
        key: arguments[2], planFile: URL(fileURLWithPath: arguments[4]), registry: toys)
      if let message { FileHandle.standardError.write(Data((message + "\n").utf8)) }
      exit(code.rawValue)
    }
    guard arguments.count == 6, arguments[0] == "all" else { exit(ExitStatus.usage.rawValue) }
    let numbers = arguments.dropFirst(2).map { Int($0)! }
    let interruption = Interruption()
    interruption.installSignalHandlers()
    do {
      let plan = try toyPlan(walks: numbers[0], steps: numbers[1], milliseconds: numbers[2])
      let runner = Runner(
        executable: URL(fileURLWithPath: CommandLine.arguments[0]), jobs: numbers[3])
      let store = TrialStore(at: URL(fileURLWithPath: arguments[1]))
      let summary = try await runner.run(plan, store: store, interruption: interruption) {
        event, _ in
        switch event {
        case .finished(let trial, _): print("finished \(trial.key)")
        case .failed(let trial, let failure): print("failed \(trial.key) \(failure)")
        default: break
        }
        fflush(nil)
      }
      exit(
        ExitStatus.of(
          interrupted: summary.wasInterrupted, failures: summary.failures.map(\.failure),
          verdicts: [], tier: .smoke
        ).rawValue)
    } catch {
      print("\(error)")
      exit(ExitStatus.cannotWrite.rawValue)
    }
  }
}
