import Harness
import Metrics
import Reports

/// Curves over epochs: ours, mean over seeds with a band, and a paper's.
struct EpochCurves {
  let report: ReportData
  /// The coordinate they run over, where it is not the epoch.
  var over = "epoch"

  /// Ours of a metric at a place; nil where nothing was measured.
  func ours(
    _ metric: String, _ place: [String: String], name: String, style: Int, factor: Double = 1
  ) -> Curve? {
    var byEpoch: [Int: [Double]] = [:]
    for row in report.results.rows(metric: metric, where: place) {
      guard let epoch = row.columns[over].flatMap(Int.init) else { continue }
      byEpoch[epoch, default: []].append(factor * row.value)
    }
    guard !byEpoch.isEmpty else { return nil }
    return Curve(
      name, styleIndex: style,
      data: byEpoch.sorted { $0.key < $1.key }.map { epoch, values in
        Datum(x: Double(epoch), y: mean(values), yInterval: interval(values))
      })
  }

  /// The paper's at a place; nil where nothing is printed.
  func printed(
    _ metric: String, _ place: [String: String], name: String, style: Int
  ) -> Curve? {
    let data = report.references.references.compactMap { reference -> Datum? in
      guard reference.metric == metric,
        let epoch = reference.place[over].flatMap(Double.init),
        place.allSatisfy({ (reference.place[$0.key] ?? "") == $0.value })
      else { return nil }
      return Datum(x: epoch, y: reference.printed.value)
    }
    guard !data.isEmpty else { return nil }
    return Curve(name, styleIndex: style, data: data.sorted { $0.x < $1.x })
  }

  /// 95 % interval of the mean over seeds; nil for one seed.
  func interval(_ values: [Double]) -> Reports.Interval? {
    confidenceInterval(ofMean: values, level: 0.95).map { Reports.Interval($0.low, $0.high) }
  }

  /// Mean and deviation over seeds of a number of whole trials.
  func quantity(_ metric: String, _ place: [String: String], digits: Int) -> Quantity? {
    let values = report.results.values(metric: metric, where: place).map(\.value)
    return values.isEmpty
      ? nil
      : Quantity(
        mean(values), spread: values.count > 1 ? standardDeviation(values) : nil, digits: digits)
  }

  /// The cell of a number of ours with the paper's beside it.
  func compared(_ metric: String, _ place: [String: String], digits: Int) -> TableCell {
    let printed =
      report.references.references.first { reference in
        reference.metric == metric
          && place.allSatisfy { (reference.place[$0.key] ?? "") == $0.value }
      }?.printed.text ?? ""
    guard let ours = quantity(metric, place, digits: digits) else {
      return printed.isEmpty ? .none : .text("(\(printed))")
    }
    return .compared(ours, paper: printed)
  }

  /// Number of different seeds.
  var seeds: Int { Set(report.results.rows.map(\.seed)).count }

  /// What lines and bands mean.
  var note: String {
    seeds > 1
      ? "Lines: mean over \(seeds) seeds; bands: 95 % confidence interval of the mean."
      : "One seed."
  }
}
