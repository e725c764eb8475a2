import Compute

/// Retrieval by the cosine of embeddings.
public struct NearestNeighbours: Sendable {
  private let database: Matrix<Float>
  private let labels: [Int32]

  /// - Parameters:
  ///   - embeddings: what is searched, `[N, features]`.
  ///   - labels: class of each.
  public init(_ embeddings: Matrix<Float>, labels: [Int32]) {
    precondition(embeddings.rows == labels.count && !labels.isEmpty, "labels: one per row")
    database = Self.directions(embeddings)
    self.labels = labels
  }

  /// The places of the `count` nearest of each query, nearest first; of equal ones the earlier comes first.
  public func nearest(_ count: Int, to queries: Matrix<Float>) -> [[Int]] {
    precondition((1...labels.count).contains(count), "count: 1 to \(labels.count)")
    let queries = Self.directions(queries)
    var found: [[Int]] = []
    for start in stride(from: 0, to: queries.rows, by: 256) {
      let rows = start..<min(start + 256, queries.rows)
      let part = Matrix<Float>(
        rows: rows.count, columns: queries.columns,
        Array(
          queries.elements[rows.lowerBound * queries.columns..<rows.upperBound * queries.columns]))
      let cosines = part.timesTransposed(database)
      for row in 0..<rows.count {
        found.append(
          Self.largest(
            count, cosines.elements[row * labels.count..<(row + 1) * labels.count]))
      }
    }
    return found
  }

  /// Share of the nearest `count` that have the query's label, mean over queries.
  public func precision(
    at counts: [Int], of queries: Matrix<Float>, labels own: [Int32]
  ) -> [Int: Double] {
    precondition(own.count == queries.rows && !own.isEmpty, "labels: one per query")
    guard let most = counts.max() else { return [:] }
    let found = nearest(most, to: queries)
    var shares: [Int: Double] = [:]
    for count in counts {
      var right = 0
      for (places, label) in zip(found, own) {
        right += places.prefix(count).count { labels[$0] == label }
      }
      shares[count] = Double(right) / Double(count * own.count)
    }
    return shares
  }

  /// Rows of length one.
  private static func directions(_ table: Matrix<Float>) -> Matrix<Float> {
    var result = table
    for row in 0..<table.rows {
      let places = row * table.columns..<(row + 1) * table.columns
      var squares = 0.0
      for place in places {
        squares += Double(table.elements[place]) * Double(table.elements[place])
      }
      let inverse = Float(1 / max(squares.squareRoot(), 1e-12))
      for place in places { result.elements[place] *= inverse }
    }
    return result
  }

  private static func largest(_ count: Int, _ values: ArraySlice<Float>) -> [Int] {
    // Few are asked for: kept sorted, and most numbers end at the first comparison.
    var kept: [(value: Float, place: Int)] = []
    for (place, value) in values.enumerated() {
      if kept.count == count, value <= kept[count - 1].value { continue }
      let position = kept.firstIndex { $0.value < value } ?? kept.count
      kept.insert((value, place), at: position)
      if kept.count > count { kept.removeLast() }
    }
    return kept.map(\.place)
  }
}
