import CKernels

/// The largest number of each window, `[N, C, H, W]`; sizes round down as in PyTorch.
public func maxPool2d(_ x: Value, kernel: Int, stride: Int? = nil, padding: Int = 0) -> Value {
  pool(x, (kernel, kernel), stride ?? kernel, padding, isMaximum: true)
}
/// The mean of each window, padding counted as zeros.
public func averagePool2d(_ x: Value, kernel: Int, stride: Int? = nil, padding: Int = 0) -> Value {
  pool(x, (kernel, kernel), stride ?? kernel, padding, isMaximum: false)
}
/// The mean over all positions of each channel, `[N, C, H, W]` to `[N, C]`.
public func globalAveragePool(_ x: Value) -> Value {
  precondition(x.shape.count == 3, "takes [C, H, W]")
  return pool(x, (x.shape[1], x.shape[2]), 1, 0, isMaximum: false).flattened
}

private func pool(_ x: Value, _ kernel: (Int, Int), _ stride: Int, _ padding: Int, isMaximum: Bool)
  -> Value
{
  precondition(x.shape.count == 3, "pooling takes [C, H, W]")
  precondition(padding * 2 <= min(kernel.0, kernel.1), "padding at most half the window")
  let height = (x.shape[1] + 2 * padding - kernel.0) / stride + 1
  let width = (x.shape[2] + 2 * padding - kernel.1) / stride + 1
  precondition(height > 0 && width > 0, "window larger than \(x.shape)")
  let node = PoolNode(x, (height, width), kernel, stride, padding, isMaximum: isMaximum)
  return x.trace.append(
    node, domain: x.domain, shape: [x.shape[0], height, width])
}

final class PoolNode: Node {
  private var plan = BenchPool()
  private let isMaximum: Bool
  private let channels: Int
  private let domain: Int
  private let outPositions: Int
  private var argument: UnsafeMutablePointer<UInt8>?

  init(
    _ x: Value, _ out: (Int, Int), _ kernel: (Int, Int), _ stride: Int, _ padding: Int,
    isMaximum: Bool
  ) {
    self.isMaximum = isMaximum
    channels = x.shape[0]
    outPositions = out.0 * out.1
    precondition(!isMaximum || kernel.0 * kernel.1 <= 256, "windows up to 256 positions")
    domain = x.batchDomain
    plan.height = Int32(x.shape[1])
    plan.width = Int32(x.shape[2])
    plan.out_height = Int32(out.0)
    plan.out_width = Int32(out.1)
    plan.kernel_height = Int32(kernel.0)
    plan.kernel_width = Int32(kernel.1)
    plan.stride_height = Int32(stride)
    plan.stride_width = Int32(stride)
    plan.pad_height = Int32(padding)
    plan.pad_width = Int32(padding)
    super.init([x])
  }
  deinit { argument.map { UnsafeMutableRawPointer($0).deallocate() } }

  override func prepare(_ program: Program) {
    guard isMaximum else { return }
    let count = padded(program.trace.capacities[domain]) * channels * outPositions
    argument = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
      .bindMemory(to: UInt8.self, capacity: count)
  }

  override func keepsInput(_ input: Int) -> Bool { false }
  override var keepsOutput: Bool { false }

  private func current(_ step: Step) -> BenchPool {
    var q = plan
    q.in = UnsafePointer(step.data[inputs[0]])
    q.out = step.data[output]
    q.argument = argument
    q.planes = Int32(step.blocks(domain) * channels)
    return q
  }
  override func forward(_ step: Step, _ thread: Int) {
    var q = current(step)
    let (begin, end) = step.share(Int(q.planes), thread)
    if isMaximum {
      step.kernels.max_pool(&q, begin, end)
    } else {
      step.kernels.average_pool(&q, begin, end)
    }
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    var q = current(step)
    let (begin, end) = step.share(Int(q.planes), thread)
    if isMaximum {
      step.kernels.max_pool_gradient(&q, dy, dx, accumulates(0), begin, end)
    } else {
      step.kernels.average_pool_gradient(&q, dy, dx, accumulates(0), begin, end)
    }
  }
}
