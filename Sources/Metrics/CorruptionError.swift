/// Unnormalised mean corruption error: the mean over corruptions of the mean over severities, in the unit of `errors`.
///
///     μCE = 1/|C| Σ_c 1/|S| Σ_s E(c, s)
///
/// CIFAR-10-C has no network to normalise by. Source: Molchanov et al. 2020 (greedy policy search), section 5.
///
/// - Parameter errors: `[corruptions][severities]`.
/// - Precondition: at least one corruption, and of each at least one severity.
public func unnormalisedMeanCorruptionError(_ errors: [[Double]]) -> Double {
  mean(errors.map { mean($0) })
}

/// Mean corruption error of ImageNet-C in percent: the mean over corruptions of the ratio of summed errors to those of
/// a baseline, AlexNet.
///
///     mCE = 100/|C| Σ_c (Σ_s E(c, s) / Σ_s E_baseline(c, s))
///
/// It is the mean of ratios, not the ratio of means. Source: Hendrycks and Dietterich 2019, section 4.2.
///
/// - Parameters:
///   - errors: `[corruptions][severities]`.
///   - baseline: the baseline's mean error over the same severities, per corruption, in the same unit.
/// - Precondition: as many baselines as corruptions, each above zero.
public func meanCorruptionError(_ errors: [[Double]], baseline: [Double]) -> Double {
  precondition(errors.count == baseline.count, "one baseline per corruption")
  precondition(baseline.allSatisfy { $0 > 0 }, "a baseline without errors has no ratio")
  return 100 * mean(zip(errors, baseline).map { mean($0) / $1 })
}
