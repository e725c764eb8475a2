import Metrics

/// What comparing with a paper says.
public enum Verdict: String, Codable, Sendable, CaseIterable {
  /// The interval of the difference lies inside the margin; or the claim holds significantly.
  case reproduced
  /// Wholly outside the margin on the better side of a metric that has one.
  case exceeds
  /// Neither inside nor outside, and no difference is a possibility.
  case consistent
  /// Too little evidence: more seeds are the answer.
  case inconclusive
  /// Wholly outside the margin; or the opposite of the claim holds significantly.
  case deviates
  /// Tier or setting differs from the paper's, or nothing was measured there.
  case notComparable = "not comparable"
}

/// Which side of a metric is better, if one is.
public enum Direction: String, Codable, Sendable {
  /// Smaller is better, as for errors.
  case lower
  /// Larger is better, as for compression.
  case higher
  /// Neither.
  case none
}

/// How far a result may be from a printed value and still count as reproduced.
public struct Margin: Hashable, Sendable {
  /// In the metric's unit.
  public var absolute: Double
  /// As a share of the printed value.
  public var relative: Double
  /// Why it is as wide as that.
  public var reason: String

  /// A margin; both parts are not negative and add up.
  public init(absolute: Double = 0, relative: Double = 0, reason: String) {
    precondition(absolute >= 0 && relative >= 0, "a margin is not negative")
    self.absolute = absolute
    self.relative = relative
    self.reason = reason
  }

  /// Half-width around a printed value: the declared part plus half a unit of the last printed digit.
  public func width(around printed: PrintedNumber) -> Double {
    absolute + relative * abs(printed.value) + printed.halfUnit
  }
}

/// How our numbers compare with a printed one.
public struct Comparison: Hashable, Sendable {
  /// The verdict.
  public var verdict: Verdict
  /// Mean over seeds; nil if nothing was measured.
  public var ours: Double?
  /// 90 % interval of our mean; nil with fewer than two seeds.
  public var interval: Interval?
  /// Half-width of the margin.
  public var margin: Double
  /// Number of seeds.
  public var seeds: Int
  /// One sentence.
  public var why: String

  /// Applies the rule: 90 % interval of the difference inside the margin, outside it, or neither.
  ///
  /// - Parameters:
  ///   - values: one per seed.
  ///   - isDeterministic: whether chance has no part, so that one value is all there is to know.
  ///   - notComparable: nil if tier and setting are the paper's, else what differs.
  public init(
    values: [Double], printed: PrintedNumber, margin declared: Margin?, direction: Direction,
    isDeterministic: Bool = false, notComparable reason: String? = nil
  ) {
    let width = (declared ?? Margin(reason: "")).width(around: printed)
    margin = width
    seeds = values.count
    ours = values.isEmpty ? nil : mean(values)
    let isCertain = isDeterministic && values.allSatisfy { $0 == values.first }
    interval =
      isCertain
      ? values.first.map { Interval(low: $0, high: $0) }
      : confidenceInterval(ofMean: values, level: 0.90)
    func text(_ value: Double) -> String { significant(value) }
    if let reason {
      (verdict, why) = (.notComparable, reason)
    } else if values.isEmpty {
      (verdict, why) = (.notComparable, "not measured here")
    } else if values.count < 3 && !isCertain {
      verdict = .inconclusive
      why = "\(values.count) seed\(values.count == 1 ? "" : "s"), at least 3 are needed"
    } else if let difference = interval?.shifted(by: -printed.value) {
      let inside = Interval(low: -width, high: width)
      let range = "difference \(text(difference.low)) to \(text(difference.high))"
      if inside.contains(difference) {
        (verdict, why) = (.reproduced, "\(range) lies within ±\(text(width))")
      } else if difference.isDisjoint(from: inside) {
        let above = difference.low > 0
        let isBetter = above ? direction == .higher : direction == .lower
        verdict = isBetter ? .exceeds : .deviates
        why = "\(range) lies \(above ? "above" : "below") ±\(text(width))"
      } else if difference.contains(0) {
        (verdict, why) = (.consistent, "\(range) contains 0 and leaves ±\(text(width))")
      } else {
        (verdict, why) = (.inconclusive, "\(range) straddles ±\(text(width)) without containing 0")
      }
    } else {
      (verdict, why) = (.inconclusive, "the values have no interval")
    }
  }
}

/// Three significant digits for sentences; files carry full precision.
public func significant(_ value: Double) -> String {
  guard value != 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
  var power = 0
  var size = abs(value)
  while size >= 1000 { (size, power) = (size / 10, power + 1) }
  while size < 100 { (size, power) = (size * 10, power - 1) }
  let digits = size.rounded()
  let sign = value < 0 ? "-" : ""
  let whole = Int(digits)
  if power >= 0 {
    // Large enough to have no decimals; Double holds every integer that matters here.
    return sign + String(whole) + String(repeating: "0", count: power)
  }
  var text = String(whole)
  while text.count <= -power { text = "0" + text }
  let point = text.index(text.endIndex, offsetBy: power)
  var fraction = String(text[point...])
  while fraction.hasSuffix("0") { fraction.removeLast() }
  return sign + text[..<point] + (fraction.isEmpty ? "" : "." + fraction)
}
