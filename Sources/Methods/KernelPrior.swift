import Compute
import Networks

/// What the kernels of a convolution are thought to look like before any data are seen. A kernel is one input-output pair
/// of the weight `[O, C, K, K]`.
public enum KernelPrior: Sendable {
  /// No posterior, an L2 penalty at training; what all others are compared with.
  case point
  /// `p(|w|) ∝ 1/|w|` with `q(w) = N(μ, α μ²)`, `α = sigmoid(a) < 1` (Kingma, Salimans and Welling 2015, as the code of
  /// the deep weight prior has it).
  case logUniform
  /// The same prior with `q(w) = N(μ, σ²)` and the approximation of sparse variational dropout.
  case logUniformAdditive
  /// `N(0, 1)` for every weight.
  case standardNormal
  /// `N(m, C)` for a kernel, fitted to source kernels.
  case gaussian(KernelGaussian)
  /// The deep weight prior `∫ p(w|z) p(z) dz`; the encoder is trained with the posterior or stays as it is.
  case implicit(KernelVAE, trainsEncoder: Bool)

  /// Constants of the polynomial approximation of `KL(N(μ, α μ²) ‖ log-uniform)` for α ≤ 1.
  static let polynomial: (Float, Float, Float) = (1.161_451_24, -1.502_041_18, 0.586_299_21)

  /// Whether the divergence is computed kernel by kernel rather than weight by weight.
  var isByKernel: Bool {
    switch self {
    case .gaussian, .implicit: true
    default: false
    }
  }
}

/// A Gaussian with full covariance, of kernels read row by row.
public struct KernelGaussian: Sendable {
  /// `[d]`.
  public let mean: [Double]
  /// L⁻¹ of the covariance `C = L Lᵀ`, `[d, d]`.
  let whitening: Matrix<Double>
  /// Diagonal of C⁻¹.
  let precisions: [Double]
  /// log |C|.
  let logDeterminant: Double

  /// The Gaussian of largest likelihood, `kernels` `[N, d]`; a multiple of the mean variance is added to the diagonal.
  ///
  /// - Throws: `LinearAlgebraError` where the covariance is not positive definite all the same.
  public init(fitting kernels: [Float], size d: Int, ridge: Double = 1e-4)
    throws(LinearAlgebraError)
  {
    precondition(d > 0 && !kernels.isEmpty && kernels.count % d == 0, "kernels of \(d) numbers")
    let count = kernels.count / d
    var mean = [Double](repeating: 0, count: d)
    for (place, number) in kernels.enumerated() {
      mean[place % d] += Double(number) / Double(count)
    }
    var centred = Matrix<Double>(rows: count, columns: d)
    for (place, number) in kernels.enumerated() {
      centred.elements[place] = Double(number) - mean[place % d]
    }
    var covariance = centred.transposed * centred
    var trace = 0.0
    for place in covariance.elements.indices { covariance.elements[place] /= Double(count) }
    for i in 0..<d { trace += covariance[i, i] }
    for i in 0..<d { covariance[i, i] += ridge * trace / Double(d) }
    try self.init(mean: mean, covariance: covariance)
  }

  /// The Gaussian of a mean and a covariance.
  ///
  /// - Throws: `LinearAlgebraError` where the covariance is not positive definite.
  public init(mean: [Double], covariance: Matrix<Double>) throws(LinearAlgebraError) {
    let d = mean.count
    precondition(covariance.rows == d && covariance.columns == d, "a covariance of \(d) numbers")
    self.mean = mean
    let factor = try covariance.cholesky()
    let inverse = factor.solve(.identity(d))
    // L⁻¹ = Lᵀ C⁻¹.
    whitening = factor.lower.transposed * inverse
    precisions = (0..<d).map { inverse[$0, $0] }
    logDeterminant = factor.logDeterminant
  }

  /// Mean over kernels `[N, d]` of `log N(w | m, C)`, in nats.
  public func logDensity(of kernels: [Float]) -> Double {
    let d = mean.count
    precondition(!kernels.isEmpty && kernels.count % d == 0, "kernels of \(d) numbers")
    let count = kernels.count / d
    var centred = Matrix<Double>(rows: count, columns: d)
    for (place, number) in kernels.enumerated() {
      centred.elements[place] = Double(number) - mean[place % d]
    }
    let whitened = centred * whitening.transposed
    let distance = whitened.elements.reduce(0) { $0 + $1 * $1 } / Double(count)
    return -0.5 * (Double(d) * _log(2 * Double.pi) + logDeterminant + distance)
  }

  /// KL of each kernel's posterior, in nats; takes frozen parameters under `name`, of which `fill` knows the numbers.
  func divergence(mean: Value, logVariance: Value, name: String, in t: Trace) -> Value {
    let d = self.mean.count
    let whitened = dense(
      mean.flattened, t.parameter("\(name).whitening", [d, d], role: .frozen),
      bias: t.parameter("\(name).shift", [d], role: .frozen))
    let spread = dense(
      exp(logVariance).flattened, t.parameter("\(name).precisions", [1, d], role: .frozen))
    return 0.5
      * (sumFeatures(square(whitened)) + spread - sumFeatures(logVariance)
        + Float(logDeterminant - Double(d)))
  }

  func fill(_ set: ParameterSet, name: String) {
    let d = mean.count
    set["\(name).whitening"] = whitening.elements.map(Float.init)
    set["\(name).shift"] = (0..<d).map { i in
      Float(-(0..<d).reduce(0) { $0 + whitening[i, $1] * mean[$1] })
    }
    set["\(name).precisions"] = precisions.map(Float.init)
  }
}
