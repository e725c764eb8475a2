import CKernels

/// `y[n, o] = bias[o] + sum over i of weight[o, i] x[n, i]`, weight `[O, I]` as in PyTorch.
public func dense(_ x: Value, _ weight: Value, bias: Value? = nil) -> Value {
  precondition(
    weight.shape.count == 2 && weight.shape[1] == x.count, "weight \(weight.shape) for \(x.shape)")
  precondition(bias == nil || bias!.shape == [weight.shape[0]], "one bias per output")
  return x.trace.append(
    DenseNode(x, weight, bias), domain: x.domain, shape: [weight.shape[0]])
}

/// A weight as `[I, O]`, made once in a backward pass for all layers that share it, such as the steps of an LSTM.
final class TransposedWeight {
  let memory: Memory
  /// The layer that makes it: the last one of the trace, whose backward pass comes first.
  var maker: ObjectIdentifier?

  init(floats: Int) { memory = Memory(floats: floats) }
}

final class DenseNode: Node, RectifiableNode {
  private let features: Int
  private let outputFeatures: Int
  private let weightStride: Int
  private let domain: Int
  private let hasBias: Bool
  var rectified = false
  private var rows: Memory?  // the input, an example a row
  private var transposed: TransposedWeight?

  init(_ x: Value, _ weight: Value, _ bias: Value?) {
    features = x.count
    outputFeatures = weight.shape[0]
    weightStride = FreeLayout(shape: weight.shape).stride
    hasBias = bias != nil
    domain = x.batchDomain
    super.init([x, weight] + (bias.map { [$0] } ?? []))
  }

  override func prepare(_ program: Program) {
    if modes[1] != .none {
      rows = Memory(floats: padded(program.trace.capacities[domain]) * rowStride(features))
    }
    if modes[0] != .none {
      let weight = inputs[1]
      transposed =
        program.transposedWeights[weight]
        ?? TransposedWeight(floats: features * rowStride(outputFeatures))
      transposed!.maker = ObjectIdentifier(self)
      program.transposedWeights[weight] = transposed
    }
  }

  override var keepsOutput: Bool { rectified }

  override func forward(_ step: Step, _ thread: Int) {
    var q = BenchDense(
      in: step.data[inputs[0]], weight: step.data[inputs[1]],
      bias: hasBias ? UnsafePointer(step.data[inputs[2]]) : nil, out: step.data[output],
      in_block: Int64(features * 16), out_block: Int64(outputFeatures * 16),
      weight_row: Int64(weightStride),
      outputs: Int32(outputFeatures), inputs: Int32(features), blocks: Int32(step.blocks(domain)),
      flags: rectified ? Int32(BENCH_RELU) : 0)
    let (begin, end) = step.share(Int(step.kernels.dense_tasks(&q)), thread)
    step.kernels.dense(&q, begin, end)
  }

  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output] else { return }
    let blocks = step.blocks(domain)
    // First what other threads wait for: the mask of the rectifier, the bias, the two transposes.
    if rectified || (hasBias && modes[2] != .none) {
      let (begin, end) = step.share(outputFeatures, thread)
      step.kernels.bias_gradient(
        dy, rectified ? UnsafePointer(step.data[output]) : nil, hasBias ? gradient(step, 2) : nil,
        Int64(outputFeatures * 16), Int32(blocks), 1, hasBias ? accumulates(2) : 0, begin, end)
    }
    if let rows {
      let (begin, end) = step.share((features + 15) / 16, thread)
      step.kernels.to_rows(
        step.data[inputs[0]], rows.floats, Int64(rowStride(features)), Int32(features),
        Int32(blocks),
        begin, end)
    }
    if let transposed, transposed.maker == ObjectIdentifier(self) {
      let (begin, end) = step.share((features + 15) / 16, thread)
      step.kernels.transpose(
        step.data[inputs[1]], Int64(weightStride), transposed.memory.floats,
        Int64(rowStride(outputFeatures)),
        Int32(outputFeatures), Int32(features), begin, end)
    }
    step.barrier()
    if let rows, let dw = gradient(step, 1) {
      var q = BenchDenseGradient(
        out_gradient: dy, rows: rows.floats, weight_gradient: dw,
        out_block: Int64(outputFeatures * 16),
        row: Int64(rowStride(features)), weight_row: Int64(weightStride),
        outputs: Int32(outputFeatures),
        inputs: Int32(features), examples: Int32(step.examples[domain]), flags: accumulates(1))
      let (begin, end) = step.share(Int(step.kernels.dense_gradient_tasks(&q)), thread)
      step.kernels.dense_gradient(&q, begin, end)
    }
    if let transposed, let dx = gradient(step, 0) {
      var q = BenchDense(
        in: dy, weight: transposed.memory.floats, bias: nil, out: dx,
        in_block: Int64(outputFeatures * 16),
        out_block: Int64(features * 16), weight_row: Int64(rowStride(outputFeatures)),
        outputs: Int32(features),
        inputs: Int32(outputFeatures), blocks: Int32(blocks), flags: accumulates(0))
      let (begin, end) = step.share(Int(step.kernels.dense_tasks(&q)), thread)
      step.kernels.dense(&q, begin, end)
    }
  }
}

/// A node that can apply max(0, ·) to its output as it writes it.
protocol RectifiableNode: Node {
  var rectified: Bool { get set }
}

/// One that can apply min(6, ·) too, in programs that only predict.
protocol SixRectifiableNode: RectifiableNode {
  var heldToSix: Bool { get set }
}

extension SixRectifiableNode {
  /// What its kernel is told.
  var rectifierFlags: Int32 {
    (rectified ? Int32(BENCH_RELU) : 0) | (heldToSix ? Int32(BENCH_SIX) : 0)
  }
}
