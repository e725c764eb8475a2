import Foundation
import Harness
import Metrics
import Networks

/// Ensembles and test-time augmentation on CIFAR-10 by calibrated log-likelihood (Ashukha et al. 2020; thesis, Fig. 4).
struct TTANLLCIFAR: Experiment {
  static let id = "tta-nll-cifar"

  struct Settings: Codable, Sendable {
    var seeds: Int
    /// Numbers of samples that ensembles are scored at.
    var sizes: [Int]
    /// Halvings of the test pictures for calibration.
    var repeats: Int
    var ensembles: EnsembleMethods
    /// Networks beside `ensembles.network`, each with every method that it has.
    var furtherNetworks: [String]
  }

  /// Names of methods in reports, in the order of tables.
  static let titles: [(EnsembleMethods.Method, String)] = [
    (.single, "single network"), (.deepEnsemble, "deep ensemble"), (.sse, "SSE"),
    (.csgld, "cSGLD"), (.fge, "FGE"), (.swag, "SWAG"), (.swa, "SWA"), (.dropout, "dropout"),
    (.variational, "VI (FFG)"), (.laplace, "K-FAC Laplace"),
  ]
  /// Values of the factor `augmentation`.
  static let central = "none"
  static let augmented = "crop_flip"

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try SettingsCheck.requireCounts(("repeats", settings.repeats), ("seeds", settings.seeds))
    try SettingsCheck.require("sizes", each: settings.sizes, in: 1...10_000)
    guard settings.sizes.contains(1) else {
      throw HarnessError.wrongType(
        setting: "sizes", expected: "numbers with 1 among them, where equivalents begin",
        found: settings.sizes.map(String.init).joined(separator: ","))
    }
    for network in [settings.ensembles.network] + settings.furtherNetworks {
      var ensembles = settings.ensembles
      ensembles.network = network
      try add(ensembles, settings, into: &plan)
    }
  }

  /// One network with all its methods.
  private func add(
    _ ensembles: EnsembleMethods, _ settings: Settings, into plan: inout PlanBuilder
  ) throws {
    for seed in 1...UInt64(settings.seeds) {
      let factors = ["dataset": ensembles.pictures.dataset, "network": ensembles.network]
      let predicted = try ensembles.plan(seed: seed, into: &plan)
      func score(_ predictions: [Ref<Predictions>], _ place: [String: String]) throws
        -> Ref<ScoreEnsemble.Product>
      {
        try plan.add(
          ScoreEnsemble(
            predictions: predictions, sizes: settings.sizes, repeats: settings.repeats),
          seed: seed, factors: place)
      }
      var scores: [(place: [String: String], ref: Ref<ScoreEnsemble.Product>)] = []
      var reference: Ref<ScoreEnsemble.Product>?
      for part in predicted {
        for (name, predictions) in [
          (Self.central, part.central), (Self.augmented, part.augmented),
        ] {
          let place = factors.merging(
            ["method": part.method.rawValue, "augmentation": name]) { a, _ in a }
          let ref = try score(predictions, place)
          scores.append((place, ref))
          if part.method == .deepEnsemble, name == Self.central { reference = ref }
        }
      }
      guard let reference else { continue }
      for (place, ref) in scores {
        try plan.add(
          CompareWithDeepEnsemble(deepEnsemble: reference, ensemble: ref), seed: seed,
          factors: place)
      }
    }
  }

  /// Networks that were scored; each stands in its own tables and figures.
  static func networks(_ results: Results) -> [String] {
    results.distinct("network", metric: "negative_cll")
  }

  /// Methods that the network of these results can have: all, but dropout where there is none in its kind.
  private static func methods(_ results: Results) -> [EnsembleMethods.Method] {
    let found = networks(results).first.flatMap { NamedNetwork($0, classes: 10) }
    return EnsembleMethods.Method.allCases.filter {
      $0 != .dropout || found.map { $0.network.dropping(rate: 0.1) != nil } ?? true
    }
  }

  /// A claim of every network.
  private static func all(
    _ results: Results, _ test: (Results) -> ClaimOutcome
  ) -> ClaimOutcome {
    let networks = networks(results)
    guard networks.count > 1 else { return test(results) }
    return .all(
      networks.map { network in
        var outcome = test(results.restricted(to: ["network": network]))
        outcome.why = "\(network): \(outcome.why)"
        return outcome
      })
  }

  /// What a measurement of an ensemble is found by.
  static func place(
    _ method: EnsembleMethods.Method, _ augmentation: String, _ n: Int
  ) -> [String: String] {
    ["method": method.rawValue, "augmentation": augmentation, "n": "\(n)"]
  }

  /// Sizes at which a method was scored, ascending.
  static func sizes(
    _ results: Results, _ method: EnsembleMethods.Method, _ augmentation: String
  ) -> [Int] {
    results.distinct(
      "n", metric: "negative_cll",
      where: ["method": method.rawValue, "augmentation": augmentation]
    ).compactMap(Int.init).sorted()
  }

  private static func likelihood(
    _ results: Results, _ a: (EnsembleMethods.Method, String, Int), _ alternative: Alternative,
    _ b: (EnsembleMethods.Method, String, Int), _ tolerance: Double
  ) -> ClaimOutcome {
    results.test(
      ("negative_cll", place(a.0, a.1, a.2)), alternative,
      ("negative_cll", place(b.0, b.1, b.2)), tolerance: tolerance)
  }

  /// The deep ensemble equivalents of a method's largest ensemble of whole pictures, by seed.
  private static func equivalents(
    _ results: Results, _ method: EnsembleMethods.Method
  ) -> (n: Int, bySeed: [UInt64: Double]) {
    guard let n = sizes(results, method, central).last else { return (0, [:]) }
    let rows = results.rows(metric: "dee", where: place(method, central, n))
    return (n, Dictionary(rows.map { ($0.seed, $0.value) }) { first, _ in first })
  }

  private static func claim(
    _ id: String, _ test: @escaping @Sendable (Results, Double) -> ClaimOutcome
  ) -> Claim {
    Claim(id) { results, tolerance in all(results) { test($0, tolerance) } }
  }

  var claims: [Claim] {
    [
      Claim("pit.1") { _, _ in
        ClaimOutcome(
          verdict: .notComparable, seeds: 0,
          why:
            "it is of WideResNet 28-10 on CIFAR-100 with 100 networks, which no tier here trains")
      },
      Self.claim("pit.2") { results, tolerance in
        let rivals = Self.methods(results).filter { ![.single, .deepEnsemble, .swa].contains($0) }
        let own = Self.sizes(results, .deepEnsemble, Self.central).filter { $0 >= 5 }
        return .all(
          rivals.flatMap { rival -> [ClaimOutcome] in
            let shared = own.filter(Self.sizes(results, rival, Self.central).contains)
            // Who has no ensemble of the size is no rival that was beaten.
            guard !shared.isEmpty else { return [.notMeasured("\(rival.rawValue) at 5 or more")] }
            return shared.map { n in
              Self.likelihood(
                results, (.deepEnsemble, Self.central, n), .less, (rival, Self.central, n),
                tolerance)
            }
          })
      },
      Self.claim("pit.3") { results, tolerance in
        .all(
          Self.methods(results).filter {
            [.variational, .laplace, .dropout, .single].contains($0)
          }.map { method in
            let (n, dee) = Self.equivalents(results, method)
            return .test(
              differences: dee.sorted { $0.key < $1.key }.map(\.value), .less,
              bound: 2.5 + tolerance,
              what: "dee \(method.rawValue) n=\(n)")
          })
      },
      Self.claim("pit.4") { results, tolerance in
        let (_, rival) = Self.equivalents(results, .swag)
        return .all(
          [EnsembleMethods.Method.sse, .csgld].map { method in
            let (n, own) = Self.equivalents(results, method)
            let differences = own.keys.sorted().compactMap { seed in
              rival[seed].map { own[seed]! - $0 }
            }
            return .test(
              differences: differences, .greater, bound: tolerance,
              what: "dee \(method.rawValue) n=\(n) − swag")
          })
      },
      Self.claim("pit.5") { results, tolerance in
        Self.likelihood(
          results, (.single, Self.augmented, 1), .greater, (.single, Self.central, 1), tolerance)
      },
      Self.claim("pit.6") { results, tolerance in
        .all(
          Self.methods(results).flatMap { method -> [ClaimOutcome] in
            let whole = Self.sizes(results, method, Self.central)
            let many = Self.sizes(results, method, Self.augmented).filter { $0 >= 10 }
            guard !many.isEmpty, !whole.isEmpty else {
              return [.notMeasured("negative_cll \(method.rawValue)")]
            }
            // As many samples without views, or all there are.
            return many.map { n in
              Self.likelihood(
                results, (method, Self.augmented, n), .less,
                (method, Self.central, whole.last { $0 <= n } ?? whole[0]), tolerance)
            }
          })
      },
      Self.claim("pit.7") { results, tolerance in
        guard let views = Self.sizes(results, .single, Self.augmented).last, views >= 50,
          let snapshots = Self.sizes(results, .sse, Self.central).last
        else { return .notMeasured("a single network with 50 views, or SSE") }
        return Self.likelihood(
          results, (.single, Self.augmented, views), .less, (.sse, Self.central, snapshots),
          tolerance)
      },
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    let networks = Self.networks(report.results)
    let parts =
      networks.count < 2
      ? [EnsemblePresentation(report: report)]
      : networks.map {
        EnsemblePresentation(report: report.restricted(to: ["network": $0]), network: $0)
      }
    _ = try EnsemblePresentation.table(of: parts, titled: report.definition.title)
      .write(named: "table", to: folder)
    for part in parts { try part.writeFigures(to: folder) }
  }
}
