import Files
import Foundation
import Harness
import HarnessToys
import Testing

/// Walks and scales, with a claim that arithmetic makes true.
struct ToyExperiment: Experiment {
  struct Settings: Codable, Sendable {
    var steps: Int
    var seeds: [UInt64]
    var bytes: Int
  }
  static let id = "toy-table"

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    for seed in settings.seeds {
      let walk = try plan.add(Walk(steps: settings.steps), seed: seed, factors: ["method": "walk"])
      try plan.add(Scale(source: walk, factor: 1), seed: seed, factors: ["method": "same"])
      let large = try plan.add(
        Large(bytes: settings.bytes), seed: seed, factors: ["method": "large"])
      _ = large
    }
  }

  var claims: [Claim] {
    [
      Claim("toy.1") { results, tolerance in
        results.test(
          ("scaled", ["method": "same"]), .less, ("position", ["method": "walk", "epoch": ""]),
          tolerance: tolerance)
      }
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    try AtomicFile.write(
      "\(report.results.rows.count) rows\n", to: folder.appendingPathComponent("table.md"))
  }
}

/// The toy, during whose claim a trial of the store is deleted.
struct ForgetfulExperiment: Experiment {
  @TaskLocal static var forgotten: URL?
  static let id = ToyExperiment.id
  let toy = ToyExperiment()

  func plan(_ settings: ToyExperiment.Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try toy.plan(settings, tier: tier, into: &plan)
  }
  var claims: [Claim] {
    [
      Claim("toy.1") { results, tolerance in
        if let forgotten = Self.forgotten { try? FileManager.default.removeItem(at: forgotten) }
        return results.test(
          ("scaled", ["method": "same"]), .less, ("position", ["method": "walk", "epoch": ""]),
          tolerance: tolerance)
      }
    ]
  }
  func present(_ report: ReportData, into folder: URL) throws {
    try toy.present(report, into: folder)
  }
}

@Suite struct ReportTests {
  private let yaml = """
    title: A toy
    paper: Nobody
    settings: {steps: 30, bytes: 3000000}
    tiers:
      smoke: {seeds: [1]}
      paper: {seeds: [1, 2, 3]}
    metrics:
      size: {better: lower, margin: {absolute: 5, reason: exact}}
    """

  private func writer(
    _ experiment: AnyExperiment = AnyExperiment(ToyExperiment.self)
  ) throws -> ReportWriter {
    let scratch = try Scratch()
    let references = try scratch.write(
      "method,metric,value,unit,source\nlarge,size,3000000,B,here\nlarge,size2,> 3,B,here\nother,size,1,B,there\n",
      "references.csv")
    return ReportWriter(
      experiment: experiment,
      definition: try ExperimentDefinition(id: "toy-table", yaml: yaml),
      references: try References(references, experiment: "toy-table"),
      claimTexts: [ClaimText(id: "toy.1", statement: "the same is not more", tolerance: 0.1)])
  }

  private func run(_ tier: Tier, _ store: TrialStore) throws -> (Plan, JSONValue) {
    let writer = try writer()
    var builder = builder()
    try writer.experiment.plan(writer.definition, tier: tier, into: &builder)
    try runAll(builder.plan, store)
    return (builder.plan, try writer.experiment.settings(writer.definition, tier: tier))
  }

  @Test func reportIsCompleteAndRepeats() throws {
    let scratch = try Scratch()
    let (plan, settings) = try run(.paper, scratch.store())
    let folder = scratch.folder("reports/toy-table/paper")
    let report = try writer().write(
      plan: plan, settings: settings, tier: .paper, store: scratch.store(), to: folder)
    #expect(
      report.verdicts.map(\.verdict) == [
        .reproduced, .notComparable, .notComparable, .reproduced,
      ])
    let first = try contents(folder)
    #expect(
      Set(first.keys).isSuperset(of: [
        "measurements.csv", "verdicts.csv", "provenance.json", "table.md", "records/plan.json",
      ]))
    #expect(!first.keys.contains { $0.hasPrefix("records/") && first[$0]!.count > 2_000_000 })
    let verdicts = String(decoding: try #require(first["verdicts.csv"]), as: UTF8.self)
    #expect(
      verdicts.hasPrefix(
        "kind,id,method,metric,ours,low,high,seeds,reference,source,margin,verdict,why\n"))
    #expect(try VerdictTable.read(folder.appendingPathComponent("verdicts.csv")) == report.verdicts)
    let all = first.values.map { String(decoding: $0, as: UTF8.self) }.joined()
    #expect(!all.contains(scratch.url.path), "a path of this machine is in the report")
    // Again from the store, and again from the records alone.
    try writer().write(
      plan: plan, settings: settings, tier: .paper, store: scratch.store(), to: folder)
    #expect(try contents(folder) == first)
    try FileManager.default.removeItem(at: scratch.folder("store"))
    let again = try writer().rewrite(folder)
    #expect(try contents(folder) == first)
    #expect(again.results == report.results)
    #expect(try Results(fromRecords: RecordFolder(report: folder)) == report.results)
    #expect(try Folder.names(in: folder.deletingLastPathComponent()) == ["paper"])
  }

  /// A trial deleted while a report is written leaves no record without numbers, and the report of before stands.
  @Test func aTrialDeletedMeanwhileIsAnError() throws {
    let scratch = try Scratch()
    let store = scratch.store()
    let (plan, settings) = try run(.paper, store)
    let folder = scratch.folder("paper")
    let forgetful = try writer(AnyExperiment(ForgetfulExperiment.self))
    func write() throws {
      _ = try forgetful.write(
        plan: plan, settings: settings, tier: .paper, store: store, to: folder)
    }
    try write()
    let before = try contents(folder)
    let done = try store.trial(plan.trials[0].key)
    let trial = try #require(done).folder
    let found = message { try ForgetfulExperiment.$forgotten.withValue(trial, operation: write) }
    #expect(found?.contains("No such file") == true)
    #expect(try contents(folder) == before)
  }

  @Test func recordsStayWithinTheirSize() {
    let (one, all) = (RecordFolder.largestProduct, RecordFolder.largestTotal)
    #expect(RecordFolder.sizeLimit(of: []) == one)
    #expect(RecordFolder.sizeLimit(of: [1, one, one + 1]) == one)
    #expect(RecordFolder.sizeLimit(of: Array(repeating: one, count: all / one)) == one)
    // One too many of the largest, and none of them stands there.
    #expect(RecordFolder.sizeLimit(of: [7] + Array(repeating: one, count: all / one)) == 7)
    #expect(RecordFolder.sizeLimit(of: Array(repeating: one, count: all / one + 1)) == 0)
    #expect(RecordFolder.sizeLimit(of: (1...all / one + 9).map { one - $0 }) < one)
  }

  @Test func smokeJudgesNothing() throws {
    let scratch = try Scratch()
    let (plan, settings) = try run(.smoke, scratch.store())
    let report = try writer().write(
      plan: plan, settings: settings, tier: .smoke, store: scratch.store(),
      to: scratch.folder("smoke"))
    #expect(report.verdicts.allSatisfy { $0.verdict == .notComparable })
    #expect(report.verdicts.map(\.why).contains("smoke tier"))
    #expect(report.verdicts.map(\.why).contains("not tested at smoke"))
  }

  /// Other settings make another experiment: nothing is compared with what the paper prints, and a report of the
  /// experiment's own settings stays. More seeds are the same experiment.
  @Test func otherSettingsAreNotThePapers() throws {
    let scratch = try Scratch()
    let writer = try writer()
    let (plan, settings) = try run(.paper, scratch.store())
    let folder = scratch.folder("paper")
    try writer.write(
      plan: plan, settings: settings, tier: .paper, store: scratch.store(), to: folder)
    let own = try contents(folder)
    func changed(_ text: String) throws -> JSONValue {
      try writer.experiment.settings(writer.definition, tier: .paper, overrides: [text])
    }
    let other = try changed("steps=20")
    let found = message {
      try writer.write(
        plan: plan, settings: other, tier: .paper, store: scratch.store(), to: folder)
    }
    #expect(found?.contains("steps=20") == true && found?.contains("--reports") == true)
    #expect(try contents(folder) == own)
    let report = try writer.write(
      plan: plan, settings: other, tier: .paper, store: scratch.store(),
      to: scratch.folder("other"))
    #expect(report.verdicts.allSatisfy { $0.verdict == .notComparable })
    #expect(report.verdicts.filter { $0.why == "settings differ: steps=20" }.count == 2)
    let more = try writer.write(
      plan: plan, settings: changed("seeds=1,2"), tier: .paper, store: scratch.store(), to: folder)
    #expect(more.verdicts.contains { $0.verdict == .reproduced })
  }

  @Test func damagedRecordsAreRefused() throws {
    let scratch = try Scratch()
    let (plan, settings) = try run(.smoke, scratch.store())
    let folder = scratch.folder("smoke")
    try writer().write(
      plan: plan, settings: settings, tier: .smoke, store: scratch.store(), to: folder)
    let good = try contents(folder)
    let file = folder.appendingPathComponent("records/\(plan.trials[0].key)/measurements.csv")
    var bytes = try Bytes.read(file)
    bytes[bytes.count / 2] ^= 1
    try AtomicFile.write(bytes, to: file)
    #expect(throws: HarnessError.self) { try Results(fromRecords: RecordFolder(report: folder)) }
    #expect(throws: HarnessError.self) { try writer().rewrite(folder) }
    #expect(throws: HarnessError.self) {
      try scratch.store("other").adopt(plan.trials[0].key, from: RecordLibrary(report: folder))
    }
    #expect(
      try Folder.names(in: folder.deletingLastPathComponent()).filter { $0.hasSuffix(".tmp") }
        .isEmpty)
    #expect(try contents(folder).count == good.count, "the old report stays")
    #expect(throws: HarnessError.self) { try RecordFolder(report: scratch.folder("nowhere")) }
  }

  @Test func adoptedTrialsCountUntilTheirProductsAreNeeded() async throws {
    let scratch = try Scratch()
    let (plan, settings) = try run(.paper, scratch.store())
    let folder = scratch.folder("paper")
    let report = try writer().write(
      plan: plan, settings: settings, tier: .paper, store: scratch.store(), to: folder)
    let store = scratch.store("other")
    let records = try RecordLibrary(report: folder)
    func adopted() throws -> [CommittedTrial] {
      try plan.trials.compactMap { try store.adopt($0.key, from: records) }
    }
    let taken = try adopted()
    #expect(taken.count == 9 && taken.filter(\.isComplete).count == 6)
    #expect(try adopted().isEmpty)
    let work = try WorkList(plan: plan, store: store)
    #expect(work.toRun.isEmpty && work.items.filter { $0.state == .adopted }.count == 3)
    #expect(
      try Results(experiment: "toy-table", tier: .paper, plan: plan, store: store) == report.results
    )
    try writer().write(
      plan: plan, settings: settings, tier: .paper, store: store, to: scratch.folder("copy"))
    #expect(try contents(scratch.folder("copy")) == contents(folder))
    // Now something needs the product that was left out.
    var more = builder()
    let large = try more.add(Large(bytes: 3_000_000), seed: 1, factors: ["method": "large"])
    try more.add(Scale(source: large, factor: 1), seed: 1, factors: ["method": "scaled"])
    let needed = try WorkList(plan: more.plan, store: store)
    #expect(needed.items.map(\.state) == [.toRun, .toRun])
    _ = try executor(store).perform(more.plan.trials[0])
    #expect(try store.trial(large.key)?.isComplete == true)
    #expect(
      !FileManager.default.fileExists(
        atPath: store.folder.appendingPathComponent("adopted/\(large.key)").path))
  }

  /// What a machine with other kernels finished stands, but for what misses a product that is needed here.
  @Test func adoptedTrialsOfOtherKernelsStandIn() throws {
    let scratch = try Scratch()
    let (plan, settings) = try run(.smoke, scratch.store())
    let folder = scratch.folder("smoke")
    try writer().write(
      plan: plan, settings: settings, tier: .smoke, store: scratch.store(), to: folder)
    let store = scratch.store("other")
    let records = try RecordLibrary(report: folder)
    func adopting(
      needsLarge: Bool, mode: String = "avx2", selecting: (Plan) throws -> Plan = { $0 }
    ) throws -> Plan {
      try .adopting(
        from: store, numericMode: mode, others: ["avx512", "plain"].filter { $0 != mode },
        records: records, selecting: selecting, digest: { "digest of \($0)" }
      ) { builder in
        let walk = try builder.add(Walk(steps: 30), seed: 1, factors: ["method": "walk"])
        let large = try builder.add(Large(bytes: 3_000_000), seed: 1, factors: ["method": "large"])
        try builder.add(Scale(source: walk, factor: 3), seed: 1, factors: ["method": "three"])
        if needsLarge {
          try builder.add(Scale(source: large, factor: 1), seed: 1, factors: ["method": "scaled"])
        }
      }
    }
    // Both stand as the other machine left them; what is new runs here, on the walk adopted.
    let simple = try adopting(needsLarge: false)
    #expect(simple.trials.map(\.numericMode) == ["plain", "plain", "avx2"])
    #expect(simple.trials[2].needs == [simple.trials[0].key])
    #expect(
      try WorkList(plan: simple, store: store).items.map(\.state) == [.done, .adopted, .toRun])
    // The large product was left out of the report: needed, its trial is one of this machine; else it may stay.
    let whole = try adopting(needsLarge: true)
    #expect(whole.trials.map(\.numericMode) == ["plain", "avx2", "avx2", "avx2"])
    #expect(
      try adopting(needsLarge: true, selecting: { try Plan(Array($0.trials.prefix(3))) })
        .trials.map(\.numericMode)
        == ["plain", "plain", "avx2", "avx2"])
    // What this machine has finished goes before, and one of the same kernels plans as ever.
    try runAll(Plan([whole.trials[1]]), store)
    #expect(try adopting(needsLarge: true).trials[1] == whole.trials[1])
    #expect(
      try adopting(needsLarge: false, mode: "plain").trials.map(\.numericMode)
        == ["plain", "plain", "plain"])
  }

  /// Experiments share trials: what a report of another one has need not run again, and of two records the whole one is taken.
  @Test func recordsOfOtherExperimentsAreAdopted() throws {
    let scratch = try Scratch()
    let (plan, settings) = try run(.smoke, scratch.store())
    let reports = scratch.folder("reports")
    try writer().write(
      plan: plan, settings: settings, tier: .smoke, store: scratch.store(),
      to: reports.appendingPathComponent("one/smoke"))
    try AtomicFile.write("not a report", to: reports.appendingPathComponent("README.md"))
    let walk = plan.trials[0]
    let place = "smoke/records/\(walk.key)"
    let less = reports.appendingPathComponent("another/\(place)")
    try Folder.make(less.deletingLastPathComponent())
    try FileManager.default.copyItem(at: reports.appendingPathComponent("one/\(place)"), to: less)
    let run = try scratch.store().trial(walk.key)
    let products = try #require(run).manifest.products
    #expect(!products.isEmpty)
    for product in products {
      try FileManager.default.removeItem(at: less.appendingPathComponent(product.name))
    }
    let records = try RecordLibrary(reports: reports)
    let store = scratch.store("other")
    var taken: [TrialKey] = []
    let same = try Plan.adopting(
      from: store, numericMode: "avx2", others: ["plain"], records: records,
      digest: { "digest of \($0)" }, adopted: { taken.append($0.key) }
    ) { try $0.add(Walk(steps: 30), seed: walk.seed, factors: ["method": "walk"]) }
    #expect(same.trials.map(\.key) == [walk.key] && taken == [walk.key])
    #expect(try store.trial(walk.key)?.isComplete == true)
    #expect(store.keys() == [walk.key], "nothing that was not asked for")
    #expect(try RecordLibrary(reports: scratch.folder("nowhere")).trial(walk.key) == nil)
  }

  /// What was finished with a product that is missing now stays, though the product is made anew for what is left to run.
  @Test func whatWasMadeOfAMissingProductStands() throws {
    let scratch = try Scratch()
    func add(_ factors: [Double], to builder: inout PlanBuilder) throws {
      let walk = try builder.add(Walk(steps: 30), seed: 1)
      for factor in factors {
        let once = try builder.add(
          Scale(source: walk, factor: factor), seed: 1, factors: ["method": "\(factor)"])
        try builder.add(
          Scale(source: once, factor: factor), seed: 1, factors: ["method": "\(factor) twice"])
      }
    }
    func adopting(_ factors: [Double]) throws -> Plan {
      try .adopting(
        from: scratch.store(), numericMode: "avx2", others: ["avx512", "plain"],
        digest: { "digest of \($0)" }, build: { try add(factors, to: &$0) })
    }
    var other = builder()
    try add([3], to: &other)
    try runAll(other.plan, scratch.store())
    let walk = other.plan.trials[0].key
    try Folder.make(scratch.folder("store/adopted"))
    try FileManager.default.moveItem(
      at: scratch.folder("store/trials/\(walk)"), to: scratch.folder("store/adopted/\(walk)"))
    try FileManager.default.removeItem(
      at: scratch.folder("store/adopted/\(walk)/numbers.txt"))

    // Nothing is left to run: all stands as the other machine left it.
    #expect(try adopting([3]) == other.plan)
    let plan = try adopting([3, 5])
    #expect(plan.trials.map(\.numericMode) == ["avx2", "plain", "plain", "plain", "avx2", "avx2"])
    #expect(Array(plan.trials[1...3]) == other.plan.trials)
    #expect(plan.trials[4].needs == [plan.trials[0].key])
    let states = try WorkList(plan: plan, store: scratch.store()).items.map(\.state)
    #expect(states == [.toRun, .notNeeded, .done, .done, .toRun, .toRun])
    // Once it is there the plan is the same, and what is new rests on it.
    try runAll(Plan([plan.trials[0]]), scratch.store())
    #expect(try adopting([3, 5]) == plan)
    #expect(try adopting([7]).trials.map(\.numericMode) == ["avx2", "avx2", "avx2"])
  }

  @Test func claimsAndWordingMustMatch() throws {
    let scratch = try Scratch()
    let (plan, _) = try run(.smoke, scratch.store())
    let results = try Results(
      experiment: "toy-table", tier: .smoke, plan: plan, store: scratch.store())
    let writer = try writer()
    for texts in [
      [], [ClaimText(id: "toy.1", statement: "a"), ClaimText(id: "toy.2", statement: "b")],
    ] {
      #expect(throws: HarnessError.self) {
        try VerdictTable.rows(
          results, definition: writer.definition, references: References(),
          claims: writer.experiment.claims, texts: texts)
      }
    }
  }

  @Test func readOnlyFolderIsNamed() throws {
    let scratch = try Scratch()
    let (plan, settings) = try run(.smoke, scratch.store())
    // A file in the place of a folder refuses root as well.
    _ = try scratch.write("", "file")
    let text = message {
      try writer().write(
        plan: plan, settings: settings, tier: .smoke, store: scratch.store(),
        to: scratch.folder("file/report"))
    }
    #expect(text?.contains("cannot be written") == true, "\(text ?? "accepted")")
  }
}
