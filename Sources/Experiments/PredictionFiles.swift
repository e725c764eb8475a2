import Files
import Foundation
import Metrics

/// Predictions and labels in npy files, from whatever program, checked entry by entry.
public struct PredictionFiles: Sendable {
  /// What the numbers of the first file are.
  public enum Kind: String, Sendable {
    /// Anything up to a constant per row, so log-probabilities too.
    case logits
    /// Probabilities, whose rows sum to one.
    case probabilities
  }

  /// The predictions, averaged over the members of an ensemble, with their labels.
  public let table: PredictionTable
  /// Shape of the file: `[N, C]`, or `[S, N, C]` for an ensemble.
  public let shape: [Int]
  /// S; 1 for a single table.
  public var members: Int { shape.count == 3 ? shape[0] : 1 }

  /// Reads predictions `[N, C]` or `[S, N, C]` and labels `[N]`.
  ///
  /// Probabilities of one table are taken as they are; those of an ensemble, and logits, become log p̄ with rows that sum
  /// to one exactly.
  ///
  /// - Throws: `FileError` that names file and entry: numbers that are not finite, negative probabilities, rows that do not
  ///   sum to one within 10⁻⁴ (2 · 10⁻³ of half precision), shapes that do not go together or have fewer than two
  ///   rows or classes, labels that are no integers or not below C.
  public init(_ kind: Kind, _ predictions: URL, labels: URL) throws(FileError) {
    let npy = try NPY.read(predictions)
    let name = predictions.path
    guard [.f2, .f4, .f8].contains(npy.elementType) else {
      throw FileError(
        .malformed, path: name, expected: "floating-point numbers (f2, f4 or f8)",
        found: npy.elementType.rawValue)
    }
    let shape = npy.shape
    self.shape = shape
    guard shape.count == 2 || shape.count == 3 else {
      throw FileError(
        .malformed, path: name, expected: "shape [N, C] or [S, N, C]", found: "\(shape)")
    }
    let members = shape.count == 3 ? shape[0] : 1
    let (rows, classes) = (shape[shape.count - 2], shape[shape.count - 1])
    guard members > 0, rows > 1, classes > 1 else {
      throw FileError(
        .malformed, path: name, expected: "at least 2 rows and 2 classes", found: "shape \(shape)")
    }
    let numbers = npy.doubles()
    let isHalf = npy.elementType == .f2
    for start in 0..<(members * rows) {
      try Self.check(
        numbers[start * classes..<(start + 1) * classes], kind, tolerance: isHalf ? 2e-3 : 1e-4,
        path: name
      ) { column in
        .row(start % rows, column: column, member: shape.count == 3 ? start / rows : nil)
      }
    }
    let known = try Self.labels(labels, rows: rows, classes: classes, predictions: npy, name)
    if members == 1 && kind == .probabilities {
      table = PredictionTable(probabilities: numbers, classes: classes, labels: known)
      return
    }
    var average = EnsembleAverage(entries: rows * classes)
    for member in 0..<members {
      let part = numbers[member * rows * classes..<(member + 1) * rows * classes]
      average.add(
        logProbabilities: kind == .probabilities
          ? part.map { log($0) }
          : PredictionTable(logits: Array(part), classes: classes, labels: known).logProbabilities)
    }
    table = PredictionTable(logits: average.logProbabilities, classes: classes, labels: known)
  }

  /// Throws what is wrong with one row; `place` says where a column of it is.
  private static func check(
    _ row: ArraySlice<Double>, _ kind: Kind, tolerance: Double, path: String,
    place: (Int?) -> FileError.Place
  ) throws(FileError) {
    var sum = 0.0
    for (column, number) in row.enumerated() {
      guard number.isFinite else {
        throw FileError(
          .malformed, path: path, at: place(column), expected: "a finite number",
          found: "\(number)")
      }
      if kind == .probabilities && number < 0 {
        throw FileError(
          .malformed, path: path, at: place(column), expected: "a probability, 0 or more",
          found: "\(number)")
      }
      sum += number
    }
    if kind == .probabilities && abs(sum - 1) > tolerance {
      throw FileError(
        .malformed, path: path, at: place(nil),
        expected: "probabilities that sum to 1 within \(tolerance)", found: "\(sum)")
    }
  }

  private static func labels(
    _ url: URL, rows: Int, classes: Int, predictions: NPY, _ name: String
  ) throws(FileError) -> [Int] {
    let npy = try NPY.read(url)
    guard npy.shape == [rows] else {
      let other = name.split(separator: "/").last.map(String.init) ?? name
      throw FileError(
        .malformed, path: url.path,
        expected: "shape [\(rows)] to go with \(predictions.shape) of \(other)",
        found: "\(npy.shape)")
    }
    guard npy.elementType != .bool, let labels = npy.integers() else {
      throw FileError(
        .malformed, path: url.path, expected: "integers", found: npy.elementType.rawValue)
    }
    for (row, label) in labels.enumerated() where !(0..<classes).contains(label) {
      throw FileError(
        .malformed, path: url.path, at: .row(row), expected: "a label in 0 ..< \(classes)",
        found: "\(label)")
    }
    return labels
  }
}
