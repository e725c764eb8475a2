/// Area under the risk–coverage curve: the mean error of the most confident rows, over 1000 levels of coverage.
///
///     AURC = 1/1000 Σ_k error of the ⌈k N / 1000⌉ most confident rows,  k = 1 … 1000
///
/// Rows of equal confidence, to 10⁻¹², have no order; each counts as the mean of them, which is what a random order gives
/// on average. Source: Geifman et al. 2019; Ashukha et al. 2020, section 3.
struct RiskCoverage: Sendable {
  static let levels = 1000
  /// The same numbers in another order have a softmax that differs by rounding.
  static let rounding = 1e-12

  /// Rows from the most to the least confident.
  private let order: [Int]
  /// For each place in `order`, whether a new confidence begins there.
  private let isFirst: [Bool]
  private let errors: [Double]

  init(_ table: PredictionTable) {
    let confidences = table.confidences
    let order = confidences.indices.sorted {
      confidences[$0] != confidences[$1] ? confidences[$0] > confidences[$1] : $0 < $1
    }
    isFirst = order.indices.map {
      $0 == 0 || confidences[order[$0 - 1]] - confidences[order[$0]] > Self.rounding
    }
    self.order = order
    errors = table.rowErrors
  }

  /// The area with row i counted `counts[i]` times; NaN where none counts.
  func value(counts: [Int]) -> Double {
    let total = counts.reduce(0, +)
    guard total > 0 else { return .nan }
    var sum = 0.0
    var level = 1
    // Rows and errors before the group of equal confidences at hand.
    var (before, wrongBefore) = (0, 0.0)
    var place = 0
    while place < order.count {
      var (size, wrong) = (0, 0.0)
      repeat {
        let row = order[place]
        size += counts[row]
        wrong += Double(counts[row]) * errors[row]
        place += 1
      } while place < order.count && !isFirst[place]
      while level <= Self.levels {
        let kept = (level * total + Self.levels - 1) / Self.levels
        guard kept <= before + size else { break }
        let share = Double(kept - before) / Double(size)
        sum += (wrongBefore + share * wrong) / Double(kept)
        level += 1
      }
      (before, wrongBefore) = (before + size, wrongBefore + wrong)
    }
    return sum / Double(Self.levels)
  }
}
