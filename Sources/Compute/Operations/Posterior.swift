import CKernels

/// The mean of a Gaussian weight posterior N(mean, exp(logVariance)), with weights of log alpha >= `threshold` set
/// to zero; log alpha = logVariance - log(mean² + 1e-8). No gradient flows to a mean that is zeroed.
public func keptMean(_ mean: Value, logVariance: Value, threshold: Float) -> Value {
  precondition(mean.shape == logVariance.shape && !mean.isBatched, "two free values of one shape")
  return mean.trace.append(
    KeptMeanNode(mean, logVariance, threshold), domain: nil, shape: mean.shape)
}

/// KL divergence of N(mean, exp(logVariance)) from the log-uniform prior, summed over weights, by the sigmoid
/// approximation of Molchanov et al. 2017, eq. 14, with log alpha clipped to [-8, 8]; zero as alpha grows.
public func logUniformDivergence(_ mean: Value, logVariance: Value) -> Value {
  precondition(mean.shape == logVariance.shape && !mean.isBatched, "two free values of one shape")
  return mean.trace.append(LogUniformDivergenceNode(mean, logVariance), domain: nil, shape: [1])
}

final class KeptMeanNode: Node {
  private let vectors: Int
  private let threshold: Float
  init(_ mean: Value, _ logVariance: Value, _ threshold: Float) {
    vectors = Extent(mean).vectors
    self.threshold = threshold
    super.init([mean, logVariance])
  }
  override func differentiates(_ input: Int) -> Bool { input == 0 }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share64(vectors, thread)
    step.kernels.gaussian_weights(
      step.data[inputs[0]], step.data[inputs[1]], step.data[output], nil, threshold, begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dmean = gradient(step, 0) else { return }
    let (begin, end) = step.share64(vectors, thread)
    step.kernels.gaussian_weights_gradient(
      step.data[inputs[0]], step.data[inputs[1]], nil, dy, nil, dmean, nil, threshold,
      accumulates(0), 0,
      begin, end)
  }
}

final class LogUniformDivergenceNode: Node {
  private let layout: FreeLayout
  private var rows: [Double]
  private var total = 0.0
  init(_ mean: Value, _ logVariance: Value) {
    layout = FreeLayout(shape: mean.shape)
    rows = Array(repeating: 0, count: layout.rows)
    super.init([mean, logVariance])
  }
  override var double: Double? { total }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(layout.rows, thread)
    rows.withUnsafeMutableBufferPointer { rows in
      for row in Int(begin)..<Int(end) {
        let place = row * layout.stride
        rows[row] = step.kernels.log_uniform_kl(
          step.data[inputs[0]] + place, step.data[inputs[1]] + place, Int64(layout.columns))
      }
    }
    step.barrier()
    if thread == 0 {
      total = rows.reduce(0, +)
      step.data[output].pointee = Float(total)
    }
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dmean = gradient(step, 0),
      let dlogVariance = gradient(step, 1)
    else { return }
    let (begin, end) = step.share64(layout.floats / 16, thread)
    step.kernels.log_uniform_kl_gradient(
      step.data[inputs[0]], step.data[inputs[1]], dy.pointee, dmean, dlogVariance, accumulates(0),
      accumulates(1), begin, end)
  }
}
