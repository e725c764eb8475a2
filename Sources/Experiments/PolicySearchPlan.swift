import Harness
import Images
import Methods
import Networks

/// The trainings, predictions and searches behind learned policies, each a trial of its own: what several strategies or
/// experiments need is trained and predicted once.
struct PolicySearchPlan: Codable, Sendable {
  /// The random transforms that training adds to its crops and flips.
  var augmentation: TrainingAugmentation
  var batch: Int
  var decay: Double
  var epochs: Int
  var heldOut: Int
  var momentum: Double
  var pool: PolicyPool
  var rate: Double
  /// Pictures that policies and magnitudes are chosen on.
  var searchPictures: Int
  /// Sub-policies of a policy.
  var steps: Int
  var trainingPictures: Int

  /// Whose predictions are looked at: networks of a seed, or published weights.
  struct Subject {
    var dataset: String
    var network: String
    /// Networks that predict together, each with the seed of its predictions; one with no training has published weights.
    var members: [(network: Ref<Members>?, seed: UInt64)]
    var weights: String?
    /// Of what is chosen and scored.
    var seed: UInt64
    var search: ScoredPictures
  }

  /// Finds settings that nothing can be trained or searched with.
  ///
  /// - Throws: `HarnessError.wrongType`.
  func check(_ setting: String) throws {
    func name(_ field: String) -> String { "\(setting).\(field)" }
    try SettingsCheck.requireCounts(
      (name("batch"), batch), (name("epochs"), epochs), (name("heldOut"), heldOut),
      (name("steps"), steps), (name("trainingPictures"), trainingPictures))
    try SettingsCheck.require(name("searchPictures"), searchPictures, in: 2...1_000_000_000)
    try SettingsCheck.require(name("rate"), rate, in: 1e-12...1e3)
    try SettingsCheck.require(name("decay"), decay, in: 0...1)
    try SettingsCheck.require(name("momentum"), momentum, in: 0...0.9999)
    for (field, transforms) in [
      ("augmentation.transforms", augmentation.transforms), ("pool.transforms", pool.transforms),
    ] {
      try SettingsCheck.require(name(field), transforms, in: 0...20)
    }
    for (field, magnitude) in [
      ("augmentation.magnitude", augmentation.magnitude),
      ("pool.strongMagnitude", pool.strongMagnitude), ("pool.mildMagnitude", pool.mildMagnitude),
    ] {
      try SettingsCheck.require(name(field), magnitude, in: 0...Policy.largestMagnitude)
    }
    for (field, count) in [
      ("pool.strong", pool.strong), ("pool.mild", pool.mild),
      ("pool.cropAndFlip", pool.cropAndFlip), ("pool.central", pool.central),
    ] {
      try SettingsCheck.require(name(field), count, in: 0...100_000)
    }
    try SettingsCheck.require(name("pool"), pool.count, in: 1...100_000)
  }

  /// A network of a seed, trained with random transforms on all but the pictures held out.
  func trained(
    _ network: String, on dataset: String, seed: UInt64, into plan: inout PlanBuilder
  ) throws -> Ref<Members> {
    try plan.add(
      TrainClassifier(
        pictures: PictureSource(
          dataset: dataset, split: .validation, trainingPictures: trainingPictures,
          heldOut: heldOut, scoredPictures: 1),
        network: network, from: 0, until: epochs, batch: batch,
        schedule: .halfThenLinear(start: rate, end: Double(epochs)), momentum: momentum,
        decay: decay, isLangevin: false, view: .cropAndFlip, augmentation: augmentation),
      seed: seed)
  }

  /// The subject of one trained network; it is searched on pictures it was not trained on.
  func subject(
    _ trained: Ref<Members>, _ network: String, on dataset: String, seed: UInt64
  ) -> Subject {
    Subject(
      dataset: dataset, network: network, members: [(trained, seed)], weights: nil, seed: seed,
      search: ScoredPictures(
        dataset: dataset, part: .heldOut, heldOut: heldOut, first: searchPictures))
  }

  /// Predictions of each network of a subject, one trial each.
  func predictions(
    of subject: Subject, on pictures: ScoredPictures, _ views: PolicyViews, count: Int,
    into plan: inout PlanBuilder
  ) throws -> [Ref<Predictions>] {
    try subject.members.map { member in
      try plan.add(
        PredictViews(
          members: member.network.map { [$0] } ?? [], weights: subject.weights,
          network: subject.network, pictures: pictures, views: views, count: count),
        seed: member.seed)
    }
  }

  /// A search; the pool is predicted once for all criteria and ensembles.
  func search(
    _ subject: Subject, by criterion: GreedyPolicySearch.Criterion,
    factors: [String: String]? = nil, into plan: inout PlanBuilder
  ) throws -> Ref<SearchPolicy.Product> {
    try plan.add(
      SearchPolicy(
        predictions: predictions(
          of: subject, on: subject.search, .pool(pool), count: pool.count, into: &plan),
        pool: pool, criterion: criterion, steps: steps),
      seed: subject.seed, factors: factors)
  }
}
