import Compute
import Foundation
import Harness
import Methods
import Networks

/// Variance of the stochastic gradient with respect to the means θ, at one posterior written in both parametrisations:
/// what the paper gives as the reason for the additive one.
///
/// Both see the same batches and the same noise. The divergence is no part of it: its gradient is not random.
struct GradientVariance {
  let method: VariationalDropout
  let data: TrainingRows
  let batch: Int
  let draws: Int
  let stream: RandomStream

  /// Records, per parametrisation, the mean variance of weights whose log α lies within half a unit of a whole number
  /// from -10 to 10 (`gradient_variance`, coordinates `gradient`, `log_alpha`), and the median over all weights of the ratio
  /// multiplicative to additive (`gradient_variance_ratio`).
  func record(_ parameters: ParameterSet, in context: TrialContext, epoch: Int) throws {
    let kinds = VariationalDropout.Parametrisation.allCases
    let variances = kinds.map { variance(parameters, $0) }
    let logAlpha = method.architecture.weighted.flatMap { method.logAlpha(parameters, $0) }
    for (kind, variance) in zip(kinds, variances) {
      var bins: [Int: (sum: Double, count: Int)] = [:]
      for (value, place) in zip(variance, logAlpha) where abs(place) < 10.5 {
        let bin = Int(place.rounded())
        bins[bin, default: (0, 0)].sum += value
        bins[bin, default: (0, 0)].count += 1
      }
      // A handful of weights is no mean.
      for (bin, entry) in bins.sorted(by: { $0.key < $1.key }) where entry.count >= 20 {
        try context.record(
          "gradient_variance", entry.sum / Double(entry.count),
          coordinates: ["epoch": "\(epoch)", "gradient": kind.rawValue, "log_alpha": "\(bin)"])
      }
    }
    // Pixels that are the same in every image give some weights no gradient at all.
    let ratios = zip(variances[1], variances[0]).filter { $1 > 0 }.map { $0 / $1 }.sorted()
    guard !ratios.isEmpty else { return }
    try context.record(
      "gradient_variance_ratio", ratios[ratios.count / 2], coordinates: ["epoch": "\(epoch)"])
  }

  /// Weight by weight over all layers, the variance over `draws` steps.
  func variance(
    _ parameters: ParameterSet, _ kind: VariationalDropout.Parametrisation
  ) -> [Double] {
    let program = VariationalDropout(method.architecture, kind).trainingProgram(batch: batch)
    let set = ParameterSet(program.parameters)
    method.convert(parameters, to: kind, into: set)
    program.bind("klShare", 0)
    let names = method.architecture.weighted.map { "\($0.name).weight" }
    var count = 0.0
    var mean = [Double](repeating: 0, count: method.architecture.weightCount)
    var squares = mean
    let noise = stream.child("noise").key
    for draw in 0..<draws {
      var generator = stream.child("rows").child(draw).generator
      let rows = permutation(data.rows.count, using: &generator).prefix(batch)
        .map { data.rows[Int($0)] }
      program.bind("x", data.table, rows: rows[...])
      program.bind(labels: "labels", data.labels, rows: rows[...])
      program.run(
        set, mode: .training, examples: rows.count, noise: noise, index: UInt32(draw),
        backward: true)
      count += 1
      var place = 0
      for name in names {
        // Welford's update.
        for value in set.gradient(name) {
          let gap = Double(value) - mean[place]
          mean[place] += gap / count
          squares[place] += gap * (Double(value) - mean[place])
          place += 1
        }
      }
    }
    return squares.map { $0 / (count - 1) }
  }
}
