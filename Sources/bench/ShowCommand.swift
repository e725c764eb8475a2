import ArgumentParser
import Datasets
import Experiments
import Files
import Foundation
import Harness
import Reports

/// `bench show <experiment>`.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract:
      "Shows what an experiment is: settings, the paper's numbers and claims, expected time.",
    discussion: """
        bench show sparse-vd-table1
        bench show sparse-vd-table1 --tier paper
        bench show sparse-vd-table1 --tier desktop --config --set seeds=5
      """)

  @Argument(help: "Id of the experiment; see bench list.") var experiment: String
  @Option(help: "Tier whose settings and time are shown (default: all that there are).") var tier:
    Tier?
  @Flag(help: "Print only the effective settings, as reproduce would take them.") var config = false
  @Option(
    name: .customLong("set"), help: ArgumentHelp("Override a setting.", valueName: "key=value"))
  var overrides: [String] = []
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var places: Places

  private struct Scale: Encodable {
    var tier: String
    var settings: JSONValue
    /// Trials in the plan and those that would run; absent when a data set is missing.
    var trials: Int?
    var toRun: Int?
    var expected: JSONOutput.Number
    var problem: String?
  }
  private struct Printed: Encodable {
    var id: String
    var place: [String: String]
    var number: JSONOutput.Number
    var printed: String
    var source: String
  }
  private struct Statement: Encodable {
    var id: String
    var statement: String
    var source: String
  }
  private struct Document: Encodable {
    var schema = 1
    var id: String
    var title: String
    var paper: String
    var about: String
    var tiers: [Scale]
    var references: [Printed]
    var claims: [Statement]
  }

  func run() throws {
    let writer = try places.writer(experiment)
    let tiers = tier.map { [$0] } ?? writer.definition.tiers
    let scales = try tiers.map { try scale($0, writer) }
    if config && !json {
      for scale in scales {
        if scales.count > 1 { print("# \(scale.tier)") }
        for assignment in Self.assignments(scale.settings) { print(assignment) }
      }
      return
    }
    let document = Document(
      id: experiment, title: writer.definition.title, paper: writer.definition.paper,
      about: try about(), tiers: scales,
      references: writer.references.references.map {
        Printed(
          id: $0.id, place: $0.place,
          number: .init(metric: $0.metric, value: $0.printed.value, unit: $0.unit),
          printed: $0.printed.text, source: $0.source)
      },
      claims: writer.claimTexts.map {
        Statement(id: $0.id, statement: $0.statement, source: $0.source)
      })
    if json { return try JSONOutput.show(document) }
    show(document, writer)
  }

  private func scale(_ tier: Tier, _ writer: ReportWriter) throws -> Scale {
    let settings = try writer.experiment.settings(
      writer.definition, tier: tier, overrides: overrides)
    var scale = Scale(
      tier: tier.rawValue, settings: settings, expected: JSONOutput.seconds("expected_time", nil))
    do {
      let plan = try places.plan(writer, tier: tier, overrides: overrides)
      let work = try WorkList(plan: plan, store: places.store)
      scale.trials = work.items.count
      scale.toRun = work.toRun.count
      scale.expected.value = work.expectedSeconds(jobs: Self.cores)
    } catch let error as DataError {
      scale.problem = "\(error)"
    }
    return scale
  }

  private static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// First paragraph of the experiment's README.
  private func about() throws -> String {
    let url = try places.installation().experiment(experiment).appendingPathComponent("README.md")
    guard let bytes = try? Bytes.read(url, limit: 1 << 20) else { return "" }
    let paragraphs = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n\n")
    return paragraphs.first { !$0.hasPrefix("#") && !$0.isEmpty }?
      .replacingOccurrences(of: "\n", with: " ") ?? ""
  }

  private func show(_ document: Document, _ writer: ReportWriter) {
    print(Console.wrapped(document.title))
    print(Console.wrapped(document.paper, indent: 2, first: 0))
    if !document.about.isEmpty { print("\n" + Console.wrapped(document.about)) }
    for scale in document.tiers {
      print("\nTier \(scale.tier)")
      let settings = Self.assignments(scale.settings).joined(separator: "  ")
      print(Console.wrapped(settings, indent: 2))
      print(Console.wrapped(time(scale), indent: 2))
    }
    if !document.references.isEmpty {
      print("\nThe paper's numbers")
      var table = Table(columns: [
        TableColumn("What"), TableColumn("Printed", .number), TableColumn("Counts as equal within"),
      ])
      for reference in writer.references.references {
        let metric = writer.definition.metrics[reference.metric]
        let width = (metric?.margin ?? Margin(reason: "")).width(around: reference.printed)
        table.append([
          .text(reference.id.replacingOccurrences(of: "/", with: " ")),
          .text("\(reference.printed.text) \(reference.unit)"),
          .text("±" + String(format: "%.3g", width)),
        ])
      }
      print(table.text(width: Console.tableColumns))
      for (name, metric) in writer.definition.metrics.sorted(by: { $0.key < $1.key }) {
        guard let margin = metric.margin else { continue }
        print(Console.wrapped("margin of \(name): \(margin.reason)", indent: 2, first: 0))
      }
    }
    if !document.claims.isEmpty {
      print("\nThe paper's claims")
      for claim in document.claims {
        print(Console.wrapped("\(claim.id)  \(claim.statement)", indent: 4, first: 2))
      }
    }
  }

  private func time(_ scale: Scale) -> String {
    if let problem = scale.problem { return problem }
    guard let trials = scale.trials, let toRun = scale.toRun else { return "" }
    if toRun == 0 { return "all \(trials) trials are done" }
    let work = "\(toRun) of \(trials) trials to run"
    guard let seconds = scale.expected.value else { return "\(work); nobody knows yet how long" }
    return "\(work), about \(Console.duration(seconds)) on \(Self.cores) "
      + (Self.cores == 1 ? "core" : "cores")
  }

  /// `key=value` for each setting as `--set` takes it, sorted.
  private static func assignments(_ settings: JSONValue) -> [String] {
    settings.flat().sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.settingText)" }
  }
}
