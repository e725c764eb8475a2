import Foundation
import Harness
import Images
import Metrics
import Networks
import Reports

/// The authors' ImageNet policy on another network and photos, clean and corrupted (Molchanov et al. 2020).
struct GPSImageNet: Experiment {
  static let id = "gps-imagenet"

  struct Settings: Codable, Sendable {
    /// Photos, or small pictures so many times enlarged.
    var dataset: String
    var enlargement: Int
    /// Photos that are scored clean.
    var photos: Int
    /// Corrupted are so many of those whose number this divides.
    var corruptedPhotos: Int
    var every: Int
    var corruptions: [Corruption]
    var severities: [Int]
    var network: String
    /// Where published weights are; a short training of ours where empty.
    var weights: String
    var training: TTANLLImageNet.Training
    /// The policy, by its id among `gps-policies`.
    var policy: String
    /// Views of each photo: of the policy, clean and corrupted; of crops and flips when corrupted.
    var policyViews: Int
    var cropViews: Int
    var sizes: [Int]
    /// Halvings of the photos for calibration.
    var repeats: Int
    /// Resamples of the photos.
    var replicates: Int
    var seed: UInt64
  }

  private typealias Method = GPSCorruption.Method

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try check(settings)
    var trained: Ref<Members>?
    if settings.weights.isEmpty {
      trained = try settings.training.plan(
        settings.network, on: settings.dataset, scored: settings.photos, seed: settings.seed,
        into: &plan)
    }
    func place(_ method: Method) -> [String: String] {
      ["dataset": settings.dataset, "network": settings.network, "method": method.rawValue]
    }
    let enlargement = settings.enlargement > 1 ? settings.enlargement : nil
    func predict(_ pictures: ScoredPictures, _ views: PolicyViews, _ count: Int) throws
      -> Ref<Predictions>
    {
      try plan.add(
        PredictViews(
          members: trained.map { [$0] } ?? [],
          weights: settings.weights.isEmpty ? nil : settings.weights, network: settings.network,
          pictures: pictures, views: views, count: count),
        seed: settings.seed)
    }
    let strategies: [(Method, PolicyViews, clean: Int, corrupted: Int)] = [
      (.central, .central, 1, 1),
      (.cropAndFlip, .resizedCropAndFlip, settings.policyViews, settings.cropViews),
      (.gps, .published(settings.policy), settings.policyViews, settings.policyViews),
    ]
    let clean = ScoredPictures(
      dataset: settings.dataset, part: .test, first: settings.photos, enlargement: enlargement)
    var predicted: [Method: Ref<Predictions>] = [:]
    var scores: [Method: Ref<ScoreForms.Product>] = [:]
    for (method, views, cleanViews, corruptedViews) in strategies {
      let own = try predict(clean, views, cleanViews)
      predicted[method] = own
      try plan.add(
        ScoreEnsemble(predictions: [own], sizes: settings.sizes, repeats: settings.repeats),
        seed: settings.seed, factors: place(method))
      // A trial for each corruption: they are long, and may run side by side.
      let forms = try settings.corruptions.map { corruption in
        [
          try predict(
            ScoredPictures(
              dataset: settings.dataset, part: .test, first: settings.corruptedPhotos,
              every: settings.every > 1 ? settings.every : nil, enlargement: enlargement,
              corruptions: [corruption], severities: settings.severities),
            views, corruptedViews)
        ]
      }
      scores[method] = try plan.add(
        ScoreForms(
          predictions: forms, corruptions: settings.corruptions.map { [$0] },
          severities: settings.severities,
          sizes: Array(Set(settings.sizes + [corruptedViews])).sorted(),
          baseline: settings.corruptions.map { AlexNetErrors.mean[$0] ?? 100 }),
        seed: settings.seed, factors: place(method))
    }
    for (first, second) in [
      (Method.gps, Method.cropAndFlip), (.gps, .central), (.cropAndFlip, .central),
    ] {
      let factors = place(first).merging(["against": second.rawValue]) { a, _ in a }
      if let own = predicted[first], let other = predicted[second] {
        try plan.add(
          CompareStrategies(
            first: [own], second: [other], sizes: settings.sizes, repeats: settings.repeats,
            replicates: settings.replicates),
          seed: settings.seed, factors: factors)
      }
      if let own = scores[first], let other = scores[second] {
        try plan.add(
          CompareForms(first: own, second: other, replicates: settings.replicates),
          seed: settings.seed, factors: factors)
      }
    }
  }

  private func check(_ settings: Settings) throws {
    try SettingsCheck.requireCounts(
      ("enlargement", settings.enlargement), ("every", settings.every),
      ("policyViews", settings.policyViews), ("cropViews", settings.cropViews),
      ("repeats", settings.repeats), ("replicates", settings.replicates),
      ("training.epochs", settings.training.epochs), ("training.batch", settings.training.batch),
      ("training.pictures", settings.training.pictures))
    try SettingsCheck.require("photos", settings.photos, in: 2...1_000_000)
    try SettingsCheck.require("corruptedPhotos", settings.corruptedPhotos, in: 2...1_000_000)
    try SettingsCheck.requireRising("sizes", settings.sizes, upTo: settings.policyViews)
    try SettingsCheck.requireRising("severities", settings.severities, upTo: 5)
    for (name, isEmpty) in [
      ("sizes", settings.sizes.isEmpty), ("severities", settings.severities.isEmpty),
      ("corruptions", settings.corruptions.isEmpty),
    ] where isEmpty {
      throw HarnessError.wrongType(setting: name, expected: "one or more", found: "none")
    }
    for corruption in settings.corruptions where AlexNetErrors.mean[corruption] == nil {
      throw HarnessError.wrongType(
        setting: "corruptions",
        expected: "corruptions of the benchmark, which AlexNet's errors are known of",
        found: corruption.rawValue)
    }
    _ = try NamedNetwork.known(settings.network, classes: 10)
    if settings.weights.isEmpty { try NamedNetwork.requireTrainable(settings.network) }
  }

  var claims: [Claim] {
    [
      Claim("gps.8") { results, tolerance in
        func gain(_ method: Method, _ n: Int, raised: Bool) -> ClaimOutcome {
          func value(_ metric: String) -> Double? {
            results.values(
              metric: metric,
              where: [
                "method": method.rawValue, "against": Method.central.rawValue, "n": "\(n)",
              ]
            ).first?.value
          }
          let sign = raised ? -1.0 : 1.0
          guard let ours = value("corruption_gain"), let low = value("corruption_gain_low"),
            let high = value("corruption_gain_high")
          else { return .notMeasured("mce \(method.rawValue) n=\(n)") }
          return GPSClaims.interval(
            sign * ours, sign * (raised ? high : low), sign * (raised ? low : high),
            above: tolerance,
            what: raised
              ? "mce \(method.rawValue) n=\(n) − central_crop"
              : "mce central_crop − \(method.rawValue) n=\(n)")
        }
        return .all([
          gain(.cropAndFlip, 5, raised: true), gain(.gps, 20, raised: false),
        ])
      }
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    try GPSImageNetPresentation(report: report).write(to: folder)
  }
}
