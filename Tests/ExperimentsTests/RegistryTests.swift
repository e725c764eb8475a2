import Experiments
import Files
import Foundation
import Harness
import Testing

/// What every experiment of the registry must keep to.
struct RegistryTests {
  private func writer(_ id: String) throws -> ReportWriter {
    try ReportWriter(
      experiment: Registry.experiments.experiment(id),
      folder: root.appendingPathComponent("experiments").appendingPathComponent(id))
  }

  @Test(arguments: Registry.experiments.experiments.map(\.id))
  func everyTierPlansTrialsOfKnownRecipes(id: String) throws {
    let writer = try writer(id)
    #expect(writer.definition.tiers == Tier.allCases)
    for tier in writer.definition.tiers {
      var builder = PlanBuilder(numericMode: "plain") { "digest of \($0)" }
      try writer.experiment.plan(writer.definition, tier: tier, into: &builder)
      #expect(!builder.plan.trials.isEmpty)
      for trial in builder.plan.trials { #expect(Registry.recipes.names.contains(trial.recipe)) }
    }
  }

  @Test(arguments: Registry.experiments.experiments.map(\.id))
  func claimsInSwiftAndInTheFileAreTheSame(id: String) throws {
    let writer = try writer(id)
    #expect(Set(writer.experiment.claims.map(\.id)) == Set(writer.claimTexts.map(\.id)))
  }

  @Test(arguments: Registry.experiments.experiments.map(\.id))
  func smokeReadsEmbeddedDataOnly(id: String) throws {
    let writer = try writer(id)
    var asked: Set<String> = []
    var builder = PlanBuilder(numericMode: "plain") {
      asked.insert($0)
      return "digest"
    }
    try writer.experiment.plan(writer.definition, tier: .smoke, into: &builder)
    for name in asked {
      let folder = root.appendingPathComponent("datasets").appendingPathComponent(name)
      #expect(FileManager.default.fileExists(atPath: folder.path), "\(name) is not embedded")
    }
  }

  @Test func everyReferencedMetricOfTable1HasAMargin() throws {
    let writer = try writer("sparse-vd-table1")
    #expect(writer.references.references.count == 79)
    for reference in writer.references.references {
      let metric = try #require(writer.definition.metrics[reference.metric])
      #expect(metric.margin != nil, "\(reference.metric)")
    }
    // Declared before the first run; a change here is a change of what the report says.
    #expect(writer.definition.metrics["test_error"]?.margin?.absolute == 0.15)
    #expect(writer.definition.metrics["compression"]?.margin?.relative == 0.15)
    #expect(writer.definition.metrics["layer_sparsity"]?.margin?.absolute == 1)
  }

  @Test func anUnknownExperimentNamesTheNearest() {
    #expect {
      try Registry.experiments.experiment("sparse-vd-tabel1")
    } throws: {
      "\($0)".contains("sparse-vd-table1")
    }
  }
}
