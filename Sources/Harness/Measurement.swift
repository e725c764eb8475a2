import Foundation

/// One number a trial recorded.
public struct Measurement: Codable, Hashable, Sendable {
  /// What was measured, such as `test_error`.
  public var metric: String
  /// Where inside the trial: layer, epoch, number of samples. Empty for a number of the whole trial.
  public var coordinates: [String: String]
  /// The number; always finite.
  public var value: Double
  /// Its unit, such as `%`; empty if it has none.
  public var unit: String

  /// A measurement.
  public init(metric: String, coordinates: [String: String] = [:], value: Double, unit: String) {
    self.metric = metric
    self.coordinates = coordinates
    self.value = value
    self.unit = unit
  }
}

/// Columns that stand first, in this order; all others follow alphabetically.
private let leadingFactors = ["dataset", "network", "method"]
private let leadingCoordinates = ["layer", "epoch"]

/// Fixed order of columns: factors before coordinates, known names before others, others alphabetically.
func columnOrder(factors: Set<String>, coordinates: Set<String>) -> [String] {
  func ordered(_ names: Set<String>, _ leading: [String]) -> [String] {
    leading.filter(names.contains) + names.subtracting(leading).sorted()
  }
  return ordered(factors, leadingFactors)
    + ordered(coordinates.subtracting(factors), leadingCoordinates)
}

/// Order of two column values: numbers by size, before text; empty first.
func columnValuePrecedes(_ a: String, _ b: String) -> Bool? {
  if a == b { return nil }
  if a.isEmpty || b.isEmpty { return a.isEmpty }
  switch (Double(a), Double(b)) {
  case (let x?, let y?) where x != y: return x < y
  case (.some, nil): return true
  case (nil, .some): return false
  default: return a.utf8.lexicographicallyPrecedes(b.utf8)
  }
}

/// Names that a factor or coordinate cannot have: the fixed columns of the tables.
let reservedColumns: Set<String> = [
  "experiment", "tier", "seed", "metric", "value", "unit", "kind", "id", "ours", "low", "high",
  "seeds", "reference", "source", "margin", "verdict", "why", "spread", "source_row", "note",
]
