import Harness
import Reports

/// Prints what of a plan is done and what would run.
struct WorkPrinter {
  var json = false

  private struct Item: Encodable {
    var trial: String
    var state: String
    var title: String
    var expected: JSONOutput.Number
    var basis: String
  }
  private struct Document: Encodable {
    var schema = 1
    var jobs: Int
    var toRun: Int
    var expected: JSONOutput.Number
    var trials: [Item]
  }

  func show(_ plan: Plan, _ store: TrialStore, jobs: Int) throws {
    let work = try WorkList(plan: plan, store: store)
    let total = work.expectedSeconds(jobs: jobs)
    if json {
      return try JSONOutput.show(
        Document(
          jobs: jobs, toRun: work.toRun.count, expected: JSONOutput.seconds("expected_time", total),
          trials: work.items.map {
            Item(
              trial: $0.trial.key.hex, state: $0.state.rawValue, title: $0.trial.title,
              expected: JSONOutput.seconds("expected_time", $0.expectedSeconds), basis: $0.basis)
          }))
    }
    var table = Table(columns: [
      TableColumn("Trial"), TableColumn("Key"), TableColumn("State"),
      TableColumn("Expected", .number), TableColumn("From"),
    ])
    for item in work.items {
      let time = item.expectedSeconds.map { Console.duration($0) } ?? "?"
      let runs = item.state == .toRun
      table.append([
        .text(item.trial.title), .text(item.trial.key.short), .text(item.state.rawValue),
        runs ? .text(time) : .none, runs ? .text(item.basis) : .none,
      ])
    }
    print(table.text(width: Console.tableColumns))
    print(Self.summary(work, jobs: jobs))
  }

  /// `12 of 14 trials to run, 1 h 05 min with 2 jobs`; where some have no estimate, the rest and how many those are.
  static func summary(_ work: WorkList, jobs: Int) -> String {
    if work.toRun.isEmpty { return "all \(work.items.count) trials are done" }
    let unknown = work.withoutEstimate
    let time = Console.duration(work.leastSeconds(jobs: jobs))
    let cost =
      unknown == work.toRun.count
      ? "an unknown time" : "\(time) with \(jobs) \(jobs == 1 ? "job" : "jobs")"
    return "\(work.toRun.count) of \(work.items.count) trials to run, \(cost)"
      + (unknown == 0 || unknown == work.toRun.count
        ? "" : ", without \(unknown) that nobody has run before")
  }
}
