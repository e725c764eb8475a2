import COpenBLAS
import Foundation

/// A dense matrix, row by row.
public struct Matrix<Scalar: BinaryFloatingPoint & Sendable>: Equatable, Sendable {
  /// Number of rows.
  public let rows: Int
  /// Number of columns.
  public let columns: Int
  /// All elements, row by row.
  public var elements: [Scalar]

  /// A matrix over `rows * columns` elements, row by row.
  public init(rows: Int, columns: Int, _ elements: [Scalar]) {
    precondition(
      rows >= 0 && columns >= 0 && elements.count == rows * columns, "\(rows) x \(columns)")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }
  /// A matrix of one number.
  public init(rows: Int, columns: Int, repeating value: Scalar = 0) {
    self.init(rows: rows, columns: columns, Array(repeating: value, count: rows * columns))
  }
  /// Ones on the diagonal.
  public static func identity(_ order: Int) -> Matrix {
    var matrix = Matrix(rows: order, columns: order)
    for i in 0..<order { matrix[i, i] = 1 }
    return matrix
  }

  /// The element of a row and a column.
  public subscript(_ row: Int, _ column: Int) -> Scalar {
    get {
      precondition(column >= 0 && column < columns, "column \(column) of \(columns)")
      return elements[row * columns + column]
    }
    set {
      precondition(column >= 0 && column < columns, "column \(column) of \(columns)")
      elements[row * columns + column] = newValue
    }
  }

  /// Rows become columns.
  public var transposed: Matrix {
    var result = Matrix(rows: columns, columns: rows)
    for i in 0..<rows { for j in 0..<columns { result[j, i] = self[i, j] } }
    return result
  }
}

/// What keeps a decomposition from existing.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  /// The leading minor of this order is not positive.
  case notPositiveDefinite(order: Int)
  /// An element is infinite or not a number.
  case notFinite(row: Int, column: Int)
  /// So many off-diagonal elements did not converge to zero.
  case noConvergence(Int)

  /// One line.
  public var description: String {
    switch self {
    case .notPositiveDefinite(let order):
      "matrix: expected positive definite, found a leading minor of order \(order) that is not positive"
    case .notFinite(let row, let column):
      "matrix: expected finite elements, found none at row \(row), column \(column)"
    case .noConvergence(let count):
      "matrix: eigenvalues did not converge, \(count) off-diagonal elements left"
    }
  }
}

extension Matrix where Scalar == Float {
  /// The product, in single precision (`sgemm`).
  public static func * (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.columns == b.rows, "\(a.rows) x \(a.columns) times \(b.rows) x \(b.columns)")
    var result = Matrix(rows: a.rows, columns: b.columns)
    guard a.columns > 0, !result.elements.isEmpty else { return result }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(a.rows), blasint(b.columns),
      blasint(a.columns), 1, a.elements, blasint(a.columns), b.elements, blasint(b.columns), 0,
      &result.elements, blasint(b.columns))
    return result
  }
}

extension Matrix where Scalar == Float {
  /// Some rows of this matrix times another, written over `product` `[rows, right.columns]`.
  public func multiply(rows range: Range<Int>, by right: Matrix, into product: inout Matrix) {
    precondition(
      range.upperBound <= rows && columns == right.rows && product.rows >= range.count
        && product.columns == right.columns,
      "rows \(range) of \(rows) x \(columns) times \(right.rows) x \(right.columns)")
    guard !range.isEmpty, columns > 0 else { return }
    elements.withUnsafeBufferPointer { own in
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(range.count), blasint(right.columns),
        blasint(columns), 1, own.baseAddress! + range.lowerBound * columns, blasint(columns),
        right.elements, blasint(right.columns), 0, &product.elements, blasint(right.columns))
    }
  }

  /// Adds the transpose of some rows of this matrix times another `[rows, K]` to `sum` `[columns, K]`.
  public func addTransposed(rows range: Range<Int>, times right: Matrix, to sum: inout Matrix) {
    precondition(
      range.upperBound <= rows && right.rows >= range.count && sum.rows == columns
        && sum.columns == right.columns,
      "rows \(range) of \(rows) x \(columns), transposed, times \(right.rows) x \(right.columns)")
    guard !range.isEmpty, columns > 0 else { return }
    elements.withUnsafeBufferPointer { own in
      cblas_sgemm(
        CblasRowMajor, CblasTrans, CblasNoTrans, blasint(columns), blasint(right.columns),
        blasint(range.count), 1, own.baseAddress! + range.lowerBound * columns, blasint(columns),
        right.elements, blasint(right.columns), 1, &sum.elements, blasint(right.columns))
    }
  }

  /// The product with a matrix's transpose, `A Bᵀ`, in single precision.
  public func timesTransposed(_ other: Matrix) -> Matrix {
    precondition(columns == other.columns, "\(columns) columns, \(other.columns)")
    var result = Matrix(rows: rows, columns: other.rows)
    guard columns > 0, !result.elements.isEmpty else { return result }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(other.rows),
      blasint(columns), 1, elements, blasint(columns), other.elements, blasint(columns), 0,
      &result.elements, blasint(other.rows))
    return result
  }

  /// The lower triangle of `Aᵀ A`, zeros above it, summed in single precision (`ssyrk`).
  public var gram: Matrix {
    var result = Matrix(rows: columns, columns: columns)
    guard rows > 0, columns > 0 else { return result }
    cblas_ssyrk(
      CblasRowMajor, CblasLower, CblasTrans, blasint(columns), blasint(rows), 1, elements,
      blasint(columns), 0, &result.elements, blasint(columns))
    return result
  }
}

extension Matrix where Scalar == Double {
  /// The product, in double precision (`dgemm`).
  public static func * (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.columns == b.rows, "\(a.rows) x \(a.columns) times \(b.rows) x \(b.columns)")
    var result = Matrix(rows: a.rows, columns: b.columns)
    guard a.columns > 0, !result.elements.isEmpty else { return result }
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(a.rows), blasint(b.columns),
      blasint(a.columns), 1, a.elements, blasint(a.columns), b.elements, blasint(b.columns), 0,
      &result.elements, blasint(b.columns))
    return result
  }

  private func checkFinite() throws(LinearAlgebraError) {
    if let place = elements.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(row: place / columns, column: place % columns)
    }
  }

  /// The Cholesky factor `A = L Lᵀ` of a symmetric matrix; only its lower triangle is read.
  ///
  /// - Throws: `notPositiveDefinite`, `notFinite`.
  public func cholesky() throws(LinearAlgebraError) -> CholeskyFactor {
    precondition(rows == columns, "\(rows) x \(columns) is not square")
    try checkFinite()
    var lower = self
    var info: Int32 = 0
    if rows > 0 {
      var order = Int32(rows)
      var leading = order
      // The lower triangle by rows is the upper one by columns.
      dpotrf_("U", &order, &lower.elements, &leading, &info, 1)
    }
    if info > 0 { throw .notPositiveDefinite(order: Int(info)) }
    for i in 0..<rows { for j in i + 1..<max(columns, i + 1) { lower[i, j] = 0 } }
    return CholeskyFactor(lower: lower)
  }

  /// Eigenvalues in rising order and unit eigenvectors, one a row, of a symmetric matrix; only its lower triangle is
  /// read: `A = Vᵀ diag(values) V`.
  ///
  /// - Throws: `notFinite`, `noConvergence`.
  public func symmetricEigen() throws(LinearAlgebraError) -> (values: [Double], vectors: Matrix) {
    precondition(rows == columns, "\(rows) x \(columns) is not square")
    try checkFinite()
    guard rows > 0 else { return ([], self) }
    var vectors = self
    var values = [Double](repeating: 0, count: rows)
    var order = Int32(rows)
    var leading = order
    var info: Int32 = 0
    // First call: how much scratch memory; second: the work.
    var work = [0.0]
    var integers: [Int32] = [0]
    var (workCount, integerCount): (Int32, Int32) = (-1, -1)
    dsyevd_(
      "V", "U", &order, &vectors.elements, &leading, &values, &work, &workCount, &integers,
      &integerCount,
      &info, 1, 1)
    workCount = Int32(work[0])
    integerCount = integers[0]
    work = Array(repeating: 0, count: Int(workCount))
    integers = Array(repeating: 0, count: Int(integerCount))
    dsyevd_(
      "V", "U", &order, &vectors.elements, &leading, &values, &work, &workCount, &integers,
      &integerCount,
      &info, 1, 1)
    if info > 0 { throw .noConvergence(Int(info)) }
    return (values, vectors)
  }
}

/// The lower triangular `L` of `A = L Lᵀ`, to solve with.
public struct CholeskyFactor: Equatable, Sendable {
  /// L, zeros above its diagonal.
  public let lower: Matrix<Double>

  /// `X` of `A X = B`, columns of B being the right-hand sides.
  public func solve(_ right: Matrix<Double>) -> Matrix<Double> {
    precondition(right.rows == lower.rows, "\(right.rows) rows for order \(lower.rows)")
    guard !right.elements.isEmpty else { return right }
    var columns = right.transposed
    var order = Int32(lower.rows)
    var count = Int32(right.columns)
    var (leading, rightLeading) = (order, order)
    var info: Int32 = 0
    dpotrs_(
      "U", &order, &count, lower.elements, &leading, &columns.elements, &rightLeading, &info, 1)
    return columns.transposed
  }

  /// `L⁻¹ B`, or `L⁻ᵀ B` where transposed.
  public func halfSolve(_ right: Matrix<Double>, transposed: Bool = false) -> Matrix<Double> {
    precondition(right.rows == lower.rows, "\(right.rows) rows for order \(lower.rows)")
    var result = right
    guard !right.elements.isEmpty else { return right }
    cblas_dtrsm(
      CblasRowMajor, CblasLeft, CblasLower, transposed ? CblasTrans : CblasNoTrans, CblasNonUnit,
      blasint(right.rows), blasint(right.columns), 1, lower.elements, blasint(lower.columns),
      &result.elements, blasint(right.columns))
    return result
  }

  /// log det A = 2 Σ log L[i, i].
  public var logDeterminant: Double {
    (0..<lower.rows).reduce(0) { $0 + 2 * Foundation.log(lower[$1, $1]) }
  }
}

/// The OpenBLAS that the process has loaded, for provenance.
public enum OpenBLAS {
  /// Version and build options.
  public static var configuration: String { String(cString: openblas_get_config()) }
  /// The processor its kernels are for.
  public static var core: String { String(cString: openblas_get_corename()) }
  /// Threads it may use.
  public static var threads: Int { Int(openblas_get_num_threads()) }
  /// Sets how many threads it may use; one makes results independent of the machine's load.
  public static func setThreads(_ count: Int) {
    precondition(count > 0, "at least one thread")
    openblas_set_num_threads(Int32(count))
  }
}
