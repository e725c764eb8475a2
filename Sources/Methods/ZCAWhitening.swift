import Compute
import Datasets

/// Zero-phase whitening (Bell and Sejnowski 1997): pixels become nearly uncorrelated, the more so the smaller ε, and
/// pictures still look like pictures.
///
/// `y = U (Λ + ε)^{-1/2} Uᵀ (x - mean)` with `U Λ Uᵀ` the covariance of the training pixels and `ε` a share of their mean
/// variance, which keeps directions of next to no variance from being blown up.
public struct ZCAWhitening: Sendable {
  /// `[C · H · W]`, pixels / 255.
  public let mean: MeanImage
  /// Symmetric, `[C · H · W, C · H · W]`.
  let matrix: Matrix<Float>

  /// The whitening of a training set.
  ///
  /// - Parameter share: ε over the mean variance of a pixel. Pictures scaled to unit variance and `filter_bias` 0.1, as
  ///   pylearn2 has it, come to 0.1.
  /// - Throws: `LinearAlgebraError`.
  public init(of training: ImageDataset, share: Double = 0.1) throws(LinearAlgebraError) {
    precondition(training.count > 0 && share > 0, "pictures to measure, ε above 0")
    mean = MeanImage(of: training)
    let size = training.pixelsPerRecord
    var covariance = Matrix<Double>(rows: size, columns: size)
    // Some thousand pictures at a time: the floats of all of them may not fit into memory twice.
    for start in stride(from: 0, to: training.count, by: Self.chunk) {
      let rows = start..<min(start + Self.chunk, training.count)
      let x = Matrix(rows: rows.count, columns: size, training.floats(rows, minus: mean))
      let products = x.transposed * x
      for (place, product) in products.elements.enumerated() {
        covariance.elements[place] += Double(product)
      }
    }
    let count = Double(training.count)
    var variance = 0.0
    for place in covariance.elements.indices { covariance.elements[place] /= count }
    for pixel in 0..<size { variance += covariance[pixel, pixel] }
    // A constant picture has no variance at all; anything keeps the root finite.
    let epsilon = max(share * variance / Double(size), 1e-12)
    let (values, vectors) = try covariance.symmetricEigen()
    var scaled = vectors
    for (row, value) in values.enumerated() {
      let scale = 1 / (max(value, 0) + epsilon).squareRoot()
      for column in 0..<size { scaled[row, column] *= scale }
    }
    let product = vectors.transposed * scaled
    matrix = Matrix(rows: size, columns: size, product.elements.map(Float.init))
  }

  private static let chunk = 4096

  /// The whitened pictures, `[N, C · H · W]`.
  public func callAsFunction(_ pictures: ImageDataset) -> [Float] {
    var all: [Float] = []
    all.reserveCapacity(pictures.count * matrix.columns)
    for start in stride(from: 0, to: pictures.count, by: Self.chunk) {
      let rows = start..<min(start + Self.chunk, pictures.count)
      let x = Matrix(
        rows: rows.count, columns: matrix.rows, pictures.floats(rows, minus: mean))
      all += (x * matrix).elements
    }
    return all
  }
}
