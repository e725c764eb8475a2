import Foundation
import Harness
import HarnessToys
import Testing

@Suite struct PlanTests {
  @Test func keyCoversEverythingThatMatters() throws {
    var one = builder()
    let base = try one.add(Walk(steps: 3), seed: 1).key
    #expect(try one.add(Walk(steps: 3), seed: 1, factors: ["method": "x"]).key == base)
    #expect(one.plan.trials.count == 1, "the same work is planned once, factors are no part of it")
    #expect(try one.add(Walk(steps: 4), seed: 1).key != base)
    #expect(try one.add(Walk(steps: 3), seed: 2).key != base)
    var mode = builder("avx2")
    #expect(try mode.add(Walk(steps: 3), seed: 1).key != base)
    var data = PlanBuilder(numericMode: "plain") { _ in "other digest" }
    #expect(try data.add(Walk(steps: 3), seed: 1).key != base)
    let first = try one.add(Scale(source: Ref(base), factor: 2), seed: 1).key
    let other = try one.add(Walk(steps: 3), seed: 2)
    #expect(try one.add(Scale(source: other, factor: 2), seed: 1).key != first)
  }

  @Test func keyIsPinned() throws {
    // Changing this number throws away every store: raise a recipe's version instead.
    var builder = builder()
    let key = try builder.add(Walk(steps: 3, epoch: 10, milliseconds: 0), seed: .max).key
    #expect(key.hex == "b2cefad8760d4e9cc01a6536baf1b4adb291857535eb2b86c4c4272192fd067f")
  }

  @Test func seedsNeverShareKeys() throws {
    var builder = builder()
    for seed in 0..<UInt64(500) { try builder.add(Walk(steps: 1), seed: seed) }
    #expect(Set(builder.plan.trials.map(\.key)).count == 500)
  }

  @Test func edgesAreFoundAndOrdered() throws {
    var builder = builder()
    let walk = try builder.add(Walk(steps: 3), seed: 1)
    let scale = try builder.add(Scale(source: walk, factor: 2), seed: 1)
    #expect(builder.plan.trials.map(\.key) == [walk.key, scale.key])
    #expect(builder.plan[scale.key]?.needs == [walk.key])
    let stranger = Ref<Numbers>(TrialKey(String(repeating: "a", count: 64))!)
    #expect(throws: HarnessError.self) {
      try builder.add(Scale(source: stranger, factor: 1), seed: 1)
    }
  }

  @Test func costIgnoresSeedAndSource() throws {
    var builder = builder()
    let a = try builder.add(Walk(steps: 3), seed: 1)
    let b = try builder.add(Walk(steps: 3), seed: 2)
    try builder.add(Scale(source: a, factor: 2), seed: 1)
    try builder.add(Scale(source: b, factor: 2), seed: 2)
    try builder.add(Scale(source: b, factor: 3), seed: 2)
    let groups = builder.plan.trials.map(\.costGroup)
    #expect(groups[0] == groups[1] && groups[2] == groups[3] && groups[3] != groups[4])
  }

  @Test func planSurvivesAFile() throws {
    let scratch = try Scratch()
    let plan = try toyPlan(walks: 3, steps: 2, milliseconds: 0)
    let url = try FrozenPlan(plan: plan, store: scratch.store()).write(into: scratch.store())
    #expect(try FrozenPlan.read(url).plan == plan)
    for bad in ["", "{}", "[1,2", "{\"schema\":9,\"store\":\"/\",\"plan\":[]}"] {
      #expect(throws: HarnessError.self) { try FrozenPlan.read(scratch.write(bad, "bad.json")) }
    }
  }

  @Test func sameTrialAtTwoPlacesKeepsBoth() throws {
    var builder = builder()
    try builder.add(Walk(steps: 3), seed: 1, factors: ["method": "a"])
    try builder.add(Walk(steps: 3), seed: 1, factors: ["method": "b"])
    try builder.add(Walk(steps: 3), seed: 1, factors: ["method": "b"])
    #expect(builder.plan.trials.count == 1)
    #expect(builder.plan.trials[0].places == [["method": "a"], ["method": "b"]])
    #expect(builder.plan.merged(with: builder.plan) == builder.plan)
  }

  @Test func missingDataStopsPlanning() throws {
    var builder = PlanBuilder(numericMode: "plain") { _ in throw Complaint() }
    #expect(throws: Complaint.self) { try builder.add(Walk(steps: 3), seed: 1) }
    #expect(throws: (any Error).self) {
      try builder.add(
        Scale(source: Ref(TrialKey(String(repeating: "a", count: 64))!), factor: .nan), seed: 1)
    }
  }

  @Test func jsonKeepsLargeIntegersAndNumbers() throws {
    let value = JSONValue.object([
      "a": .unsigned(.max), "b": .int(.min), "c": .double(1e-7), "d": .bool(true), "e": .null,
      "f": .array([.string("x/y"), .int(1)]),
    ])
    let data = try CanonicalJSON.encode(value)
    #expect(
      String(decoding: data, as: UTF8.self)
        == #"{"a":18446744073709551615,"b":-9223372036854775808,"c":1e-07,"d":true,"e":null,"f":["x/y",1]}"#
    )
    #expect(try CanonicalJSON.decode(JSONValue.self, from: data) == value)
  }

  @Test func namesAreSuggested() {
    #expect(
      nearestName(to: "sparse-vd-tabel1", in: ["sparse-vd-table1", "sparse-vd-kl"])
        == "sparse-vd-table1")
    #expect(nearestName(to: "sparse", in: ["sparse-vd-table1", "other"]) == "sparse-vd-table1")
    #expect(nearestName(to: "zzz", in: ["sparse-vd-table1"]) == nil)
    #expect(nearestName(to: "x", in: []) == nil)
    #expect(nearestName(to: "", in: ["abc"]) == nil)
  }
}
