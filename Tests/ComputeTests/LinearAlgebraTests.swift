import Compute
import Foundation
import Testing

/// Products, Cholesky and eigenvalues against definitions and matrices with known answers.
struct LinearAlgebraTests {
  private func random(_ rows: Int, _ columns: Int, _ name: String) -> Matrix<Double> {
    var generator = RandomStream(seed: 1, name).generator
    return Matrix(
      rows: rows, columns: columns, (0..<rows * columns).map { _ in generator.normal() })
  }
  private func distance(_ a: Matrix<Double>, _ b: Matrix<Double>) -> Double {
    zip(a.elements, b.elements).map { abs($0 - $1) }.max() ?? 0
  }

  @Test(arguments: [(1, 1, 1), (3, 4, 5), (17, 1, 33), (64, 65, 2), (2, 100, 3)])
  func products(_ m: Int, _ k: Int, _ n: Int) {
    let (a, b) = (random(m, k, "a"), random(k, n, "b"))
    var expected = Matrix<Double>(rows: m, columns: n)
    for i in 0..<m { for j in 0..<n { for l in 0..<k { expected[i, j] += a[i, l] * b[l, j] } } }
    #expect(distance(a * b, expected) < 1e-13 * Double(k))
    let single =
      Matrix(rows: m, columns: k, a.elements.map(Float.init))
      * Matrix(rows: k, columns: n, b.elements.map(Float.init))
    let widened = Matrix(rows: m, columns: n, single.elements.map(Double.init))
    #expect(distance(widened, expected) < 4e-6 * Double(k).squareRoot())
  }

  @Test func emptyProducts() {
    let none = Matrix<Double>(rows: 2, columns: 0) * Matrix<Double>(rows: 0, columns: 3)
    #expect(none == Matrix(rows: 2, columns: 3))
  }

  @Test(arguments: [1, 2, 7, 40])
  func choleskyFactorsAndSolves(_ order: Int) throws {
    let b = random(order, order + 2, "b")
    let a = b * b.transposed
    let factor = try a.cholesky()
    #expect(distance(factor.lower * factor.lower.transposed, a) < 1e-12 * Double(order))
    for i in 0..<order {
      #expect(factor.lower[i, i] > 0)
      for j in i + 1..<max(order, i + 1) { #expect(factor.lower[i, j] == 0) }
    }
    let right = random(order, 3, "right")
    let x = factor.solve(right)
    let size = x.elements.map { abs($0) }.max()! * a.elements.map { abs($0) }.max()!
    #expect(distance(a * x, right) < 1e-13 * Double(order) * size)
    let eigen = try a.symmetricEigen()
    let logDeterminant = eigen.values.reduce(0) { $0 + log($1) }
    #expect(abs(factor.logDeterminant - logDeterminant) < 1e-9 * Double(order))
  }

  /// The factor of the matrix min(i, j) is the triangle of ones.
  @Test func choleskyOfAKnownMatrix() throws {
    var a = Matrix<Double>(rows: 5, columns: 5)
    // The upper triangle stays zero: it is not read.
    for i in 0..<5 { for j in 0...i { a[i, j] = Double(j + 1) } }
    let lower = try a.cholesky().lower
    for i in 0..<5 { for j in 0..<5 { #expect(abs(lower[i, j] - (j <= i ? 1 : 0)) < 1e-15) } }
  }

  @Test func errorsSayWhatIsWrong() throws {
    var a = Matrix<Double>.identity(4)
    a[2, 2] = -1
    #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 3)) { try a.cholesky() }
    let singular = Matrix<Double>(rows: 2, columns: 2, [0, 0, 0, 0])
    #expect(throws: LinearAlgebraError.notPositiveDefinite(order: 1)) { try singular.cholesky() }
    a[2, 1] = .nan
    #expect(throws: LinearAlgebraError.notFinite(row: 2, column: 1)) { try a.cholesky() }
    #expect(throws: LinearAlgebraError.notFinite(row: 2, column: 1)) { try a.symmetricEigen() }
    #expect(
      LinearAlgebraError.notPositiveDefinite(order: 3).description
        == "matrix: expected positive definite, found a leading minor of order 3 that is not positive"
    )
  }

  /// The second difference: eigenvalues 2 - 2 cos(k pi / (n + 1)).
  @Test(arguments: [1, 2, 5, 60])
  func eigenvaluesOfTheSecondDifference(_ order: Int) throws {
    var a = Matrix<Double>(rows: order, columns: order)
    for i in 0..<order {
      a[i, i] = 2
      if i > 0 { (a[i, i - 1], a[i - 1, i]) = (-1, -1) }
    }
    let (values, vectors) = try a.symmetricEigen()
    for (k, value) in values.enumerated() {
      let expected = 2 - 2 * cos(Double(k + 1) * .pi / Double(order + 1))
      #expect(abs(value - expected) < 1e-13)
    }
    #expect(distance(vectors * vectors.transposed, .identity(order)) < 1e-13)
    var scaled = vectors
    for i in 0..<order { for j in 0..<order { scaled[i, j] *= values[i] } }
    #expect(distance(vectors.transposed * scaled, a) < 1e-13)
  }

  @Test func theLibraryNamesItself() {
    #expect(OpenBLAS.configuration.contains("OpenBLAS"))
    #expect(!OpenBLAS.core.isEmpty)
    #expect(OpenBLAS.threads >= 1)
  }
}
