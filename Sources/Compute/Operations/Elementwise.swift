import CKernels

/// max(0, x).
public func relu(_ x: Value) -> Value { unary(BENCH_RELU_OP, x) }
/// max(0, min(6, x)).
public func relu6(_ x: Value) -> Value { unary(BENCH_RELU6_OP, x) }
/// x where positive, `slope` x elsewhere.
public func leakyRelu(_ x: Value, slope: Float = 0.01) -> Value {
  unary(BENCH_LEAKY_RELU, x, slope)
}
/// x where positive, `alpha` (e^x - 1) elsewhere.
public func elu(_ x: Value, alpha: Float = 1) -> Value { unary(BENCH_ELU, x, alpha) }
/// 1 / (1 + e^-x).
public func sigmoid(_ x: Value) -> Value { unary(BENCH_SIGMOID, x) }
/// Hyperbolic tangent.
public func tanh(_ x: Value) -> Value { unary(BENCH_TANH, x) }
/// log(1 + e^x).
public func softplus(_ x: Value) -> Value { unary(BENCH_SOFTPLUS, x) }
/// e^x.
public func exp(_ x: Value) -> Value { unary(BENCH_EXP, x) }
/// Natural logarithm of positive numbers.
public func log(_ x: Value) -> Value { unary(BENCH_LOG, x) }
/// Square root.
public func sqrt(_ x: Value) -> Value { unary(BENCH_SQRT, x) }
/// x squared.
public func square(_ x: Value) -> Value { unary(BENCH_SQUARE, x) }
/// 1 / x.
public func reciprocal(_ x: Value) -> Value { unary(BENCH_RECIPROCAL, x) }
/// x held to `range`; no gradient flows where it is cut.
public func clip(_ x: Value, _ range: ClosedRange<Float>) -> Value {
  unary(BENCH_CLIP, x, range.lowerBound, range.upperBound)
}

extension Value {
  /// Elementwise sum.
  public static func + (a: Value, b: Value) -> Value { binary(BENCH_ADD, a, b) }
  /// Elementwise difference.
  public static func - (a: Value, b: Value) -> Value { binary(BENCH_SUBTRACT, a, b) }
  /// Elementwise product.
  public static func * (a: Value, b: Value) -> Value { binary(BENCH_MULTIPLY, a, b) }
  /// Elementwise quotient.
  public static func / (a: Value, b: Value) -> Value { binary(BENCH_DIVIDE, a, b) }
  /// A constant times x.
  public static func * (a: Float, x: Value) -> Value { unary(BENCH_AFFINE, x, a, 0) }
  /// x plus a constant.
  public static func + (x: Value, b: Float) -> Value { unary(BENCH_AFFINE, x, 1, b) }
  /// x minus a constant.
  public static func - (x: Value, b: Float) -> Value { unary(BENCH_AFFINE, x, 1, -b) }
  /// Minus x.
  public static prefix func - (x: Value) -> Value { unary(BENCH_AFFINE, x, -1, 0) }
}

/// `y[n, c, …] = x[n, c, …] scale[c] + shift[c]`.
public func channelAffine(_ x: Value, scale: Value? = nil, shift: Value? = nil) -> Value {
  precondition(scale == nil || scale!.shape == [x.channels], "one scale per channel")
  precondition(shift == nil || shift!.shape == [x.channels], "one shift per channel")
  return x.trace.append(
    ChannelAffineNode(x, scale, shift), domain: x.domain, shape: x.shape)
}

/// A value times a free scalar, such as a weight bound before each step.
public func scaled(_ x: Value, by scalar: Value) -> Value {
  precondition(!scalar.isBatched && scalar.count == 1, "the factor is one number")
  return x.trace.append(ScaleNode(x, scalar), domain: x.domain, shape: x.shape)
}

private func unary(_ operation: BenchUnary, _ x: Value, _ a: Float = 0, _ b: Float = 0) -> Value {
  x.trace.append(
    UnaryNode(operation, x, a, b), domain: x.domain, shape: x.shape)
}

private func binary(_ operation: BenchBinary, _ x: Value, _ z: Value) -> Value {
  precondition(
    x.shape == z.shape && x.domain == z.domain,
    "elementwise operation on \(x.shape) and \(z.shape)")
  return x.trace.append(
    BinaryNode(operation, x, z), domain: x.domain, shape: x.shape)
}

final class UnaryNode: Node {
  let operation: BenchUnary
  private let a: Float
  private let b: Float
  private let extent: Extent

  init(_ operation: BenchUnary, _ x: Value, _ a: Float, _ b: Float) {
    self.operation = operation
    self.a = a
    self.b = b
    extent = Extent(x)
    super.init([x])
  }
  override func mayOverwrite(_ input: Int) -> Bool { true }
  override func keepsInput(_ input: Int) -> Bool {
    switch operation {
    case BENCH_LEAKY_RELU, BENCH_ELU, BENCH_SOFTPLUS, BENCH_LOG, BENCH_SQUARE, BENCH_CLIP: true
    default: false
    }
  }
  override var keepsOutput: Bool {
    switch operation {
    case BENCH_AFFINE, BENCH_IDENTITY, BENCH_LEAKY_RELU, BENCH_SOFTPLUS, BENCH_LOG, BENCH_SQUARE,
      BENCH_CLIP:
      false
    default: true
    }
  }
  override func passesGradient(_ input: Int) -> Bool { true }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share64(extent.total(step), thread)
    step.kernels.unary(operation, step.data[inputs[0]], step.data[output], a, b, begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share64(extent.total(step), thread)
    step.kernels.unary_gradient(
      operation, step.data[inputs[0]], step.data[output], dy, dx, a, b, accumulates(0), begin, end)
  }
}

final class BinaryNode: Node {
  let operation: BenchBinary
  private let extent: Extent

  init(_ operation: BenchBinary, _ x: Value, _ z: Value) {
    self.operation = operation
    extent = Extent(x)
    super.init([x, z])
  }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share64(extent.total(step), thread)
    step.kernels.binary(
      operation, step.data[inputs[0]], step.data[inputs[1]], step.data[output], begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output] else { return }
    let (begin, end) = step.share64(extent.total(step), thread)
    step.kernels.binary_gradient(
      operation, step.data[inputs[0]], step.data[inputs[1]], dy, gradient(step, 0),
      gradient(step, 1),
      accumulates(0), accumulates(1), begin, end)
  }
}

final class ScaleNode: Node {
  private let extent: Extent
  private let layout: FreeLayout?
  init(_ x: Value, _ scalar: Value) {
    extent = Extent(x)
    layout = x.isBatched ? nil : FreeLayout(shape: x.shape)
    super.init([x, scalar])
  }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share64(extent.total(step), thread)
    step.kernels.scale(
      step.data[inputs[0]], step.data[output], step.data[inputs[1]].pointee, 0, begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output] else { return }
    if let dx = gradient(step, 0) {
      let (begin, end) = step.share64(extent.total(step), thread)
      step.kernels.scale(dy, dx, step.data[inputs[1]].pointee, accumulates(0), begin, end)
    }
    if let ds = gradient(step, 1), thread == 0 {
      var total = 0.0
      if let layout {
        // Row by row: what lies behind a row is no part of the value.
        for row in 0..<layout.rows {
          let place = row * layout.stride
          total += step.kernels.dot(dy + place, step.data[inputs[0]] + place, Int64(layout.columns))
        }
      } else {
        total = step.kernels.dot(dy, step.data[inputs[0]], Int64(extent.total(step) * 16))
      }
      ds.pointee = Float(total) + (modes[1] == .accumulate ? ds.pointee : 0)
    }
  }
}

final class ChannelAffineNode: Node {
  private let channels: Int
  private let positions: Int
  private let domain: Int
  private let scale: Int?
  private let shift: Int?

  init(_ x: Value, _ scale: Value?, _ shift: Value?) {
    channels = x.channels
    positions = x.positions
    domain = x.batchDomain
    self.scale = scale == nil ? nil : 1
    self.shift = shift == nil ? nil : (scale == nil ? 1 : 2)
    super.init([x] + [scale, shift].compactMap { $0 })
  }
  private func floats(_ step: Step, _ input: Int?) -> UnsafePointer<Float>? {
    input.map { UnsafePointer(step.data[inputs[$0]]) }
  }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(channels, thread)
    step.kernels.channel_affine(
      step.data[inputs[0]], floats(step, scale), floats(step, shift), step.data[output],
      Int64(channels * positions * 16), Int32(step.blocks(domain)), Int32(positions), begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output] else { return }
    let (begin, end) = step.share(channels, thread)
    step.kernels.channel_affine_gradient(
      step.data[inputs[0]], floats(step, scale), dy, gradient(step, 0),
      scale.flatMap { gradient(step, $0) }, shift.flatMap { gradient(step, $0) },
      Int64(channels * positions * 16), Int32(step.blocks(domain)), Int32(positions),
      accumulates(0),
      scale.map(accumulates) ?? 0, shift.map(accumulates) ?? 0, begin, end)
  }
}
