import CKernels

/// Cross-correlation of each channel with a kernel of its own, `[N, C, H, W]` with weight `[C, 1, KH, KW]`, as
/// PyTorch's `conv2d` with as many groups as channels.
public func depthwiseConv2d(
  _ x: Value, _ weight: Value, bias: Value? = nil, _ geometry: ConvolutionGeometry = .init()
) -> Value {
  precondition(x.shape.count == 3 && weight.shape.count == 4, "takes [C, H, W] and [C, 1, KH, KW]")
  precondition(
    weight.shape[0] == x.shape[0] && weight.shape[1] == 1, "weight \(weight.shape) for \(x.shape)")
  let node = DepthwiseConvolutionNode(x, weight, bias, geometry)
  return x.trace.append(
    node, domain: x.domain,
    shape: [x.shape[0], node.narrow.height, node.narrow.width])
}

final class DepthwiseConvolutionNode: Node, SixRectifiableNode {
  let narrow: (height: Int, width: Int)
  private let channels: Int
  private let inPositions: Int
  private let taps: Int
  private let domain: Int
  private let hasBias: Bool
  private let weightStride: Int
  private let down: RegionPlan  // gathers the output from the input
  private let up: RegionPlan  // and the input's gradient from the output's
  var rectified = false
  var heldToSix = false

  init(_ x: Value, _ weight: Value, _ bias: Value?, _ geometry: ConvolutionGeometry) {
    let wide = (x.shape[1], x.shape[2])
    let kernel = (weight.shape[2], weight.shape[3])
    precondition(max(kernel.0, kernel.1) <= 16, "kernels up to 16 x 16")
    narrow = geometry.narrow(wide, kernel)
    channels = x.shape[0]
    inPositions = wide.0 * wide.1
    taps = kernel.0 * kernel.1
    hasBias = bias != nil
    weightStride = FreeLayout(shape: weight.shape).stride
    precondition(bias == nil || bias!.shape == [channels], "one bias per channel")
    domain = x.batchDomain
    down = RegionPlan(wide: wide, narrow: narrow, kernel: kernel, geometry, toNarrow: true)
    up = RegionPlan(wide: wide, narrow: narrow, kernel: kernel, geometry, toNarrow: false)
    super.init([x, weight] + (bias.map { [$0] } ?? []))
  }

  private var outPositions: Int { narrow.height * narrow.width }
  override var keepsOutput: Bool { rectified }

  private func current(
    _ step: Step, _ plan: RegionPlan, from: UnsafeMutablePointer<Float>, _ fromPositions: Int,
    to: UnsafeMutablePointer<Float>, _ toPositions: Int, flags: Int32
  ) -> BenchDepthwise {
    BenchDepthwise(
      in: from, weight: step.data[inputs[1]], bias: nil, out: to,
      in_plane: Int64(fromPositions * 16),
      out_plane: Int64(toPositions * 16), weight_row: Int64(weightStride),
      channels: Int32(channels), blocks: Int32(step.blocks(domain)), regions: Int32(plan.count),
      region: plan.regions, flags: flags)
  }

  override func forward(_ step: Step, _ thread: Int) {
    var q = current(
      step, down, from: step.data[inputs[0]], inPositions, to: step.data[output], outPositions,
      flags: rectifierFlags)
    if hasBias { q.bias = UnsafePointer(step.data[inputs[2]]) }
    let (begin, end) = step.share(step.blocks(domain) * channels, thread)
    step.kernels.depthwise(&q, begin, end)
  }

  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output] else { return }
    let blocks = step.blocks(domain)
    let (first, last) = step.share(channels, thread)
    if rectified || (hasBias && modes[2] != .none) {
      step.kernels.bias_gradient(
        dy, rectified ? UnsafePointer(step.data[output]) : nil, hasBias ? gradient(step, 2) : nil,
        Int64(channels * outPositions * 16), Int32(blocks), Int32(outPositions),
        hasBias ? accumulates(2) : 0, first, last)
    }
    step.barrier()
    if let dw = gradient(step, 1) {
      var q = current(
        step, down, from: step.data[inputs[0]], inPositions, to: dy, outPositions, flags: 0)
      step.kernels.depthwise_weight_gradient(&q, dw, Int32(taps), accumulates(1), first, last)
    }
    if let dx = gradient(step, 0) {
      var q = current(step, up, from: dy, outPositions, to: dx, inPositions, flags: accumulates(0))
      let (begin, end) = step.share(blocks * channels, thread)
      step.kernels.depthwise(&q, begin, end)
    }
  }
}
