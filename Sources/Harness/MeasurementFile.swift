import Files
import Foundation

/// A trial's own `measurements.csv`: `metric`, one column per coordinate, `value`, `unit`, in recorded order.
enum MeasurementFile {
  private static let fixed: Set<String> = ["metric", "value", "unit"]

  static func text(_ rows: [Measurement]) -> String {
    let coordinates = columnOrder(
      factors: [], coordinates: Set(rows.flatMap { $0.coordinates.keys }))
    let table = CSVTable(
      header: ["metric"] + coordinates + ["value", "unit"],
      rows: rows.map { row in
        [row.metric] + coordinates.map { row.coordinates[$0] ?? "" }
          + [CSV.number(row.value), row.unit]
      })
    return CSV.encode(table)
  }

  static func read(_ url: URL) throws -> [Measurement] {
    try CSVRow.read(url).rows.map { row in
      Measurement(
        metric: try row.required("metric"),
        coordinates: row.fields.filter { !fixed.contains($0.key) && !$0.value.isEmpty },
        value: try row.number("value"), unit: row["unit"] ?? "")
    }
  }
}
