import Foundation
import Metrics

/// Outcome of testing a statement of a paper.
public struct ClaimOutcome: Hashable, Sendable {
  /// `reproduced`, `deviates`, `inconclusive` or `notComparable`.
  public var verdict: Verdict
  /// Left-hand minus right-hand side, mean over seeds, where there is one such number.
  public var ours: Double?
  /// 90 % interval of that difference.
  public var interval: Interval?
  /// What the difference is compared with: the tolerance.
  public var reference: Double?
  /// Seeds or images behind it.
  public var seeds: Int
  /// One sentence.
  public var why: String
  /// p of the statement's opposite, the smallest of its parts'; nil where nothing was tested.
  public var oppositeP: Double?
  /// Tests behind it: 1, or as many as its parts have.
  public var tests: Int

  /// The level at which a statement or its opposite is significant.
  public static let level = 0.05

  /// An outcome.
  public init(
    verdict: Verdict, ours: Double? = nil, interval: Interval? = nil, reference: Double? = nil,
    seeds: Int, why: String, oppositeP: Double? = nil, tests: Int? = nil
  ) {
    self.verdict = verdict
    self.ours = ours
    self.interval = interval
    self.reference = reference
    self.seeds = seeds
    self.why = why
    self.oppositeP = oppositeP
    self.tests = tests ?? (oppositeP == nil ? 0 : 1)
  }

  /// A statement that arithmetic decides: no seeds, no chance.
  public static func certain(_ holds: Bool, why: String) -> ClaimOutcome {
    ClaimOutcome(
      verdict: holds ? .reproduced : .deviates, seeds: 0, why: why, oppositeP: holds ? 1 : 0)
  }

  /// Nothing to test it with.
  public static func notMeasured(_ what: String) -> ClaimOutcome {
    ClaimOutcome(verdict: .notComparable, seeds: 0, why: "\(what) is not measured here")
  }

  /// One-sided t-test over seeds that `mean(differences) < bound` (or `>`), at `alpha`.
  ///
  /// Significant: `reproduced`; its opposite significant: `deviates`; else, or with one seed, `inconclusive`.
  public static func test(
    differences: [Double], _ alternative: Alternative, bound: Double = 0, alpha: Double = level,
    what: String = "difference"
  ) -> ClaimOutcome {
    guard !differences.isEmpty else { return .notMeasured(what) }
    let opposite: Alternative = alternative == .less ? .greater : .less
    let sign = alternative == .less ? "<" : ">"
    let centre = mean(differences)
    let interval = confidenceInterval(ofMean: differences, level: 1 - 2 * alpha)
    guard
      let holds = oneSampleTTest(differences, null: bound, alternative: alternative),
      let fails = oneSampleTTest(differences, null: bound, alternative: opposite)
    else {
      return ClaimOutcome(
        verdict: .inconclusive, ours: centre, interval: interval, reference: bound,
        seeds: differences.count, why: "\(what) \(significant(centre)) from one seed")
    }
    let verdict: Verdict =
      holds.p <= alpha ? .reproduced : fails.p <= alpha ? .deviates : .inconclusive
    let sentence =
      "\(what) \(significant(centre)) \(sign) \(significant(bound)): p = \(significant(holds.p))"
    return ClaimOutcome(
      verdict: verdict, ours: centre, interval: interval, reference: bound,
      seeds: differences.count, why: sentence, oppositeP: fails.p)
  }

  /// Whether a number lies above (or below) a bound, by its 90 % interval from resampling.
  ///
  /// The p of the opposite is that of a normal distribution with this interval.
  public static func test(
    _ ours: Double, in interval: Interval, _ alternative: Alternative, bound: Double = 0,
    seeds: Int = 1, why: String
  ) -> ClaimOutcome {
    let (isAbove, isBelow) = (interval.low > bound, interval.high < bound)
    let (holds, fails) = alternative == .greater ? (isAbove, isBelow) : (isBelow, isAbove)
    // 90 % of a normal distribution lie within 1.645 deviations.
    let deviation = (interval.high - interval.low) / (2 * 1.6448536269514722)
    let distance = alternative == .greater ? ours - bound : bound - ours
    // Where nothing varies there is no doubt, but at the bound itself.
    let oppositeP =
      deviation > 0
      ? 1 - erfc(distance / (deviation * 2.0.squareRoot())) / 2
      : distance > 0 ? 1 : distance < 0 ? 0 : 0.5
    return ClaimOutcome(
      verdict: holds ? .reproduced : fails ? .deviates : .inconclusive, ours: ours,
      interval: interval, reference: bound, seeds: seeds, why: why, oppositeP: oppositeP)
  }

  /// A claim of several parts: it holds when every part does (intersection–union), so no correction is due for that.
  ///
  /// Of many parts one is significantly opposite by chance sooner or later. So the claim `deviates` when a part does whose p of the
  /// opposite, times the number of tests in all parts (Bonferroni), is significant, or one that rests on no test.
  /// `notComparable` when nothing else is known of any part.
  public static func all(_ parts: [ClaimOutcome]) -> ClaimOutcome {
    guard let first = parts.first else { return .notMeasured("every part") }
    if parts.count == 1 { return first }
    let verdicts = parts.map(\.verdict)
    let tests = parts.reduce(0) { $0 + $1.tests }
    let opposite = parts.filter { $0.verdict == .deviates }
    let corrected = opposite.compactMap(\.oppositeP).min().map { min(1, $0 * Double(tests)) }
    let isUntested = opposite.contains { $0.oppositeP == nil }
    let deviates = isUntested || corrected.map { $0 <= level } ?? false
    let verdict: Verdict =
      deviates
      ? .deviates
      : verdicts.allSatisfy { $0 == .reproduced }
        ? .reproduced
        : verdicts.allSatisfy { $0 == .notComparable } ? .notComparable : .inconclusive
    var why = parts.map(\.why).joined(separator: "; ")
    if let corrected {
      why += "; opposite, corrected for \(tests) parts: p = \(significant(corrected))"
    }
    return ClaimOutcome(
      verdict: verdict, seeds: parts.map(\.seeds).min() ?? 0, why: why,
      oppositeP: parts.compactMap(\.oppositeP).min(), tests: tests)
  }
}

/// A statement of a paper as typed Swift; wording and source stand in `claims.csv` under the same id.
public struct Claim: Sendable {
  /// Matches a row of `claims.csv`.
  public let id: String
  /// Tests it; `tolerance` is the one of `claims.csv`, to be added to the right-hand side.
  public let evaluate: @Sendable (_ results: Results, _ tolerance: Double) throws -> ClaimOutcome

  /// A claim.
  public init(
    _ id: String,
    evaluate: @escaping @Sendable (_ results: Results, _ tolerance: Double) throws -> ClaimOutcome
  ) {
    self.id = id
    self.evaluate = evaluate
  }
}

extension Results {
  /// Paired one-sided test over seeds that a measurement is below (or above) another plus `tolerance`.
  public func test(
    _ left: (metric: String, place: [String: String]), _ alternative: Alternative,
    _ right: (metric: String, place: [String: String]), tolerance: Double = 0
  ) -> ClaimOutcome {
    let (a, b) = paired(left, right)
    let place = left.place.merging(right.place) { $0 == $1 ? $0 : "\($0) − \($1)" }
    let order = columnOrder(factors: [], coordinates: Set(place.keys))
    let what = ([left.metric] + order.compactMap { place[$0] }.filter { !$0.isEmpty })
      .joined(separator: " ")
    return .test(differences: zip(a, b).map { $0 - $1 }, alternative, bound: tolerance, what: what)
  }
}
