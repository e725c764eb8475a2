import CKernels

/// Standard normal noise of the shape of `x`; zeros in evaluation.
public func gaussian(like x: Value) -> Value {
  x.trace.append(
    GaussianNode(x, x.trace.nextNoise()), domain: x.domain, shape: x.shape,
    differentiable: false)
}

/// A draw from N(mean, variance) by reparametrisation, `mean + sqrt(variance + 1e-8) noise`; the mean itself in
/// evaluation, where the variance need not be computed (Kingma et al. 2015).
public func sampleGaussian(mean: Value, variance: Value) -> Value {
  precondition(mean.shape == variance.shape, "mean \(mean.shape), variance \(variance.shape)")
  return mean.trace.append(
    SampleGaussianNode(mean, variance, mean.trace.nextNoise()),
    domain: mean.domain,
    shape: mean.shape)
}

/// Zeroes each element with probability `rate` and scales the rest by 1 / (1 - rate); the identity in evaluation.
public func dropout(_ x: Value, rate: Float) -> Value {
  precondition(rate >= 0 && rate < 1, "a rate in [0, 1)")
  return x.trace.append(
    DropoutNode(x, rate, x.trace.nextNoise()), domain: x.domain, shape: x.shape)
}

/// Noise tiles never straddle blocks of examples, so a batch's later rows do not move the noise of earlier ones.
class NoiseNode: Node {
  let purpose: UInt32
  let extent: Extent
  init(_ inputs: [Value], _ purpose: UInt32) {
    self.purpose = purpose
    extent = Extent(inputs[0])
    super.init(inputs)
  }
  func tiles(_ step: Step, _ thread: Int) -> (vectors: Int64, begin: Int64, end: Int64) {
    let vectors = extent.total(step)
    let (begin, end) = step.share64(
      (vectors + Int(BENCH_NOISE_TILE) - 1) / Int(BENCH_NOISE_TILE), thread)
    return (Int64(vectors), begin, end)
  }
}

final class GaussianNode: NoiseNode {
  init(_ x: Value, _ purpose: UInt32) { super.init([x], purpose) }
  override func dependencies(_ mode: Mode) -> [Int] { [] }
  override func differentiates(_ input: Int) -> Bool { false }
  override func forward(_ step: Step, _ thread: Int) {
    if step.mode == .evaluation {
      let (begin, end) = step.share64(extent.total(step), thread)
      step.kernels.fill(step.data[output], 0, begin, end)
      return
    }
    var noise = step.noise(purpose)
    let (vectors, begin, end) = tiles(step, thread)
    step.kernels.gaussian(&noise, step.data[output], vectors, begin, end)
  }
}

final class SampleGaussianNode: NoiseNode {
  private var slope: Memory?
  /// Whether the slope is kept where the variance was.
  var slopeReplacesVariance = false
  init(_ mean: Value, _ variance: Value, _ purpose: UInt32) {
    super.init([mean, variance], purpose)
  }
  override func prepare(_ program: Program) {
    if slopeReplacesVariance { return }
    let blocks = extent.domain.map { padded(program.trace.capacities[$0]) / 16 } ?? 1
    slope = Memory(floats: blocks * extent.vectors * 16)
  }
  private func slope(_ step: Step) -> UnsafeMutablePointer<Float> {
    slopeReplacesVariance ? step.data[inputs[1]] : slope!.floats
  }
  override func mayOverwrite(_ input: Int) -> Bool { input == 0 }
  override func keepsInput(_ input: Int) -> Bool { false }
  override var keepsOutput: Bool { false }
  override func passesGradient(_ input: Int) -> Bool { input == 0 }
  override func dependencies(_ mode: Mode) -> [Int] { mode == .evaluation ? [inputs[0]] : inputs }
  override func forward(_ step: Step, _ thread: Int) {
    if step.mode == .evaluation {
      guard step.data[inputs[0]] != step.data[output] else { return }
      let (begin, end) = step.share64(extent.total(step), thread)
      step.kernels.scale(step.data[inputs[0]], step.data[output], 1, 0, begin, end)
      return
    }
    var noise = step.noise(purpose)
    let (vectors, begin, end) = tiles(step, thread)
    step.kernels.sample_gaussian(
      &noise, step.data[inputs[0]], step.data[inputs[1]], step.data[output], slope(step), vectors,
      begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output] else { return }
    let (begin, end) = step.share64(extent.total(step), thread)
    // The variance's gradient first: the mean's may be the output's own.
    if let dvariance = gradient(step, 1) {
      step.kernels.binary_gradient(
        BENCH_MULTIPLY, slope(step), slope(step), dy, dvariance, nil, accumulates(1), 0, begin, end)
    }
    if let dmean = gradient(step, 0), dmean != dy {
      step.kernels.scale(dy, dmean, 1, accumulates(0), begin, end)
    }
  }
}

final class DropoutNode: NoiseNode {
  private let rate: Float
  private var mask: Memory?
  init(_ x: Value, _ rate: Float, _ purpose: UInt32) {
    self.rate = rate
    super.init([x], purpose)
  }
  override func prepare(_ program: Program) {
    let blocks = extent.domain.map { padded(program.trace.capacities[$0]) / 16 } ?? 1
    mask = Memory(floats: blocks * extent.vectors * 16)
  }
  override func forward(_ step: Step, _ thread: Int) {
    if step.mode == .evaluation {
      let (begin, end) = step.share64(extent.total(step), thread)
      step.kernels.scale(step.data[inputs[0]], step.data[output], 1, 0, begin, end)
      return
    }
    var noise = step.noise(purpose)
    let (vectors, begin, end) = tiles(step, thread)
    step.kernels.dropout(
      &noise, step.data[inputs[0]], step.data[output], mask!.floats, rate, vectors, begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share64(extent.total(step), thread)
    step.kernels.binary_gradient(
      BENCH_MULTIPLY, mask!.floats, mask!.floats, dy, dx, nil, accumulates(0), 0, begin, end)
  }
}
