import Foundation
import Harness
import Metrics
import Networks
import Reports

/// Fig. 2 of the deep weight prior (Atanov et al. 2019): test accuracy against the number of training images, under
/// priors of the kernels.
struct DWPAccuracy: Experiment {
  static let id = "dwp-fig2-accuracy"

  struct Settings: Codable, Sendable {
    /// `test`, or `validation` to make a choice: a part of the training images is held out and scored instead.
    var split: DigitData.Split
    var mnist: Part
    var cifar: Part
  }

  /// One data set with its network and priors.
  struct Part: Codable, Sendable {
    var dataset: String
    var network: String
    /// Numbers of training images; none leaves the data set out. `splits` and `steps` go with them.
    var images: [Int]
    var splits: [Int]
    var steps: [Int]
    var methods: [InferKernels.Method]
    /// Methods that only the smallest number of images is learned with.
    var smallMethods: [InferKernels.Method]
    var batch: Int
    var rate: Double
    var noiseRateSum: Double
    var initialLogVariance: Double
    var decay: Double
    var subset: Int
    var samples: Int
    var scoreEvery: Int
    var priors: KernelPriorPlan
  }

  /// Methods with the names that reports use, in the order of the claim.
  static let methods: [(InferKernels.Method, String)] = [
    (.dwp, "deep weight prior"), (.dwpTrainedEncoder, "deep weight prior, encoder trained"),
    (.logUniform, "log-uniform"), (.logUniformAdditive, "log-uniform, additive"),
    (.deterministic, "none, L2"), (.standardNormal, "standard normal"),
    (.gaussian, "Gaussian, full covariance"),
  ]

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    try add(settings.mnist, settings.split, into: &plan)
    try add(settings.cifar, settings.split, into: &plan)
  }

  private func add(_ part: Part, _ split: DigitData.Split, into plan: inout PlanBuilder) throws {
    guard !part.images.isEmpty else { return }
    let name = ReferenceName.dataset(part.dataset)
    for (key, list) in [("splits", part.splits), ("steps", part.steps)]
    where list.count != part.images.count {
      throw HarnessError.wrongType(
        setting: key, expected: "\(part.images.count) numbers, one for each of images",
        found: "\(list.count)")
    }
    try SettingsCheck.requireCounts(
      ("batch", part.batch), ("subset", part.subset), ("samples", part.samples),
      ("scoreEvery", part.scoreEvery))
    for (setting, list) in [
      ("images", part.images), ("splits", part.splits), ("steps", part.steps),
    ] {
      try SettingsCheck.require(setting, each: list, in: 1...1_000_000)
    }
    guard let network = Architecture.named(part.network),
      network.weighted.allSatisfy({ $0.shape.count == 2 || [5, 7].contains($0.shape[2]) })
    else {
      throw HarnessError.wrongType(
        setting: "network", expected: "a network of kernels of 5 or 7 such as DWP-ConvNet",
        found: part.network)
    }
    let priors = try part.priors.plan(into: &plan)
    for (place, images) in part.images.enumerated() {
      for method in part.methods + (place == 0 ? part.smallMethods : []) {
        for seed in 1...UInt64(part.splits[place]) {
          try plan.add(
            InferKernels(
              dataset: part.dataset, split: split, network: part.network, method: method,
              priors: method.needsPrior ? priors : [:], images: images, batch: part.batch,
              steps: part.steps[place], rate: part.rate, noiseRateSum: part.noiseRateSum,
              initialLogVariance: part.initialLogVariance, decay: part.decay, subset: part.subset,
              samples: part.samples, scoreEvery: part.scoreEvery),
            seed: seed,
            factors: ["dataset": name, "method": method.rawValue, "n": "\(images)"])
        }
      }
    }
  }

  private static func place(_ dataset: String, _ method: InferKernels.Method, _ n: Int) -> [String:
    String]
  {
    ["dataset": dataset, "method": method.rawValue, "n": "\(n)", "step": ""]
  }

  private static func better(
    _ results: Results, _ dataset: String, _ a: InferKernels.Method, _ b: InferKernels.Method,
    _ n: Int
  ) -> ClaimOutcome {
    results.test(
      ("test_accuracy", place(dataset, a, n)), .greater,
      ("test_accuracy", place(dataset, b, n)))
  }

  /// By how much the deep weight prior is ahead of the best other, split by split; the best is so in the mean.
  private static func gaps(_ results: Results, _ n: Int) -> [UInt64: Double] {
    func values(_ method: InferKernels.Method) -> [UInt64: Double] {
      Dictionary(
        results.values(metric: "test_accuracy", where: place("mnist", method, n))
          .map { ($0.seed, $0.value) }
      ) { first, _ in first }
    }
    let others: [InferKernels.Method] = [.logUniform, .standardNormal, .deterministic, .gaussian]
    let best = others.map(values).filter { !$0.isEmpty }
      .max { mean(Array($0.values)) < mean(Array($1.values)) }
    guard let best else { return [:] }
    return values(.dwp).reduce(into: [:]) { gaps, own in
      if let other = best[own.key] { gaps[own.key] = own.value - other }
    }
  }

  var claims: [Claim] {
    [50, 100, 200, 500].map { n in
      Claim("dwp.acc.\(n)") { results, _ in
        .all(
          [InferKernels.Method.logUniform, .standardNormal].map {
            Self.better(results, "mnist", .dwp, $0, n)
          })
      }
    } + [
      Claim("dwp.gap") { results, tolerance in
        let (few, many) = (Self.gaps(results, 50), Self.gaps(results, 1000))
        let differences = few.keys.sorted().compactMap { seed in
          many[seed].map { few[seed]! - $0 }
        }
        return .test(
          differences: differences, .greater, bound: tolerance,
          what: "lead over the best other prior, 50 images − 1000")
      },
      Claim("dwp.order50") { results, _ in
        let order: [InferKernels.Method] = [
          .dwp, .logUniform, .deterministic, .standardNormal, .gaussian,
        ]
        return .all(
          zip(order, order.dropFirst()).map { Self.better(results, "mnist", $0, $1, 50) })
      },
      Claim("dwp.cifar") { results, _ in
        .all(
          [50, 200, 500].flatMap { n in
            [InferKernels.Method.logUniform, .standardNormal].map {
              Self.better(results, "cifar-10", .dwp, $0, n)
            }
          })
      },
    ]
  }

  func present(_ report: ReportData, into folder: URL) throws {
    let curves = EpochCurves(report: report)
    let titles = ["mnist": "MNIST", "cifar-10": "CIFAR-10"]
    let datasets = report.results.distinct("dataset", metric: "test_accuracy")
      .sorted { ($0.hasPrefix("cifar") ? 1 : 0, $0) < ($1.hasPrefix("cifar") ? 1 : 0, $1) }
      .map { ($0, titles[$0] ?? $0) }
    func sizes(_ dataset: String) -> [Int] {
      report.results.distinct("n", metric: "test_accuracy", where: ["dataset": dataset])
        .compactMap(Int.init).sorted()
    }
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Data"), TableColumn("Training images", .number), TableColumn("Prior"),
        TableColumn("Test accuracy", .compared), TableColumn("Drawn networks", .number),
        TableColumn("Network of means", .number), TableColumn("Splits", .number),
      ],
      note:
        "Mean ± standard deviation over splits of the training images; in parentheses the paper's. Predictions are means of stochastic passes, with noise of its own for every image; beside them accuracies of the mean prediction of networks drawn for all images, and of the network of the posterior's means."
    )
    for (dataset, title) in datasets {
      for n in sizes(dataset) {
        table.startGroup()
        for (method, name) in Self.methods {
          let place = Self.place(dataset, method, n)
          let splits = report.results.values(metric: "test_accuracy", where: place).count
          guard splits > 0 else { continue }
          func other(_ metric: String) -> TableCell {
            let values = report.results.values(metric: metric, where: place).map(\.value)
            return values.isEmpty ? .none : .number(Quantity(mean(values), digits: 3))
          }
          table.append([
            .text(title), .number(Quantity(Double(n), digits: 0)), .text(name),
            curves.compared("test_accuracy", place, digits: 3), other("drawn_accuracy"),
            other("mean_accuracy"), .number(Quantity(Double(splits), digits: 0)),
          ])
        }
      }
    }
    _ = try table.write(named: "table", to: folder)

    // At one number of images the methods would cover each other.
    func aside(_ method: Int) -> Double {
      3.5 * (Double(method) - Double(Self.methods.count - 1) / 2)
    }
    func measuredSizes(_ dataset: String, _ method: InferKernels.Method) -> Int {
      sizes(dataset).filter { n in
        !report.results.values(
          metric: "test_accuracy", where: Self.place(dataset, method, n)
        ).isEmpty
      }.count
    }
    let panels = datasets.map { dataset, title -> Panel in
      let measured = Self.methods.enumerated().flatMap { index, method -> [Series] in
        let data = sizes(dataset).compactMap { n -> Datum? in
          let values = report.results.values(
            metric: "test_accuracy", where: Self.place(dataset, method.0, n)
          ).map(\.value)
          return values.isEmpty
            ? nil
            : Datum(
              x: Double(n), y: mean(values), yInterval: curves.interval(values),
              aside: aside(index))
        }
        if data.isEmpty { return [] }
        // A method that has a line in another panel is in the legend by that.
        let isLined = datasets.contains { measuredSizes($0.0, method.0) > 1 }
        let line = Series(
          method.1, data.count > 1 ? .line : .points, style: .of(index),
          data: data.count > 1 ? data.map { Datum(x: $0.x, y: $0.y, aside: $0.aside) } : data,
          inLegend: data.count > 1 || !isLined)
        let points = Series(method.1, .points, style: .of(index), data: data, inLegend: false)
        return data.count > 1 ? [line, points] : [line]
      }
      let printed = Self.methods.enumerated().compactMap { index, method -> Series? in
        let data = report.references.references.compactMap { reference -> Datum? in
          guard reference.place["dataset"] == dataset,
            reference.place["method"] == method.0.rawValue,
            let n = reference.place["n"].flatMap(Double.init)
          else { return nil }
          return Datum(x: n, y: reference.printed.value, aside: aside(index))
        }
        return data.isEmpty
          ? nil
          : Series("\(method.1), paper", .reference, style: .of(index), data: data, inLegend: false)
      }
      // Room for what stands beside the first and the last number of images.
      let shown = (printed + measured).flatMap { $0.data.map(\.x) }
      let range = shown.min().flatMap { low in shown.max().map { low / 1.35...$0 * 1.35 } }
      return Panel(
        title: title, x: Axis("training images", scale: .log, range: range),
        y: Axis("test accuracy"), series: printed + measured)
    }
    _ = try Figure(
      name: "accuracy", title: "Test accuracy against the number of training images",
      summary: "Accuracy under each prior of the kernels, ours and the paper's.",
      panels: [panels],
      note:
        "Filled: ours, mean over splits with its 95 % confidence interval. Open: the paper's. Methods stand a little apart for the eye."
    ).write(to: folder)
  }
}
