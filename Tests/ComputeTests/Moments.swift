/// Mean, variance, skewness and excess kurtosis of numbers, in double precision.
struct Moments {
  let mean, variance, skewness, kurtosis, minimum, maximum: Double

  init(_ numbers: [Double]) {
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / count
    var (second, third, fourth) = (0.0, 0.0, 0.0)
    for number in numbers {
      let d = number - mean
      second += d * d
      third += d * d * d
      fourth += d * d * d * d
    }
    self.mean = mean
    variance = second / count
    skewness = third / count / (variance * variance.squareRoot())
    kurtosis = fourth / count / (variance * variance) - 3
    minimum = numbers.min() ?? .nan
    maximum = numbers.max() ?? .nan
  }
}

/// Pearson's correlation of two sequences of equal length.
func correlation(_ a: [Float], _ b: [Float]) -> Double {
  let count = Double(a.count)
  let ma = a.reduce(0) { $0 + Double($1) } / count
  let mb = b.reduce(0) { $0 + Double($1) } / count
  var (ab, aa, bb) = (0.0, 0.0, 0.0)
  for (x, y) in zip(a, b) {
    let (dx, dy) = (Double(x) - ma, Double(y) - mb)
    ab += dx * dy
    aa += dx * dx
    bb += dy * dy
  }
  return ab / (aa * bb).squareRoot()
}
