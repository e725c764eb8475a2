import Harness
import Metrics

/// The claims about greedy policy search, over seeds where there are several, else by the bootstrap over pictures.
///
/// They are of single networks; ensembles stand in the table with their intervals.
enum GPSClaims {
  private typealias Method = GPSCorruption.Method
  /// By how many nats a strategy may fall behind another and still be as good (≥); declared before the first run: some tenth of what
  /// crops and flips gain over the central crop.
  static let asGood = 0.002

  /// A data set and a network.
  private typealias Subject = [String: String]

  private static func subjects(_ results: Results, _ metric: String) -> [Subject] {
    results.distinct("dataset", metric: metric).flatMap { dataset in
      results.distinct("network", metric: metric, where: ["dataset": dataset])
        .filter { !GPSCorruption.isEnsemble($0) }
        .map { ["dataset": dataset, "network": $0] }
    }
  }

  private static func sizes(_ results: Results, _ metric: String, _ place: [String: String])
    -> [Int]
  {
    results.distinct("n", metric: metric, where: place).compactMap(Int.init).sorted()
  }

  /// Whether one strategy's loss at n views is lower than another's by more than `bound`, or by no less than −`bound` more.
  ///
  /// - Parameters:
  ///   - loss: what is compared over seeds, lower being better.
  ///   - gain: what a single network's bootstrap records: how much lower the first one's loss is.
  private static func lower(
    _ results: Results, loss: String, gain: String, _ subject: Subject, _ first: Method,
    _ second: Method, n: Int, bound: Double
  ) -> ClaimOutcome {
    func place(_ method: Method) -> [String: String] {
      subject.merging([
        "method": method.rawValue, "n": method == .central ? "1" : "\(n)",
      ]) { a, _ in a }
    }
    let alone = place(first).merging(["against": second.rawValue]) { a, _ in a }
    func value(_ metric: String) -> Double? {
      results.values(metric: metric, where: alone).first?.value
    }
    if let ours = value(gain), let low = value("\(gain)_low"), let high = value("\(gain)_high") {
      return interval(
        ours, low, high, above: bound,
        what: "\(gain) \(subject["network"] ?? "") \(first.rawValue) − \(second.rawValue) n=\(n)")
    }
    return results.test((loss, place(first)), .less, (loss, place(second)), tolerance: -bound)
  }

  /// Whether a mean over pictures lies above a bound, by its 90 % interval.
  static func interval(
    _ ours: Double, _ low: Double, _ high: Double, above bound: Double, what: String
  ) -> ClaimOutcome {
    .test(
      ours, in: Interval(low: low, high: high), .greater, bound: bound,
      why:
        "\(what) \(significant(ours)), 90 % interval over pictures \(significant(low)) to \(significant(high)), above \(significant(bound))"
    )
  }

  /// The likelihoods of two strategies at the largest number of views.
  private static func likelihood(
    _ results: Results, _ subject: Subject, _ first: Method, _ second: Method, bound: Double
  ) -> ClaimOutcome {
    let own = sizes(
      results, "negative_cll", subject.merging(["method": first.rawValue]) { a, _ in a })
    guard let n = own.last else {
      return .notMeasured("negative_cll \(subject["network"] ?? "") \(first.rawValue)")
    }
    return lower(
      results, loss: "negative_cll", gain: "likelihood_gain", subject, first, second, n: n,
      bound: bound)
  }

  /// The mean corruption errors of two strategies at every number of views from one on.
  private static func corruption(
    _ results: Results, _ first: Method, _ second: Method, from least: Int, bound: Double
  ) -> ClaimOutcome {
    .all(
      subjects(results, "mu_ce").flatMap { subject -> [ClaimOutcome] in
        let own = sizes(
          results, "mu_ce", subject.merging(["method": first.rawValue]) { a, _ in a }
        ).filter { $0 >= least }
        guard !own.isEmpty else {
          return [.notMeasured("mu_ce \(subject["network"] ?? "") \(first.rawValue)")]
        }
        return own.map {
          lower(
            results, loss: "mu_ce", gain: "corruption_gain", subject, first, second, n: $0,
            bound: bound)
        }
      })
  }

  static var all: [Claim] {
    [
      Claim("gps.1") { results, tolerance in
        .all(
          subjects(results, "negative_cll").flatMap { subject in
            [
              likelihood(results, subject, .gps, .cropAndFlip, bound: tolerance),
              likelihood(results, subject, .gps, .bestMagnitude, bound: tolerance - asGood),
              likelihood(results, subject, .bestMagnitude, .cropAndFlip, bound: tolerance - asGood),
            ]
          })
      },
      Claim("gps.2") { results, tolerance in
        let searched = subjects(results, "negative_cll").filter { subject in
          !sizes(
            results, "negative_cll",
            subject.merging(["method": Method.gpsAccuracy.rawValue]) { a, _ in a }
          ).isEmpty
        }
        return .all(
          searched.flatMap { subject in
            [
              likelihood(results, subject, .gps, .gpsLikelihood, bound: tolerance),
              likelihood(results, subject, .gpsLikelihood, .gpsAccuracy, bound: tolerance),
            ]
          })
      },
      Claim("gps.3") { results, tolerance in
        // Published weights were trained with something else; they alone have a bootstrap over pictures.
        let trained = subjects(results, "negative_cll").filter { subject in
          results.values(metric: "likelihood_gain", where: subject).isEmpty
        }
        return .all(
          trained.map {
            likelihood(results, $0, .cropAndFlip, .asInTraining, bound: tolerance)
          })
      },
      Claim("gps.4") { results, tolerance in
        corruption(results, .gps, .cropAndFlip, from: 10, bound: tolerance)
      },
      Claim("gps.5") { results, tolerance in
        corruption(results, .cropAndFlip, .central, from: 5, bound: tolerance)
      },
      Claim("gps.6") { _, _ in
        ClaimOutcome(
          verdict: .notComparable, seeds: 0,
          why:
            "it is an exception among the authors' networks, WideResNet 28-10 on CIFAR-100-C; where that is trained the table shows it"
        )
      },
      Claim("gps.7") { results, tolerance in
        .all(
          subjects(results, "temperature").flatMap { subject -> [ClaimOutcome] in
            [Method.cropAndFlip, .bestMagnitude, .gps].map { method in
              temperature(results, subject, method, tolerance)
            }
          })
      },
    ]
  }

  /// Whether the best temperature at the largest number of views lies below one: over seeds, or because predictions should be sharper.
  private static func temperature(
    _ results: Results, _ subject: Subject, _ method: Method, _ tolerance: Double
  ) -> ClaimOutcome {
    let own = subject.merging(["method": method.rawValue]) { a, _ in a }
    guard let n = sizes(results, "temperature", own).last else {
      return .notMeasured("temperature \(subject["network"] ?? "") \(method.rawValue)")
    }
    let at = own.merging(["n": "\(n)"]) { a, _ in a }
    func value(_ metric: String) -> Double? {
      results.values(metric: metric, where: at).first?.value
    }
    if let ours = value("sharpness"), let low = value("sharpness_low"),
      let high = value("sharpness_high")
    {
      return interval(
        ours, low, high, above: tolerance,
        what:
          "\(subject["network"] ?? "") \(method.rawValue) n=\(n): slope of the likelihood towards temperatures below one"
      )
    }
    return .test(
      differences: results.values(metric: "temperature", where: at).map { $0.value - 1 }, .less,
      bound: tolerance,
      what: "temperature \(subject["network"] ?? "") \(method.rawValue) n=\(n) less one")
  }
}
