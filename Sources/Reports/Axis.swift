import Foundation

/// How numbers become places along an axis.
public enum Scale: Hashable, Sendable {
  /// Equal steps are equal distances.
  case linear
  /// Equal factors are equal distances.
  case log
  /// Names at 0, 1, 2, …
  case categories([String])
}

/// One axis of a panel.
public struct Axis: Hashable, Sendable {
  /// What is measured.
  public var label: String
  /// Its unit, empty where there is none.
  public var unit: String
  /// How numbers become places.
  public var scale: Scale
  /// What is shown; nil shows all that is drawn and a little more.
  public var range: ClosedRange<Double>?
  /// Whether zero is always shown (linear axes).
  public var includesZero: Bool

  /// An axis.
  public init(
    _ label: String, unit: String = "", scale: Scale = .linear,
    range: ClosedRange<Double>? = nil, includesZero: Bool = false
  ) {
    if let range {
      precondition(
        range.lowerBound < range.upperBound && range.upperBound.isFinite
          && range.lowerBound.isFinite, "an axis shows a finite range of some length")
      precondition(
        scale != .log || range.lowerBound > 0, "a logarithmic axis starts above zero")
    }
    self.label = label
    self.unit = unit
    self.scale = scale
    self.range = range
    self.includesZero = includesZero
  }

  /// Label and unit as written beside the axis.
  public var caption: String { unit.isEmpty ? label : "\(label) (\(unit))" }

  /// Whether it shows names.
  var isCategorical: Bool { if case .categories = scale { true } else { false } }

  /// Whether a number has a place: finite, of a size that can be drawn, above zero where logarithmic.
  func shows(_ value: Double) -> Bool {
    guard value.isFinite, abs(value) < 1e300 else { return false }
    return scale == .log ? value > 1e-300 : true
  }

  /// The range that holds `values` (all of which `shows`), with air at both ends unless `tight`.
  func extent(of values: [Double], tight: Bool = false) -> ClosedRange<Double> {
    if let range { return range }
    switch scale {
    case .categories(let names):
      return -0.5...(Double(max(names.count, 1)) - 0.5)
    case .log:
      guard let low = values.min(), let high = values.max() else { return 1...10 }
      let isOne = high / low < 1 + 1e-9
      if tight && !isOne { return low...high }
      let air = isOne ? log10(2.0) : max(0.06 * (log10(high) - log10(low)), 0.02)
      return max(low / pow(10, air), 1e-305)...min(high * pow(10, air), 1e305)
    case .linear:
      var low = values.min() ?? 0
      var high = values.max() ?? 1
      if includesZero {
        low = min(low, 0)
        high = max(high, 0)
      }
      // Values that differ by rounding alone would need labels of sixteen digits.
      if high - low <= 1e-9 * max(abs(low), abs(high)) {
        let air = low == 0 ? 1 : abs(low) * 0.1
        return (low - air)...(high + air)
      }
      if tight { return low...high }
      let air = 0.06 * (high - low)
      return
        (includesZero && low == 0 ? 0 : low - air)...(includesZero && high == 0
        ? 0 : high + air)
    }
  }

  func ticks(_ extent: ClosedRange<Double>, count: Int) -> Ticks {
    switch scale {
    case .linear: .linear(extent, count: count)
    case .log: .log(extent, count: count)
    case .categories(let names):
      Ticks(major: names.indices.map(Double.init), labels: names, minor: [])
    }
  }
}

/// An axis laid along a stretch of the drawing.
struct Placement {
  var axis: Axis
  var extent: ClosedRange<Double>
  var start: Double
  var end: Double

  /// Where `value` lies; beyond `start` or `end` when it is out of the extent.
  func place(_ value: Double) -> Double {
    let (low, high) = (extent.lowerBound, extent.upperBound)
    let share: Double
    if axis.scale == .log {
      // Differences of logarithms: the quotient of two huge numbers may not be finite.
      share = value > 0 ? (log(value) - log(low)) / (log(high) - log(low)) : -1
    } else {
      // Halved first: the difference of two huge numbers may not be finite.
      share = (value / 2 - low / 2) / (high / 2 - low / 2)
    }
    return start + min(max(share, -3), 4) * (end - start)
  }
}
