import CKernels

/// Batch normalisation per channel over examples and positions (Ioffe and Szegedy 2015):
/// `y = scale (x - mean) / sqrt(variance + epsilon) + shift`. In training the batch's statistics are used and the
/// running ones move by `momentum` towards them (the variance unbiased, as in PyTorch).
public func batchNorm(
  _ x: Value, scale: Value, shift: Value, runningMean: Value, runningVariance: Value,
  epsilon: Float = 1e-5, momentum: Float = 0.1
) -> Value {
  for parameter in [scale, shift, runningMean, runningVariance] {
    precondition(parameter.shape == [x.channels], "one number per channel")
  }
  let node = BatchNormNode(x, scale, shift, runningMean, runningVariance, epsilon, momentum)
  return x.trace.append(node, domain: x.domain, shape: x.shape)
}

final class BatchNormNode: Node, RectifiableNode {
  private let channels: Int
  private let positions: Int
  private let domain: Int
  private let epsilon: Float
  private let momentum: Float
  private var statistics: Memory?
  var rectified = false

  init(
    _ x: Value, _ scale: Value, _ shift: Value, _ mean: Value, _ variance: Value, _ epsilon: Float,
    _ momentum: Float
  ) {
    channels = x.channels
    positions = x.positions
    self.epsilon = epsilon
    self.momentum = momentum
    domain = x.batchDomain
    super.init([x, scale, shift, mean, variance])
  }
  override func prepare(_ program: Program) { statistics = Memory(floats: 2 * padded(channels)) }
  override func differentiates(_ input: Int) -> Bool { input < 3 }

  private func current(_ step: Step) -> BenchNorm {
    var q = BenchNorm()
    q.in = UnsafePointer(step.data[inputs[0]])
    q.out = step.data[output]
    q.gamma = UnsafePointer(step.data[inputs[1]])
    q.beta = UnsafePointer(step.data[inputs[2]])
    q.running_mean = step.data[inputs[3]]
    q.running_variance = step.data[inputs[4]]
    q.mean = statistics!.floats
    q.inverse_deviation = statistics!.floats + padded(channels)
    q.block = Int64(channels * positions * 16)
    q.channels = Int32(channels)
    q.positions = Int32(positions)
    q.blocks = Int32(step.blocks(domain))
    q.examples = Int32(step.examples[domain])
    q.epsilon = epsilon
    q.momentum = momentum
    q.use_running = step.mode == .training ? 0 : 1
    q.flags = rectified ? Int32(BENCH_RELU) : 0
    return q
  }
  override func forward(_ step: Step, _ thread: Int) {
    var q = current(step)
    let (begin, end) = step.share(channels, thread)
    step.kernels.norm(&q, begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    var q = current(step)
    q.out_gradient = UnsafePointer(step.gradient[output])
    q.in_gradient = gradient(step, 0)
    q.gamma_gradient = gradient(step, 1)
    q.beta_gradient = gradient(step, 2)
    q.flags |= accumulates(0)
    q.parameter_flags = accumulates(2) | accumulates(1) << 1
    let (begin, end) = step.share(channels, thread)
    step.kernels.norm_gradient(&q, begin, end)
  }
}
