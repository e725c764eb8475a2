import Compute

/// Examples in rows and the class of each.
public struct LabelledRows {
  /// The features.
  public let table: RowTable
  /// One class per row, from 0.
  public let labels: [Int32]
  /// Number of examples.
  public var count: Int { labels.count }

  /// One label per row.
  public init(_ table: RowTable, _ labels: [Int32]) {
    precondition(table.rows == labels.count, "\(labels.count) labels for \(table.rows) rows")
    precondition(labels.allSatisfy { $0 >= 0 }, "a label below zero")
    self.table = table
    self.labels = labels
  }
}
