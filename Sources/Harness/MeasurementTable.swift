import Files

/// `measurements.csv` of a report: same rows, same bytes.
public enum MeasurementTable {
  /// Columns `experiment,tier,<factors, coordinates>,seed,metric,value,unit`.
  public static func encode(_ results: Results) -> String {
    let table = CSVTable(
      header: ["experiment", "tier"] + results.columns + ["seed", "metric", "value", "unit"],
      rows: results.rows.map { row in
        [results.experiment, results.tier.rawValue]
          + results.columns.map { row.columns[$0] ?? "" }
          + [String(row.seed), row.metric, CSV.number(row.value), row.unit]
      })
    return CSV.encode(table)
  }
}
