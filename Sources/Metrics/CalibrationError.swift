/// Bins of equal width over the unit interval, open at the left and closed at the right: ((b−1)/B, b/B].
enum EqualWidthBins {
  static let count = 15

  /// Number of the bin that holds a probability; nil for zero, which is in none.
  static func index(_ probability: Double) -> Int? {
    guard probability > 0 else { return nil }
    var bin = min(count - 1, Int(probability * Double(count)))
    // The product above is rounded; the edges decide.
    while bin > 0 && probability <= Double(bin) / Double(count) { bin -= 1 }
    while bin < count - 1 && probability > Double(bin + 1) / Double(count) { bin += 1 }
    return bin
  }
}

/// Expected calibration error: how far confidence and accuracy are apart, in bins of the top confidence.
///
///     ECE = Σ_b |B_b|/N · |acc(B_b) − conf(B_b)|
///
/// 15 bins of equal width. Source: Guo et al. 2017, equation 3; Ashukha et al. 2020, section 3.
struct ExpectedCalibrationError: Sendable {
  private let bins: [Int]
  /// Confidence minus hit of each row.
  private let gaps: [Double]

  init(_ table: PredictionTable) {
    let confidences = table.confidences
    bins = confidences.map { EqualWidthBins.index($0) ?? 0 }
    gaps = confidences.indices.map {
      confidences[$0] - (table.predictions[$0] == table.labels[$0] ? 1 : 0)
    }
  }

  /// The error with row i counted `counts[i]` times; NaN where none counts.
  func value(counts: [Int]) -> Double {
    var sums = [Double](repeating: 0, count: EqualWidthBins.count)
    var total = 0
    for row in bins.indices where counts[row] > 0 {
      sums[bins[row]] += Double(counts[row]) * gaps[row]
      total += counts[row]
    }
    return total > 0 ? sums.reduce(0) { $0 + abs($1) } / Double(total) : .nan
  }
}

/// Static calibration error: the same of every class's own probability, averaged over classes.
///
///     SCE = 1/(N C) Σ_c Σ_b |B_cb| · |freq(B_cb) − conf(B_cb)|
///
/// freq is the share of class c among the rows of the bin. Probabilities of exactly zero are in no bin.
/// Source: Nixon et al. 2019; Ashukha et al. 2020, the authors' code.
struct StaticCalibrationError: Sendable {
  private let classes: Int
  private let labels: [Int]
  private let probabilities: [Double]
  /// Bin of each entry; `none` for zeros.
  private let bins: [UInt8]
  private static let none = UInt8.max

  init(_ table: PredictionTable) {
    classes = table.classes
    labels = table.labels
    probabilities = table.probabilities
    bins = table.probabilities.map { EqualWidthBins.index($0).map { UInt8($0) } ?? Self.none }
  }

  /// The error with row i counted `counts[i]` times; NaN where none counts.
  func value(counts: [Int]) -> Double {
    var sums = [Double](repeating: 0, count: classes * EqualWidthBins.count)
    var total = 0
    for row in labels.indices where counts[row] > 0 {
      let weight = Double(counts[row])
      total += counts[row]
      for c in 0..<classes {
        let entry = row * classes + c
        guard bins[entry] != Self.none else { continue }
        sums[c * EqualWidthBins.count + Int(bins[entry])] += weight * probabilities[entry]
      }
      let own = bins[row * classes + labels[row]]
      guard own != Self.none else { continue }
      sums[labels[row] * EqualWidthBins.count + Int(own)] -= weight
    }
    return total > 0 ? sums.reduce(0) { $0 + abs($1) } / Double(total * classes) : .nan
  }
}
