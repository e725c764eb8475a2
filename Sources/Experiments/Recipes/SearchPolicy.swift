import Compute
import Files
import Foundation
import Harness
import Images
import Methods
import Metrics

/// Greedy policy search in the stored predictions of a pool. Product file `policy.json`.
struct SearchPolicy: Recipe {
  /// The policy.
  enum Product {}
  static let name = "search-policy"
  static let version = 1
  static let file = "policy.json"

  /// Of one network, or of several whose mean is searched for; as many views as the pool has sub-policies.
  var predictions: [Ref<Predictions>]
  var pool: PolicyPool
  var criterion: GreedyPolicySearch.Criterion
  /// Sub-policies to be chosen.
  var steps: Int

  /// 10 passes over the predictions for each step; of how many pictures is not known here.
  var estimatedSeconds: Double? { Double(pool.count * steps) * 2e-4 }

  func run(_ context: TrialContext) throws {
    let samples = try ViewSamples(predictions, context)
    let elements = pool.subPolicies
    guard samples.views.count == elements.count else {
      throw HarnessError.malformed(
        file: "log_probabilities.npy", line: nil,
        expected: "\(elements.count) views, one for each sub-policy",
        found: "\(samples.views.count)")
    }
    let table = PredictionPool(
      logProbabilities: samples.views, labels: samples.labels, classes: samples.classes)
    let picks = try GreedyPolicySearch(table).picks(steps, by: criterion) { done in
      try context.throwIfInterrupted()
      context.progress(Double(done) / Double(steps))
    }
    for (step, pick) in picks.enumerated() {
      try context.record(
        "search_score", pick.score, unit: criterion == .accuracy ? "" : "nats",
        coordinates: ["n": "\(step + 1)"])
    }
    let chosen = picks.map { elements[$0.candidate] }
    for (name, element) in [("central", SubPolicy.central), ("crop_flip", .cropAndFlip)] {
      try context.record(
        "picked", Double(chosen.count { $0 == element }), coordinates: ["entries": name])
    }
    try context.record(
      "picked", Double(chosen.count { !$0.steps.isEmpty }), coordinates: ["entries": "transformed"])
    try context.record(
      "picked", Double(Set(picks.map(\.candidate)).count), coordinates: ["entries": "different"])
    try Policy(
      family: .cifar, title: "Found by greedy policy search, criterion \(criterion.rawValue)",
      source: "trial \(context.key.short)", chosen
    ).write(to: context.productURL(Self.file))
  }
}
