/// Arithmetic mean; NaN for nothing.
public func mean(_ values: [Double]) -> Double {
  guard !values.isEmpty else { return .nan }
  return values.reduce(0, +) / Double(values.count)
}

/// Sample standard deviation with divisor `n − 1`, in two passes; NaN for fewer than two values.
public func standardDeviation(_ values: [Double]) -> Double {
  guard values.count > 1 else { return .nan }
  let centre = mean(values)
  let squares = values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
  return (squares / Double(values.count - 1)).squareRoot()
}

/// Standard error of the mean, `s / √n`; NaN for fewer than two values.
public func standardError(_ values: [Double]) -> Double {
  standardDeviation(values) / Double(values.count).squareRoot()
}

/// Linear-interpolated quantile (Hyndman and Fan's type 7, NumPy's default); NaN for nothing.
///
/// - Precondition: `probability` is in `0...1`.
public func quantile(_ values: [Double], _ probability: Double) -> Double {
  precondition((0...1).contains(probability), "a probability lies in 0...1")
  return sortedQuantile(values.sorted(), probability)
}

func sortedQuantile(_ sorted: [Double], _ probability: Double) -> Double {
  guard let last = sorted.last else { return .nan }
  let position = probability * Double(sorted.count - 1)
  let lower = Int(position)
  guard lower + 1 < sorted.count else { return last }
  return sorted[lower] + (position - Double(lower)) * (sorted[lower + 1] - sorted[lower])
}
