import Foundation
import Harness
import Metrics
import Networks
import Reports

/// Test-time augmentation of one network on photos by calibrated log-likelihood (thesis, Fig. 4, row "single").
struct TTANLLImageNet: Experiment {
  static let id = "tta-nll-imagenet"

  struct Settings: Codable, Sendable {
    /// Photos, or small pictures so many times enlarged.
    var dataset: String
    var enlargement: Int
    var photos: Int
    var network: String
    /// Where published weights are; a short training of ours where empty.
    var weights: String
    var training: Training
    /// Views of each photo, so many to a trial.
    var views: Int
    var viewsPerTrial: Int
    var sizes: [Int]
    /// Halvings of the photos for calibration.
    var repeats: Int
    /// Resamples of the photos.
    var replicates: Int
    var seed: UInt64
  }

  /// The training of a small network, where no published weights are used.
  struct Training: Codable, Sendable {
    var pictures: Int
    var epochs: Int
    var batch: Int
    var rate: Double
    var decay: Double

    /// The network of a seed, trained on resized crops and flips.
    func plan(
      _ network: String, on dataset: String, scored: Int, seed: UInt64,
      into plan: inout PlanBuilder
    ) throws -> Ref<Members> {
      try plan.add(
        TrainClassifier(
          pictures: PictureSource(
            dataset: dataset, split: .test, trainingPictures: pictures, heldOut: 1,
            scoredPictures: scored),
          network: network, from: 0, until: epochs, batch: batch,
          schedule: .halfThenLinear(start: rate, end: Double(epochs)), momentum: 0.9,
          decay: decay, isLangevin: false, view: .resizedCropAndFlip),
        seed: seed)
    }
  }

  private static let method = "single_model"
  static let central = "central_crop"
  static let augmented = "tta"

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try SettingsCheck.requireCounts(
      ("views", settings.views), ("training.epochs", settings.training.epochs),
      ("training.batch", settings.training.batch),
      ("training.pictures", settings.training.pictures),
      ("viewsPerTrial", settings.viewsPerTrial), ("repeats", settings.repeats),
      ("replicates", settings.replicates), ("enlargement", settings.enlargement))
    try SettingsCheck.require("photos", settings.photos, in: 2...1_000_000)
    try SettingsCheck.require("sizes", each: settings.sizes, in: 1...settings.views)
    guard settings.views % settings.viewsPerTrial == 0 else {
      throw HarnessError.wrongType(
        setting: "viewsPerTrial", expected: "a divisor of views \(settings.views)",
        found: "\(settings.viewsPerTrial)")
    }
    _ = try NamedNetwork.known(settings.network, classes: 10)
    if settings.weights.isEmpty { try NamedNetwork.requireTrainable(settings.network) }
    let factors = [
      "dataset": settings.dataset, "network": settings.network, "method": Self.method,
    ]
    var trained: Ref<Members>?
    if settings.weights.isEmpty {
      trained = try settings.training.plan(
        settings.network, on: settings.dataset, scored: settings.photos, seed: settings.seed,
        into: &plan)
    }
    func predict(_ view: RandomView, _ first: Int, _ count: Int) throws -> Ref<Predictions> {
      try plan.add(
        PredictPhotos(
          dataset: settings.dataset, enlargement: settings.enlargement, photos: settings.photos,
          network: settings.network, weights: settings.weights.isEmpty ? nil : settings.weights,
          trained: trained, view: view, firstView: first, views: count),
        seed: settings.seed)
    }
    let whole = [try predict(.central, 0, 1)]
    let views = try stride(from: 0, to: settings.views, by: settings.viewsPerTrial).map {
      try predict(
        .resizedCropAndFlip, $0, settings.viewsPerTrial)
    }
    for (name, predictions) in [(Self.central, whole), (Self.augmented, views)] {
      try plan.add(
        ScoreEnsemble(
          predictions: predictions, sizes: settings.sizes, repeats: settings.repeats),
        seed: settings.seed,
        factors: factors.merging(["augmentation": name]) { a, _ in a })
    }
    try plan.add(
      CompareViews(
        central: whole, views: views, sizes: settings.sizes, repeats: settings.repeats,
        replicates: settings.replicates),
      seed: settings.seed, factors: factors)
  }

  /// Whether views gain, or lose, by the bootstrap over photos.
  private static func gain(
    _ results: Results, _ n: Int, positive: Bool, _ tolerance: Double
  ) -> ClaimOutcome {
    func value(_ metric: String) -> Double? {
      results.values(metric: metric, where: ["n": "\(n)"]).first?.value
    }
    guard let gain = value("gain"), let low = value("gain_low"), let high = value("gain_high")
    else { return .notMeasured("gain of \(n) views") }
    return .test(
      gain, in: Metrics.Interval(low: low, high: high), positive ? .greater : .less,
      bound: positive ? tolerance : 0 - tolerance,
      why: String(
        format:
          "gain of %d views in calibrated log-likelihood %.3f, 90 %% interval over photos %.3f to %.3f",
        n, gain, low, high))
  }

  var claims: [Claim] {
    [
      Claim("pit.5") { results, tolerance in
        Self.gain(results, 1, positive: false, tolerance)
      },
      Claim("pit.6") { results, tolerance in
        let many = results.distinct("n", metric: "gain").compactMap(Int.init).filter { $0 >= 10 }
        return .all(many.sorted().map { Self.gain(results, $0, positive: true, tolerance) })
      },
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    func value(_ metric: String, _ augmentation: String, _ n: Int) -> Double? {
      report.results.values(
        metric: metric, where: ["augmentation": augmentation, "n": "\(n)"]
      ).first?.value
    }
    func printed(_ metric: String, _ augmentation: String, _ n: Int) -> PrintedNumber? {
      report.references.references.first {
        $0.metric == metric && $0.place["augmentation"] == augmentation && $0.place["n"] == "\(n)"
      }?.printed
    }
    let sizes = report.results.distinct("n", metric: "gain").compactMap(Int.init).sorted()
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Shown"), TableColumn("Views", .number),
        TableColumn("Negative cLL", unit: "nats", .compared),
        TableColumn("Test error", unit: "%", .compared), TableColumn("Gain", unit: "nats"),
      ],
      note:
        "In parentheses the paper's ResNet-50 on the 50,000 photos of the validation set, another scale. Gain: calibrated log-likelihood less that of the central crop, with its 90 % interval over photos."
    )
    func compared(_ metric: String, _ augmentation: String, _ n: Int, digits: Int) -> TableCell {
      value(metric, augmentation, n).map {
        .compared(
          Quantity($0, digits: digits), paper: printed(metric, augmentation, n)?.text ?? "")
      } ?? .none
    }
    for (augmentation, n) in [(Self.central, 1)] + sizes.map({ (Self.augmented, $0) }) {
      let gains = ["gain", "gain_low", "gain_high"].compactMap {
        report.results.values(metric: $0, where: ["n": "\(n)"]).first?.value
      }
      table.append([
        .text(augmentation == Self.central ? "central crop" : "random resized crops"),
        .number(Quantity(Double(n), digits: 0)),
        compared("negative_cll", augmentation, n, digits: 3),
        compared("test_error", augmentation, n, digits: 2),
        augmentation == Self.central || gains.count < 3
          ? .none
          : .text(String(format: "%+.3f (%+.3f to %+.3f)", gains[0], gains[1], gains[2])),
      ])
    }
    _ = try table.write(named: "table", to: folder)

    let shown = report.results.distinct("dataset", metric: "gain").joined(separator: " ")
    let panels = [
      ("negative_cll", "negative calibrated log-likelihood", "nats"),
      ("test_error", "test error", "%"),
    ].map { metric, title, unit in
      func data(_ ours: Bool) -> [Datum] {
        sizes.compactMap { n in
          let found =
            ours
            ? value(metric, Self.augmented, n) : printed(metric, Self.augmented, n)?.value
          return found.map { Datum(x: Double(n), y: $0) }
        }
      }
      let lines = [
        value(metric, Self.central, 1).map {
          Series("central crop", .rule, style: .of(0), data: [Datum(x: 1, y: $0)])
        },
        printed(metric, Self.central, 1).map {
          Series(
            "central crop, the paper's ResNet-50", .rule, style: .of(1),
            data: [Datum(x: 1, y: $0.value)])
        },
      ].compactMap { $0 }
      let paper = data(false)
      return Panel(
        x: Axis("random resized crops", scale: .log), y: Axis(title, unit: unit),
        series: lines + [
          Series("random resized crops", .line, style: .of(0), data: data(true)),
          Series(
            "random resized crops", .points, style: .of(0), data: data(true), inLegend: false),
        ]
          + (paper.isEmpty
            ? []
            : [
              Series(
                "random resized crops, the paper's ResNet-50", .reference, style: .of(1),
                data: paper)
            ]))
    }
    _ = try Figure(
      name: "views", title: "Test-time augmentation on photos",
      summary: "Calibrated log-likelihood and error against the number of random resized crops.",
      panels: [panels],
      note: "Filled: one network on \(shown). Open: the paper's, on 50,000 photos."
    ).write(to: folder)

    func row(
      _ title: String, _ value: (_ augmentation: String, _ n: Int) -> Double?
    ) -> ViewArrows.Row {
      func mean(_ augmentation: String, _ n: Int) -> ViewArrows.Row.Mean? {
        value(augmentation, n).map { ($0, nil) }
      }
      return .init(
        title: title, central: mean(Self.central, 1), few: mean(Self.augmented, 10),
        many: mean(Self.augmented, 50))
    }
    _ = try ViewArrows(
      rows: [
        row("ours") { value("negative_cll", $0, $1) },
        row("paper") { printed("negative_cll", $0, $1)?.value },
      ].filter { $0.central != nil },
      name: "arrows", central: "central crop", few: "10 random resized crops",
      many: "50 random resized crops",
      note: "Ours: one network on \(shown). The paper's: ResNet-50 on 50,000 photos, another scale."
    ).figure.write(to: folder)
  }
}
