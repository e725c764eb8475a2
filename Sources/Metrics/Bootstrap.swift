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
  return percentileInterval(values, level: level)
}

/// The interval between the two quantiles of `values` that leave out `1 − level`, the same share on either side.
func percentileInterval(_ values: [Double], level: Double) -> Interval {
  let sorted = values.sorted()
  return Interval(
    low: sortedQuantile(sorted, (1 - level) / 2), high: sortedQuantile(sorted, (1 + level) / 2))
}

/// Resamples of `0..<count` with replacement, kept so that many statistics can be taken of the same ones.
public struct Resamples: Sendable {
  /// Indices there are.
  public let count: Int
  /// Resamples there are.
  public let replicates: Int
  private let drawn: [UInt16]

  /// Draws all of them, from `generator` alone.
  public init<G: RandomNumberGenerator>(
    count: Int, replicates: Int, using generator: inout G
  ) {
    precondition(count > 0 && replicates > 0, "nothing to resample")
    var drawn = [UInt16](repeating: 0, count: count * replicates)
    for start in stride(from: 0, to: drawn.count, by: count) {
      for _ in 0..<count { drawn[start + Int.random(in: 0..<count, using: &generator)] += 1 }
    }
    (self.count, self.replicates, self.drawn) = (count, replicates, drawn)
  }

  /// How often one resample holds each of `rows`.
  func counts(_ replicate: Int, rows: [Int]) -> [Int] {
    rows.map { Int(drawn[replicate * count + $0]) }
  }
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
