import CKernels

/// Each example divided by its Euclidean length, `x / max(|x|, 10⁻¹²)`.
public func unitLength(_ x: Value) -> Value {
  x.trace.append(UnitLengthNode(x), domain: x.domain, shape: x.shape)
}
/// Inner products of every example with the others of its batch, `y[n, m] = x[n] · x[m]`: `[N, capacity]`.
///
/// An example with itself, and places beyond the last example, stand at −10³⁰, so that a softmax leaves them out, and pass
/// no gradient.
public func similarities(_ x: Value) -> Value {
  let domain = x.batchDomain
  return x.trace.append(
    SimilarityNode(x, domain), domain: domain, shape: [x.trace.capacities[domain]])
}

final class UnitLengthNode: Node {
  private let features: Int
  private let domain: Int
  private var inverses: Memory?  // 1 / length, per example

  init(_ x: Value) {
    features = x.count
    domain = x.batchDomain
    super.init([x])
  }
  override func keepsInput(_ input: Int) -> Bool { false }
  override func prepare(_ program: Program) {
    inverses = Memory(floats: padded(program.trace.capacities[domain]))
  }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(step.blocks(domain), thread)
    for block in Int(begin)..<Int(end) {
      let x = step.data[inputs[0]] + block * features * 16
      let y = step.data[output] + block * features * 16
      let inverse = inverses!.floats + block * 16
      var squares = SIMD16<Float>.zero
      for feature in 0..<features {
        let numbers = lanes(x, feature)
        squares += numbers * numbers
      }
      let length = squares.squareRoot()
      for lane in 0..<16 { inverse[lane] = 1 / max(length[lane], 1e-12) }
      let share = lanes(inverse, 0)
      for feature in 0..<features { store(lanes(x, feature) * share, y, feature) }
    }
  }
  /// dx = (dy − y (y · dy)) / length.
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share(step.blocks(domain), thread)
    for block in Int(begin)..<Int(end) {
      let place = block * features * 16
      let y = step.data[output] + place
      var along = SIMD16<Float>.zero
      for feature in 0..<features { along += lanes(y, feature) * lanes(dy + place, feature) }
      let share = lanes(inverses!.floats + block * 16, 0)
      for feature in 0..<features {
        let own = (lanes(dy + place, feature) - lanes(y, feature) * along) * share
        store(
          modes[0] == .accumulate ? own + lanes(dx + place, feature) : own, dx + place, feature)
      }
    }
  }

  private func lanes(_ floats: UnsafeMutablePointer<Float>, _ row: Int) -> SIMD16<Float> {
    UnsafeRawPointer(floats + row * 16).load(as: SIMD16<Float>.self)
  }
  private func store(
    _ numbers: SIMD16<Float>, _ floats: UnsafeMutablePointer<Float>, _ row: Int
  ) {
    UnsafeMutableRawPointer(floats + row * 16).storeBytes(of: numbers, as: SIMD16<Float>.self)
  }
}

/// The product of a batch with itself: a dense layer whose weights are the examples.
final class SimilarityNode: Node {
  private static let excluded: Float = -1e30
  private let features: Int
  private let capacity: Int
  private let domain: Int
  private var rows: Memory?  // the input, an example a row
  private var transposed: Memory?  // [features, capacity]
  private var rowGradient: Memory?  // through the examples as weights, an example a row

  init(_ x: Value, _ domain: Int) {
    features = x.count
    capacity = x.trace.capacities[domain]
    self.domain = domain
    super.init([x])
  }
  override func keepsInput(_ input: Int) -> Bool { false }
  override var keepsOutput: Bool { false }
  override func prepare(_ program: Program) {
    rows = Memory(floats: padded(capacity) * rowStride(features))
    if modes[0] != .none {
      transposed = Memory(floats: features * rowStride(capacity))
      rowGradient = Memory(floats: padded(capacity) * rowStride(features))
    }
  }

  /// Puts a number where nothing is compared, in the blocks of a thread.
  private func exclude(
    _ numbers: UnsafeMutablePointer<Float>, _ number: Float, _ step: Step, _ thread: Int
  ) {
    let examples = step.examples[domain]
    let (begin, end) = step.share(step.blocks(domain), thread)
    for block in Int(begin)..<Int(end) {
      let own = numbers + block * capacity * 16
      for lane in 0..<min(16, capacity - block * 16) {
        own[(block * 16 + lane) * 16 + lane] = number
      }
      for place in examples * 16..<max(capacity, examples) * 16 { own[place] = number }
    }
  }

  override func forward(_ step: Step, _ thread: Int) {
    let stride = rowStride(features)
    var (begin, end) = step.share((features + 15) / 16, thread)
    step.kernels.to_rows(
      step.data[inputs[0]], rows!.floats, Int64(stride), Int32(features),
      Int32(step.blocks(domain)), begin, end)
    step.barrier()
    var q = BenchDense(
      in: step.data[inputs[0]], weight: rows!.floats, bias: nil, out: step.data[output],
      in_block: Int64(features * 16), out_block: Int64(capacity * 16), weight_row: Int64(stride),
      outputs: Int32(capacity), inputs: Int32(features), blocks: Int32(step.blocks(domain)),
      flags: 0)
    (begin, end) = step.share(Int(step.kernels.dense_tasks(&q)), thread)
    step.kernels.dense(&q, begin, end)
    step.barrier()
    exclude(step.data[output], Self.excluded, step, thread)
  }

  /// dX = dS X + dSᵀ X.
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (stride, wide) = (rowStride(features), rowStride(capacity))
    exclude(dy, 0, step, thread)
    var (begin, end) = step.share((features + 15) / 16, thread)
    step.kernels.transpose(
      rows!.floats, Int64(stride), transposed!.floats, Int64(wide), Int32(capacity),
      Int32(features), begin, end)
    step.barrier()
    var q = BenchDenseGradient(
      out_gradient: dy, rows: rows!.floats, weight_gradient: rowGradient!.floats,
      out_block: Int64(capacity * 16), row: Int64(stride), weight_row: Int64(stride),
      outputs: Int32(capacity), inputs: Int32(features), examples: Int32(step.examples[domain]),
      flags: 0)
    (begin, end) = step.share(Int(step.kernels.dense_gradient_tasks(&q)), thread)
    step.kernels.dense_gradient(&q, begin, end)
    var p = BenchDense(
      in: dy, weight: transposed!.floats, bias: nil, out: dx, in_block: Int64(capacity * 16),
      out_block: Int64(features * 16), weight_row: Int64(wide), outputs: Int32(features),
      inputs: Int32(capacity), blocks: Int32(step.blocks(domain)), flags: accumulates(0))
    (begin, end) = step.share(Int(step.kernels.dense_tasks(&p)), thread)
    step.kernels.dense(&p, begin, end)
    step.barrier()
    (begin, end) = step.share(step.blocks(domain), thread)
    for block in Int(begin)..<Int(end) {
      for lane in 0..<min(16, step.examples[domain] - block * 16) {
        let from = rowGradient!.floats + (block * 16 + lane) * stride
        let to = dx + block * features * 16 + lane
        for feature in 0..<features { to[feature * 16] += from[feature] }
      }
    }
  }
}
