/// Percentile bootstrap interval of a statistic of resampled indices `0..<count`.
///
/// The statistic receives `count` indices drawn with replacement, so paired scores (two methods on
/// the same test images) are resampled together. Draws come from `generator` alone.
/// Source: Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13.
public func bootstrapInterval<G: RandomNumberGenerator>(
  count: Int, replicates: Int = 10_000, level: Double = 0.90, using generator: inout G,
  statistic: ([Int]) -> Double
) -> Interval {
  precondition(count > 0 && replicates > 0, "nothing to resample")
  precondition(level >= 0 && level < 1, "a confidence level lies in 0..<1")
  var indices = [Int](repeating: 0, count: count)
  var values = [Double]()
  values.reserveCapacity(replicates)
  for _ in 0..<replicates {
    for i in 0..<count { indices[i] = Int.random(in: 0..<count, using: &generator) }
    values.append(statistic(indices))
  }
  values.sort()
  return Interval(
    low: sortedQuantile(values, (1 - level) / 2), high: sortedQuantile(values, (1 + level) / 2))
}

/// Percentile bootstrap interval of the mean of `values`.
public func bootstrapInterval<G: RandomNumberGenerator>(
  ofMean values: [Double], replicates: Int = 10_000, level: Double = 0.90, using generator: inout G
) -> Interval {
  bootstrapInterval(count: values.count, replicates: replicates, level: level, using: &generator) {
    indices in
    var sum = 0.0
    for i in indices { sum += values[i] }
    return sum / Double(indices.count)
  }
}
