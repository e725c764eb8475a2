import Foundation
import Harness
import Images
import Methods
import Metrics
import Networks

/// Strategies of test-time augmentation in domain and on corrupted pictures (Molchanov et al. 2020; thesis, Fig. 6).
struct GPSCorruption: Experiment {
  static let id = "gps-fig6-mce"

  struct Settings: Codable, Sendable {
    /// Data sets, and networks that are trained on each.
    var datasets: [String]
    var networks: [String]
    /// Networks of each; with more than one they are also scored as an ensemble.
    var seeds: Int
    /// A network of published weights, searched on one half of the test pictures and scored on the other; none where `weights` is empty.
    var published: Published
    var search: PolicySearchPlan
    /// Magnitudes that random sub-policies are tried with, on so many views each.
    var magnitudes: [Double]
    var magnitudeViews: Int
    /// Test pictures that are scored in domain, and at which numbers of views.
    var pictures: Int
    var sizes: [Int]
    /// Test pictures that are corrupted, how, and at which numbers of views they are scored.
    var corruptedPictures: Int
    var corruptions: [Corruption]
    var severities: [Int]
    var corruptedSizes: [Int]
    /// Halvings of pictures for calibration.
    var repeats: Int
    /// Resamples of pictures, where there is one network.
    var replicates: Int
  }

  struct Published: Codable, Sendable {
    var dataset: String
    var network: String
    var weights: String
    /// Pictures that it is searched, scored and corrupted on.
    var searchPictures: Int
    var pictures: Int
    var corruptedPictures: Int
  }

  /// A way to show pictures at test, under the names of the reference numbers.
  enum Method: String, CaseIterable {
    case central = "central_crop"
    case cropAndFlip = "crop_flip"
    case bestMagnitude = "randaugment_best_M"
    case asInTraining = "as_in_training"
    case gps
    /// Searched by other criteria.
    case gpsLikelihood = "gps_log_likelihood"
    case gpsAccuracy = "gps_accuracy"
    /// Searched with another network.
    case gpsTransferred = "gps_transferred"
    /// An ensemble shown as the policy of its first network has it.
    case gpsSingle = "gps_single_net_policy"

    var title: String {
      switch self {
      case .central: "central crop"
      case .cropAndFlip: "crop and flip"
      case .bestMagnitude: "RandAugment, best M"
      case .asInTraining: "as in training"
      case .gps: "greedy policy search"
      case .gpsLikelihood: "searched by log-likelihood"
      case .gpsAccuracy: "searched by accuracy"
      case .gpsTransferred: "searched with another network"
      case .gpsSingle: "searched with one of the networks"
      }
    }

    /// Those of the paper's figure, scored on corrupted pictures too.
    static let compared: [Method] = [.central, .cropAndFlip, .bestMagnitude, .asInTraining, .gps]
  }

  /// Names of networks as references have them.
  static func title(_ network: String) -> String {
    switch network {
    case "resnet8": "ResNet-8"
    case "resnet20": "ResNet-20"
    case "vgg16-bn": "VGG16BN"
    case "preresnet110": "PreResNet110"
    case "wrn-28-10": "WideResNet28x10"
    default: network
    }
  }

  /// Whether a name is that of an ensemble.
  static func isEnsemble(_ network: String) -> Bool { network.contains(" x ") }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try check(settings)
    var published: PolicySearchPlan.Subject?
    let given = settings.published
    if !given.weights.isEmpty {
      published = PolicySearchPlan.Subject(
        dataset: given.dataset, network: given.network, members: [(nil, 1)],
        weights: given.weights, seed: 1,
        search: ScoredPictures(
          dataset: given.dataset, part: .searchHalf, first: given.searchPictures))
    }
    for dataset in settings.datasets {
      for network in settings.networks {
        var subjects: [PolicySearchPlan.Subject] = []
        for seed in 1...UInt64(settings.seeds) {
          let trained = try settings.search.trained(network, on: dataset, seed: seed, into: &plan)
          let subject = settings.search.subject(trained, network, on: dataset, seed: seed)
          subjects.append(subject)
          var work = Work(
            settings: settings, subject: subject, title: Self.title(network),
            scored: ScoredPictures(dataset: dataset, part: .test, first: settings.pictures),
            corrupted: settings.corruptedPictures)
          work.hasCriteria = true
          try work.add(to: &plan)
        }
        if subjects.count > 1 {
          var ensemble = subjects[0]
          ensemble.members = subjects.flatMap(\.members)
          var work = Work(
            settings: settings, subject: ensemble,
            title: "\(subjects.count) x \(Self.title(network))",
            scored: ScoredPictures(dataset: dataset, part: .test, first: settings.pictures),
            corrupted: settings.corruptedPictures)
          work.isAlone = true
          work.firstNetwork = subjects[0]
          try work.add(to: &plan)
        }
        if let published, published.dataset == dataset, network == settings.networks[0] {
          var work = Work(
            settings: settings, subject: published, title: Self.title(published.network),
            scored: ScoredPictures(dataset: dataset, part: .scoreHalf, first: given.pictures),
            corrupted: given.corruptedPictures)
          work.isAlone = true
          // The other way round the policy would have been searched on pictures that are scored.
          work.transferred = subjects[0]
          try work.add(to: &plan)
        }
      }
    }
  }

  private func check(_ settings: Settings) throws {
    try settings.search.check("search")
    try SettingsCheck.requireCounts(
      ("seeds", settings.seeds), ("magnitudeViews", settings.magnitudeViews),
      ("repeats", settings.repeats), ("replicates", settings.replicates))
    for (name, count) in [
      ("pictures", settings.pictures), ("corruptedPictures", settings.corruptedPictures),
      ("published.searchPictures", settings.published.searchPictures),
      ("published.pictures", settings.published.pictures),
      ("published.corruptedPictures", settings.published.corruptedPictures),
    ] {
      try SettingsCheck.require(name, count, in: 2...1_000_000_000)
    }
    try SettingsCheck.requireRising("sizes", settings.sizes)
    try SettingsCheck.requireRising("corruptedSizes", settings.corruptedSizes)
    try SettingsCheck.requireRising("severities", settings.severities, upTo: 5)
    try SettingsCheck.require(
      "magnitudes", each: settings.magnitudes, in: 0...Policy.largestMagnitude)
    for (name, isEmpty) in [
      ("magnitudes", settings.magnitudes.isEmpty), ("sizes", settings.sizes.isEmpty),
      ("corruptedSizes", settings.corruptedSizes.isEmpty),
      ("severities", settings.severities.isEmpty),
      ("corruptions", settings.corruptions.isEmpty), ("datasets", settings.datasets.isEmpty),
      ("networks", settings.networks.isEmpty),
    ] where isEmpty {
      throw HarnessError.wrongType(setting: name, expected: "one or more", found: "none")
    }
    for network in settings.networks { try NamedNetwork.requireTrainable(network) }
    let given = settings.published
    if !given.weights.isEmpty {
      try NamedNetwork.requireTrainable(given.network)
      guard settings.datasets.contains(given.dataset) else {
        throw HarnessError.wrongType(
          setting: "published.dataset",
          expected: "one of \(settings.datasets.joined(separator: ", "))",
          found: given.dataset)
      }
      guard !settings.networks.contains(given.network) else {
        throw HarnessError.wrongType(
          setting: "networks", expected: "none of the name of the published network",
          found: given.network)
      }
    }
  }

  /// All strategies of one subject.
  private struct Work {
    let settings: Settings
    let subject: PolicySearchPlan.Subject
    let title: String
    let scored: ScoredPictures
    let corrupted: Int
    /// Searched by all criteria.
    var hasCriteria = false
    /// One replicate: strategies are compared by resampling pictures.
    var isAlone = false
    /// Whose policy is tried too, another network's or that of an ensemble's first network.
    var transferred: PolicySearchPlan.Subject?
    var firstNetwork: PolicySearchPlan.Subject?

    private func place(_ method: Method) -> [String: String] {
      ["dataset": subject.dataset, "network": title, "method": method.rawValue]
    }

    func add(to plan: inout PlanBuilder) throws {
      let search = settings.search
      let transforms = search.augmentation.transforms
      let found = try search.search(
        subject, by: .calibratedLogLikelihood, factors: place(.gps), into: &plan)
      let chosen = try plan.add(
        ChooseMagnitude(
          magnitudes: settings.magnitudes,
          predictions: try settings.magnitudes.map {
            try search.predictions(
              of: subject, on: subject.search,
              .randAugment(transforms: transforms, magnitude: $0), count: settings.magnitudeViews,
              into: &plan)
          }, repeats: settings.repeats),
        seed: subject.seed, factors: place(.bestMagnitude))
      var views: [(Method, PolicyViews)] = [
        (.central, .central), (.cropAndFlip, .cropAndFlip),
        (.bestMagnitude, .chosen(transforms: transforms, chosen)),
        (
          .asInTraining,
          .randAugment(transforms: transforms, magnitude: search.augmentation.magnitude)
        ),
        (.gps, .searched(found)),
      ]
      if hasCriteria {
        for (method, criterion) in [
          (Method.gpsLikelihood, GreedyPolicySearch.Criterion.logLikelihood),
          (.gpsAccuracy, .accuracy),
        ] {
          views.append(
            (
              method,
              .searched(
                try search.search(subject, by: criterion, factors: place(method), into: &plan))
            ))
        }
      }
      for (method, other) in [
        (Method.gpsTransferred, transferred), (.gpsSingle, firstNetwork),
      ] {
        guard let other else { continue }
        views.append(
          (method, .searched(try search.search(other, by: .calibratedLogLikelihood, into: &plan))))
      }
      try addInDomain(views, to: &plan)
      try addCorrupted(views.filter { Method.compared.contains($0.0) }, to: &plan)
    }

    private func addInDomain(_ views: [(Method, PolicyViews)], to plan: inout PlanBuilder) throws {
      var predicted: [Method: [Ref<Predictions>]] = [:]
      for (method, views) in views {
        let own = try settings.search.predictions(
          of: subject, on: scored, views, count: method == .central ? 1 : settings.sizes.last ?? 1,
          into: &plan)
        predicted[method] = own
        let mean =
          own.count == 1
          ? own[0] : try plan.add(AverageNetworks(predictions: own), seed: subject.seed)
        try plan.add(
          ScoreEnsemble(predictions: [mean], sizes: settings.sizes, repeats: settings.repeats),
          seed: subject.seed, factors: place(method))
      }
      guard isAlone else { return }
      for (first, second) in [
        (Method.gps, Method.cropAndFlip), (.gps, .bestMagnitude), (.bestMagnitude, .cropAndFlip),
        (.cropAndFlip, .asInTraining), (.cropAndFlip, .central),
      ] {
        guard let own = predicted[first], let other = predicted[second] else { continue }
        try plan.add(
          CompareStrategies(
            first: own, second: other, sizes: settings.sizes, repeats: settings.repeats,
            replicates: settings.replicates),
          seed: subject.seed,
          factors: place(first).merging(["against": second.rawValue]) { a, _ in a })
      }
    }

    private func addCorrupted(_ views: [(Method, PolicyViews)], to plan: inout PlanBuilder) throws {
      var pictures = scored
      pictures.first = corrupted
      pictures.corruptions = settings.corruptions
      pictures.severities = settings.severities
      var scores: [Method: Ref<ScoreForms.Product>] = [:]
      for (method, views) in views {
        let own = try settings.search.predictions(
          of: subject, on: pictures, views,
          count: method == .central ? 1 : settings.corruptedSizes.last ?? 1, into: &plan)
        scores[method] = try plan.add(
          ScoreForms(
            predictions: [own], corruptions: [settings.corruptions],
            severities: settings.severities,
            sizes: method == .central ? [1] : settings.corruptedSizes),
          seed: subject.seed, factors: place(method))
      }
      guard isAlone else { return }
      for (first, second) in [
        (Method.gps, Method.cropAndFlip), (.gps, .bestMagnitude), (.cropAndFlip, .central),
      ] {
        guard let own = scores[first], let other = scores[second] else { continue }
        try plan.add(
          CompareForms(first: own, second: other, replicates: settings.replicates),
          seed: subject.seed,
          factors: place(first).merging(["against": second.rawValue]) { a, _ in a })
      }
    }
  }

  var claims: [Claim] { GPSClaims.all }

  func present(_ report: ReportData, into folder: URL) throws {
    try GPSPresentation(report: report).write(to: folder)
  }
}
