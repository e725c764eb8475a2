import Foundation
import Harness
import HarnessToys
import Testing

struct ToySettings: Codable, Sendable, Equatable {
  var epochs: Int
  var rate: Double
  var name: String
  var verbose: Bool
  var seeds: [UInt64]
  var inner: Inner
  var limit: Int?

  struct Inner: Codable, Sendable, Equatable {
    var width: Int
  }
}

let toyYAML = """
  title: A toy
  paper: Nobody, 2000
  settings: {rate: 1e-3, name: no, verbose: false, inner: {width: 3}}
  tiers:
    smoke: {epochs: 2, seeds: [1]}
    paper:
      epochs: 200
      seeds: [1, 2, 3]
      inner: {width: 5}
  metrics:
    position: {better: lower, unit: m, margin: {absolute: 0.15, reason: chance}}
    scaled: {better: higher, margin: {relative: 0.1, reason: chance}}
  """

@Suite struct DefinitionTests {
  @Test func tiersAreTypedBySchema() throws {
    let definition = try ExperimentDefinition(id: "toy", yaml: toyYAML)
    let paper = try definition.settings(ToySettings.self, tier: .paper)
    #expect(
      paper
        == ToySettings(
          epochs: 200, rate: 1e-3, name: "no", verbose: false, seeds: [1, 2, 3],
          inner: .init(width: 5), limit: nil))
    #expect(try definition.settings(ToySettings.self, tier: .smoke).inner.width == 3)
    #expect(definition.tiers == [.smoke, .paper])
    #expect(definition.metrics["position"]?.margin?.absolute == 0.15)
    #expect(definition.metrics["scaled"]?.better == .higher)
    #expect(
      message { _ = try definition.settings(ToySettings.self, tier: .desktop) }?.contains(
        "unknown tier of toy 'desktop'") == true)
  }

  @Test func overridesAreTypedBySchema() throws {
    let definition = try ExperimentDefinition(id: "toy", yaml: toyYAML)
    func set(_ texts: String...) throws -> ToySettings {
      try definition.settings(ToySettings.self, tier: .smoke, overrides: texts)
    }
    let changed = try set(
      "epochs=7", "rate=5e-2", "name=12", "verbose=true", "seeds=4,5", "inner.width=9", "limit=3")
    #expect(
      changed
        == ToySettings(
          epochs: 7, rate: 0.05, name: "12", verbose: true, seeds: [4, 5],
          inner: .init(width: 9), limit: 3))
    #expect(
      try set("rate=1").rate == 1 && set("name=true").name == "true"
        && set("seeds=[8]").seeds == [8])
    #expect(try set("name=a=b").name == "a=b")
    #expect(message { _ = try set("epoch=1") } == "unknown setting 'epoch'; did you mean 'epochs'?")
    #expect(
      message { _ = try set("inner.with=1") }
        == "unknown setting 'inner.with'; did you mean 'inner.width'?")
    #expect(
      message { _ = try set("epochs=2.5") }
        == "setting 'epochs': expected a whole number, found '2.5'")
    #expect(
      message { _ = try set("verbose=yes") }
        == "setting 'verbose': expected true or false, found 'yes'")
    #expect(
      message { _ = try set("rate=fast") }?.contains("setting 'rate': expected a number") == true)
    #expect(
      message { _ = try set("seeds=a,b") }?.hasPrefix("setting 'seeds': expected a list") == true)
    #expect(
      message { _ = try set("epochs") } == "setting 'epochs': expected key=value, found 'epochs'")
    #expect(message { _ = try set("=3") } != nil)
    #expect(message { _ = try set("inner=3") } != nil)
  }

  @Test(arguments: [
    ("epochs: 2, sedes: [1]", "did you mean 'seeds'"),
    ("epochs: 2, seeds: [1], rates: 1", "unknown setting 'rates'; did you mean 'rate'?"),
    ("epochs: 2, seeds: [1], inner: {widht: 1, width: 2}", "did you mean 'inner.width'"),
    ("epochs: two, seeds: [1]", "epochs"),
    ("seeds: [1]", "setting 'epochs' is missing"),
  ])
  func wrongSettingsAreNamed(_ tier: String, _ expected: String) throws {
    let yaml = toyYAML.replacingOccurrences(of: "epochs: 2, seeds: [1]", with: tier)
    let definition = try ExperimentDefinition(id: "toy", yaml: yaml)
    let text = message { _ = try definition.settings(ToySettings.self, tier: .smoke) }
    #expect(text?.contains(expected) == true, "\(text ?? "accepted")")
  }

  @Test(arguments: [
    ("title: A toy", "titel: A toy", "did you mean 'title'"),
    ("smoke:", "smok:", "did you mean 'smoke'"),
    ("better: lower", "better: lowest", "lower, higher or none"),
    ("absolute: 0.15", "absolute: -1", "a number ≥ 0"),
    ("absolute: 0.15, reason: chance", "absolute: 0.15", "'reason'"),
    ("margin: {abs", "margn: {abs", "did you mean 'margin'"),
    ("paper: Nobody, 2000", "paper: [", "experiment.yml"),
    ("tiers:", "tears:", "tiers"),
  ])
  func wrongDefinitionsAreNamed(_ old: String, _ new: String, _ expected: String) {
    let yaml = toyYAML.replacingOccurrences(of: old, with: new)
    let text = message { _ = try ExperimentDefinition(id: "toy", yaml: yaml) }
    #expect(text?.contains(expected) == true, "\(text ?? "accepted")")
    #expect(text?.contains("\n") == false)
  }

  @Test func referencesAreRead() throws {
    let scratch = try Scratch()
    let url = try scratch.write(
      """
      experiment,dataset,network,method,layer,metric,value,unit,spread,source,source_row,kind,note
      toy,MNIST,LeNet,walk,,position,1.64,%,0.02,"Table 1, row 2",12,printed,
      toy,MNIST,LeNet,walk,fc1,layer_sparsity,98.2,%,,Table 1,13,printed,"a, b"
      toy,MNIST,LeNet,walk,fc2,layer_sparsity,> 15,%,,Table 1,14,printed,

      """, "references.csv")
    let read = try References(url, experiment: "toy")
    #expect(
      read.references.map(\.id) == [
        "MNIST/LeNet/walk/position", "MNIST/LeNet/walk/fc1/layer_sparsity",
      ])
    #expect(read.references[0].printed.halfUnit == 0.005 && read.references[0].spread == 0.02)
    #expect(read.references[1].place["layer"] == "fc1" && read.references[1].sourceRow == "13")
    #expect(read.skipped.map(\.text) == ["> 15"])
    #expect(read.columns == ["dataset", "network", "method", "layer"])
    #expect(
      message { _ = try References(url, experiment: "other") }?.contains("references.csv:2") == true
    )
    let twice = try scratch.write("metric,value\na,1\na,2\n", "twice.csv")
    #expect(
      message { _ = try References(twice, experiment: "toy") }?.contains("twice.csv:3") == true)
    let empty = try scratch.write("metric,value\n,1\n", "empty.csv")
    #expect(throws: HarnessError.self) { try References(empty, experiment: "toy") }
  }

  @Test func claimsAreRead() throws {
    let scratch = try Scratch()
    let url = try scratch.write(
      "id,experiment,statement,lhs,op,rhs,tolerance,scope,source,kind\nsvd.2,t,\"stays close, always\",a,<=,0.4,0.3,both,paper,q\nsvd.3,t,x,a,<,b,,,,\n",
      "claims.csv")
    let claims = try ClaimText.read(url)
    #expect(claims.map(\.tolerance) == [0.3, 0] && claims[0].statement == "stays close, always")
    let bad = try scratch.write("id,statement,tolerance\na,b,c\n", "bad.csv")
    #expect(throws: HarnessError.self) { try ClaimText.read(bad) }
  }

  @Test func unknownExperimentGetsASuggestion() throws {
    let registry = ExperimentRegistry([AnyExperiment(ToyExperiment.self)])
    #expect(try registry.experiment("toy-table").id == "toy-table")
    #expect(
      message { _ = try registry.experiment("toy-tabel") }
        == "unknown experiment 'toy-tabel'; did you mean 'toy-table'?")
    #expect(
      message { _ = try registry.experiment("zz") } == "unknown experiment 'zz' (known: toy-table)")
  }
}
