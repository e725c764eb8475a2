import Foundation

/// The marks of an axis: where, and what is written there.
public struct Ticks: Hashable, Sendable {
  /// Places with a label.
  public var major: [Double]
  /// One label for each of `major`.
  public var labels: [String]
  /// Places with a shorter mark and no label.
  public var minor: [Double]

  /// Multiples of 1, 2 or 5 times a power of ten inside the range, about `count` of them.
  public static func linear(_ range: ClosedRange<Double>, count: Int) -> Ticks {
    let (low, high) = (range.lowerBound, range.upperBound)
    let span = high - low
    guard span > 0, span.isFinite, count > 0 else {
      return Ticks(major: [low], labels: [number(low)], minor: [])
    }
    // Kept as (1, 2 or 5) and an exponent, so that labels never show 0.30000000000000004.
    var exponent = Int(floor(log10(span / Double(count))))
    var lead = 1.0
    let raw = span / Double(count) / power(exponent)
    if raw > 7.07 {
      exponent += 1
    } else if raw > 3.16 {
      lead = 5
    } else if raw > 1.41 {
      lead = 2
    }
    let step = lead * power(exponent)
    let slack = 1e-9
    let first = ceil(low / step - slack)
    let last = floor(high / step + slack)
    guard last >= first, last - first < 1000 else {
      return Ticks(major: [low], labels: [number(low)], minor: [])
    }
    let multiples = stride(from: first, through: last, by: 1).map { $0 + 0 }
    let major = multiples.map { exact($0 * lead, exponent) }
    return Ticks(
      major: major, labels: linearLabels(multiples.map { $0 * lead }, exponent), minor: [])
  }

  /// Powers of ten inside the range, at most about `count` of them, with the 2…9 between them as
  /// minor ticks; where the range holds fewer than two powers, 1–2–5 or round numbers are labelled.
  public static func log(_ range: ClosedRange<Double>, count: Int) -> Ticks {
    precondition(range.lowerBound > 0, "a logarithmic axis starts above zero")
    let slack = 1e-9
    let low = log10(range.lowerBound)
    let high = log10(range.upperBound)
    let decades = Array(
      stride(from: Int(ceil(low - slack)), through: Int(floor(high + slack)), by: 1))
    func inside(_ value: Double) -> Bool {
      let place = log10(value)
      return place >= low - slack && place <= high + slack
    }
    let around = Array(Int(floor(low))...max(Int(floor(low)), Int(ceil(high))))
    if high - low < 0.7 {
      // Under a factor of five: round numbers, as a linear axis would have.
      var ticks = linear(range, count: max(2, min(count, 5)))
      ticks.minor = []
      return ticks
    }
    if high - low < 2.3 {
      let major = around.flatMap { exponent in [1.0, 2, 5].map { exact($0, exponent) } }
        .filter(inside)
      let minor = around.flatMap { exponent in
        [3.0, 4, 6, 7, 8, 9].map { exact($0, exponent) }
      }.filter(inside)
      if major.count <= max(count, 3) + 2 {
        return Ticks(major: major, labels: major.map(number), minor: minor)
      }
    }
    let atLeast = Int((Double(decades.count) / Double(max(count, 2))).rounded(.up))
    let every = [1, 2, 3, 4, 5, 10, 20, 50, 100].first { $0 >= atLeast } ?? 200
    let kept = decades.filter { $0 % every == 0 }
    let minor =
      every == 1
      ? around.flatMap { exponent in (2...9).map { exact(Double($0), exponent) } }.filter(inside)
      : every <= 10 ? decades.filter { $0 % every != 0 }.map(power) : []
    let plain = kept.allSatisfy { (-3...4).contains($0) }
    return Ticks(
      major: kept.map(power),
      labels: kept.map { plain ? number(power($0)) : "10" + superscript($0) },
      minor: minor)
  }

  /// A number as short as it can be written without loss: `0.5`, `120`, `2×10⁶`.
  static func number(_ value: Double) -> String {
    let size = abs(value)
    if value == 0 { return "0" }
    if size >= 1e5 || size < 1e-4 {
      var exponent = Int(floor(log10(size)))
      var lead = value / power(exponent)
      if abs(lead) >= 9.9999 {
        lead /= 10
        exponent += 1
      }
      let digits = trimmed(lead, digits: 3)
      return digits == "1" ? "10" + superscript(exponent) : digits + "×10" + superscript(exponent)
    }
    return trimmed(value, digits: 6)
  }

  private static func linearLabels(_ leads: [Double], _ exponent: Int) -> [String] {
    let largest = leads.map(abs).max() ?? 0
    let top = largest > 0 ? Int(floor(log10(largest))) + exponent : exponent
    if top >= 5 || top <= -4 {
      // Share one power of ten, the one of the largest label.
      let digits = max(0, top - exponent)
      return leads.map { lead in
        lead == 0
          ? "0" : fixed(lead / power(digits), digits: digits) + "×10" + superscript(top)
      }
    }
    return leads.map { minus(fixed(exact($0, exponent), digits: max(0, -exponent))) }
  }

  private static func trimmed(_ value: Double, digits: Int) -> String {
    var text = fixed(value, digits: digits)
    if text.contains(".") {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return minus(text)
  }

  /// `lead · 10^exponent`, the nearest double: dividing by 10 is exact where multiplying by 0.1 isn't.
  private static func exact(_ lead: Double, _ exponent: Int) -> Double {
    exponent < 0 && exponent >= -300 ? lead / power(-exponent) : lead * power(exponent)
  }

  private static func power(_ exponent: Int) -> Double { pow(10, Double(exponent)) }

  private static func minus(_ text: String) -> String {
    text.hasPrefix("-") ? "−" + text.dropFirst() : text
  }

  private static func superscript(_ exponent: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let text = String(abs(exponent)).compactMap(\.wholeNumberValue).map { String(digits[$0]) }
    return (exponent < 0 ? "⁻" : "") + text.joined()
  }
}

/// A number with this many digits after the point, whatever the locale.
func fixed(_ value: Double, digits: Int) -> String {
  String(format: "%.\(digits)f", value)
}
