import Foundation

/// A score that is the mean of one number per row, so that rows may count several times or not at all.
struct RowMean: Sendable {
  let values: [Double]

  /// The mean with row i counted `counts[i]` times; NaN where none counts.
  func value(counts: [Int]) -> Double {
    var sum = 0.0
    var total = 0
    for row in values.indices where counts[row] > 0 {
      sum += Double(counts[row]) * values[row]
      total += counts[row]
    }
    return total > 0 ? sum / Double(total) : .nan
  }
}

extension PredictionTable {
  /// What is added to a probability before its logarithm is taken. Source: Ashukha et al. 2020, the authors' code.
  static let likelihoodFloor = 1e-12

  /// log(p(label) + 10⁻¹²) of each row, in nats; LL is their mean.
  public var rowLogLikelihoods: [Double] {
    labels.indices.map { log(probabilities[$0 * classes + labels[$0]] + Self.likelihoodFloor) }
  }

  /// How much each row's log(p(label) + 10⁻¹²) grows with β at p ∝ p^β, β = 1, in nats: w (log p_y − Σ_c p_c log p_c) with
  /// w = p_y / (p_y + 10⁻¹²).
  ///
  /// Where its mean is above zero predictions should be sharper: the best temperature 1 / β lies below one.
  public var rowSharpness: [Double] {
    labels.indices.map { row in
      var expected = 0.0
      for entry in row * classes..<(row + 1) * classes where probabilities[entry] > 0 {
        expected += probabilities[entry] * logProbabilities[entry]
      }
      let own = row * classes + labels[row]
      guard probabilities[own] > 0 else { return 0 }
      return probabilities[own] / (probabilities[own] + Self.likelihoodFloor)
        * (logProbabilities[own] - expected)
    }
  }

  /// Brier score of each row, Σ_c (p_c − [c = label])², in 0…2.
  public var rowBrierScores: [Double] {
    labels.indices.map { row in
      var sum = 0.0
      for c in 0..<classes {
        let difference = probabilities[row * classes + c] - (c == labels[row] ? 1 : 0)
        sum += difference * difference
      }
      return sum
    }
  }

  /// 1 for each row whose likeliest class is not its label, else 0.
  public var rowErrors: [Double] {
    labels.indices.map { predictions[$0] == labels[$0] ? 0 : 1 }
  }
}
