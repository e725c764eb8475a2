import Foundation

/// Temperature scaling: p becomes softmax(log p / T). Source: Guo et al. 2017, section 4.2.
public enum Temperature {
  /// Where T is looked for. Rows that are all right with room to spare want none above zero, useless ones want infinity.
  public static let range = 0.01...100.0

  /// The T that minimises −1/n Σ log(p_T(label) + 10⁻¹²) over some rows of a table, to 10⁻⁵ of itself.
  ///
  /// The search walks downhill from T = 1 until the slope turns, then closes in on its zero by false position (Illinois).
  /// Without the 10⁻¹² the loss is convex in 1/T, so the minimum is the only one.
  ///
  /// - Parameter rows: of the table; not empty.
  public static func fitted(_ table: PredictionTable, rows: [Int]) -> Double {
    precondition(!rows.isEmpty, "a temperature needs rows")
    let tops = rows.map { row in
      table.logProbabilities[row * table.classes + table.predictions[row]]
    }
    func slope(_ logT: Double) -> Double {
      Self.slope(table, rows: rows, tops: tops, inverse: exp(-logT))
    }
    let start = slope(0)
    if start == 0 { return 1 }
    // A positive slope sends T down.
    let sign = start > 0 ? -1.0 : 1.0
    let end = log(sign < 0 ? range.lowerBound : range.upperBound)
    var (near, nearSlope) = (0.0, start)
    var (far, farSlope) = (0.0, start)
    var step = 0.1
    while farSlope * start > 0 {
      if far == end { return exp(end) }
      (near, nearSlope) = (far, farSlope)
      far = sign < 0 ? max(end, far - step) : min(end, far + step)
      farSlope = slope(far)
      step *= 2
    }
    while abs(far - near) > 1e-5 && farSlope != 0 {
      let middle = near - nearSlope * (far - near) / (farSlope - nearSlope)
      let value = slope(middle)
      if value * farSlope < 0 {
        (near, nearSlope) = (far, farSlope)
      } else {
        // The near end stays a second time: half its weight keeps the search from creeping.
        nearSlope /= 2
      }
      if abs(middle - far) < 1e-6 { return exp(middle) }
      (far, farSlope) = (middle, value)
    }
    return exp(far)
  }

  /// Slope of the mean loss in log T, at 1/T = β: β · mean of w (log p_y − E_T log p), w = p_T(y) / (p_T(y) + 10⁻¹²).
  ///
  /// - Parameter tops: largest log-probability of each row.
  private static func slope(
    _ table: PredictionTable, rows: [Int], tops: [Double], inverse: Double
  ) -> Double {
    let classes = table.classes
    var slope = 0.0
    for (index, row) in rows.enumerated() {
      let top = tops[index]
      var (sum, moment) = (0.0, 0.0)
      for entry in row * classes..<(row + 1) * classes {
        let below = table.logProbabilities[entry] - top
        // Less than half a unit in the last place of the sum, which is at least one.
        guard below * inverse > -45 else { continue }
        let weight = exp(below * inverse)
        sum += weight
        moment += weight * below
      }
      let own = table.logProbabilities[row * classes + table.labels[row]] - top
      let probability = exp(own * inverse) / sum
      guard probability > 0 else { continue }
      slope +=
        probability / (probability + PredictionTable.likelihoodFloor) * (own - moment / sum)
    }
    return inverse * slope / Double(rows.count)
  }
}
