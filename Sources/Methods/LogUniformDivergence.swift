import Foundation

/// KL divergence of a Gaussian weight posterior with ratio α = σ²/θ² from the log-uniform prior, up to the constant
/// that makes it vanish as α grows.
public enum LogUniformDivergence {
  /// The exact value: `-KL = ψ(1/2)/2 - E[ψ(1/2 + j)]/2`, j Poisson with mean 1/(2α): the log-moment of a noncentral
  /// χ² variable of one degree of freedom.
  public static func exact(logAlpha: Double) -> Double {
    let mean = 0.5 * Foundation.exp(-logAlpha)
    // Terms around the mean of the Poisson distribution until they no longer count; weights by recursion from its mode.
    let mode = mean.rounded(.down)
    func weight(_ j: Double) -> Double {
      Foundation.exp(j * Foundation.log(mean) - mean - lgamma(j + 1))
    }
    let reach = 40 + 12 * mean.squareRoot()
    var total = 0.0
    var mass = 0.0
    var j = max(0, mode - reach)
    while j <= mode + reach {
      let w = weight(j)
      total += w * digamma(0.5 + j)
      mass += w
      j += 1
    }
    return 0.5 * (total / mass - digamma(0.5))
  }

  /// The sigmoid approximation: `KL = k1 + log(1 + 1/α)/2 - k1 sigmoid(k2 + k3 log α)` (Molchanov et al. 2017, eq. 14).
  public static func approximation(logAlpha: Double) -> Double {
    let (k1, k2, k3) = (0.63576, 1.87320, 1.48695)
    return k1 + 0.5 * log1p(Foundation.exp(-logAlpha)) - k1
      / (1 + Foundation.exp(-k2 - k3 * logAlpha))
  }

  /// The divergence from N(0, τ) with the best τ = θ² + σ²: `log(1 + 1/α)/2`.
  public static func automaticRelevance(logAlpha: Double) -> Double {
    0.5 * log1p(Foundation.exp(-logAlpha))
  }

  /// The derivative of log Γ, by recurrence to x >= 10 and the asymptotic series there.
  static func digamma(_ x: Double) -> Double {
    var x = x
    var total = 0.0
    while x < 10 {
      total -= 1 / x
      x += 1
    }
    let z = 1 / (x * x)
    return total + Foundation.log(x) - 0.5 / x
      - z * (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132)))))
  }
}
