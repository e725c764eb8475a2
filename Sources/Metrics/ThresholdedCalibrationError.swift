/// Thresholded adaptive calibration error: like the static one, in bins of equal mass, without tiny probabilities.
///
///     TACE = 1/(N C) Σ_c Σ_b |B_cb| · |freq(B_cb) − conf(B_cb)|
///
/// Of every class, the rows with p > 10⁻³ are sorted by p (equal ones stay in the table's order) and cut into 15 bins of
/// ⌊n/15⌋ rows; the last takes the rest too. Source: Nixon et al. 2019; Ashukha et al. 2020, the authors' code.
struct ThresholdedCalibrationError: Sendable {
  static let threshold = 1e-3
  static let bins = 15

  private let classes: Int
  /// Where the entries of each class begin; one more than classes.
  private let starts: [Int]
  private let rows: [Int32]
  /// Probability minus one for the label's class, of each entry.
  private let gaps: [Double]

  init(_ table: PredictionTable) {
    classes = table.classes
    var starts = [0]
    var rows: [Int32] = []
    var gaps: [Double] = []
    for c in 0..<table.classes {
      var own = (0..<table.count).filter {
        table.probabilities[$0 * table.classes + c] > Self.threshold
      }
      own.sort { a, b in
        let (p, q) = (
          table.probabilities[a * table.classes + c], table.probabilities[b * table.classes + c]
        )
        return p != q ? p < q : a < b
      }
      for row in own {
        rows.append(Int32(row))
        gaps.append(
          table.probabilities[row * table.classes + c] - (table.labels[row] == c ? 1 : 0))
      }
      starts.append(rows.count)
    }
    (self.starts, self.rows, self.gaps) = (starts, rows, gaps)
  }

  /// The error with row i counted `counts[i]` times; NaN where none counts.
  func value(counts: [Int]) -> Double {
    let total = counts.reduce(0, +)
    guard total > 0 else { return .nan }
    var sum = 0.0
    for c in 0..<classes {
      let entries = starts[c]..<starts[c + 1]
      var mass = 0
      for entry in entries { mass += counts[Int(rows[entry])] }
      let size = mass / Self.bins
      // Rows still to come in the bin at hand, and what has gathered in it.
      var (bin, room, gathered) = (0, size, 0.0)
      if size == 0 { (bin, room) = (Self.bins - 1, mass) }
      for entry in entries {
        var left = counts[Int(rows[entry])]
        while left > 0 {
          if room == 0 {
            sum += abs(gathered)
            (bin, gathered) = (bin + 1, 0)
            room = bin == Self.bins - 1 ? mass - bin * size : size
          }
          let taken = min(left, room)
          gathered += Double(taken) * gaps[entry]
          (left, room) = (left - taken, room - taken)
        }
      }
      sum += abs(gathered)
    }
    return sum / Double(total * classes)
  }
}
