import Compute
import Foundation
import Harness
import Methods

/// Tabulates the divergence from the log-uniform prior: exactly, by the sigmoid approximation that training uses,
/// and for the prior whose variance is optimised (ARD).
struct TabulateDivergence: Recipe {
  static let name = "tabulate-divergence"
  static let version = 1

  /// log α from -8 to 8 in steps of one over this number.
  var perUnit: Int

  func run(_ context: TrialContext) throws {
    var worst = 0.0
    var smallestRise = Double.infinity
    var previous: Double?
    for index in (-8 * perUnit)...(8 * perUnit) {
      let logAlpha = Double(index) / Double(perUnit)
      let exact = LogUniformDivergence.exact(logAlpha: logAlpha)
      let approximation = LogUniformDivergence.approximation(logAlpha: logAlpha)
      worst = max(worst, abs(exact - approximation))
      if let previous { smallestRise = min(smallestRise, -exact - previous) }
      previous = -exact
      // Whole numbers are printed as such, which is how references name them.
      let name = index % perUnit == 0 ? String(index / perUnit) : String(logAlpha)
      let at = ["log_alpha": name]
      try context.record(
        "minus_kl", -exact, unit: "nats",
        coordinates: at.merging(["prior": "log_uniform", "method": "exact"]) { a, _ in a })
      try context.record(
        "minus_kl", -approximation, unit: "nats",
        coordinates: at.merging(["prior": "log_uniform", "method": "approximation"]) { a, _ in a })
      try context.record(
        "minus_kl", -LogUniformDivergence.automaticRelevance(logAlpha: logAlpha), unit: "nats",
        coordinates: at.merging(["prior": "ard", "method": "exact"]) { a, _ in a })
    }
    try context.record("largest_error", worst, unit: "nats")
    try context.record("smallest_rise", smallestRise, unit: "nats")
    try context.record("largest_minus_kl", previous ?? .nan, unit: "nats")
  }
}
