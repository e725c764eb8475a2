import CKernels

/// A weight tensor of which most numbers are zero: the others, row by row, and their places.
public struct SparseWeight: Sendable, Equatable {
  /// Dimensions of the whole tensor, `[O, I]` or `[O, C, KH, KW]`.
  public let shape: [Int]
  /// Row-major positions of what is not zero, ascending.
  public let places: [Int32]
  /// What stands there.
  public let values: [Float]

  /// A tensor from its non-zero numbers.
  public init(shape: [Int], places: [Int32], values: [Float]) {
    precondition(places.count == values.count, "one place per number")
    precondition(
      zip(places, places.dropFirst()).allSatisfy { $0 < $1 } && places.first ?? 0 >= 0
        && Int(places.last ?? -1) < shape.reduce(1, *), "places ascend within \(shape)")
    self.shape = shape
    self.places = places
    self.values = values
  }

  /// The share of numbers that are not zero.
  public var density: Double { Double(values.count) / Double(max(shape.reduce(1, *), 1)) }
}

/// `dense` for a weight that is mostly zeros and does not change; costs what its non-zero numbers cost. No gradients.
public func sparseDense(_ x: Value, _ weight: SparseWeight, bias: Value? = nil) -> Value {
  precondition(
    weight.shape.count == 2 && weight.shape[1] == x.count, "weight \(weight.shape) for \(x.shape)")
  return x.trace.append(
    SparseNode(x, weight, bias, kernel: nil), domain: x.domain,
    shape: [weight.shape[0]])
}

/// `conv2d` for a weight that is mostly zeros and does not change. No gradients; no padding yet.
public func sparseConv2d(
  _ x: Value, _ weight: SparseWeight, bias: Value? = nil,
  _ geometry: ConvolutionGeometry = .init()
) -> Value {
  precondition(
    x.shape.count == 3 && weight.shape.count == 4 && weight.shape[1] == x.shape[0],
    "weight \(weight.shape) for \(x.shape)")
  precondition(geometry.padding == (0, 0) && geometry.farPadding == (0, 0), "no padding")
  let height = (x.shape[1] - weight.shape[2]) / geometry.stride.0 + 1
  let width = (x.shape[2] - weight.shape[3]) / geometry.stride.1 + 1
  precondition(
    x.shape[1] >= weight.shape[2] && x.shape[2] >= weight.shape[3],
    "kernel \(weight.shape) larger than \(x.shape)")
  return x.trace.append(
    SparseNode(x, weight, bias, kernel: (height, width, geometry.stride)),
    domain: x.domain, shape: [weight.shape[0], height, width])
}

final class SparseNode: Node, RectifiableNode {
  private let start: [Int32]
  private let offsets: [Int32]
  private let values: [Float]
  private let hasBias: Bool
  private let domain: Int
  private let features: Int
  private let outputFeatures: Int
  private let isDense: Bool
  private var plan = BenchSparse()
  var rectified = false

  /// - Parameter kernel: height and width of the output, stride; nil for a dense layer.
  init(
    _ x: Value, _ weight: SparseWeight, _ bias: Value?,
    kernel: (height: Int, width: Int, stride: (Int, Int))?
  ) {
    precondition(bias == nil || bias!.shape == [weight.shape[0]], "one bias per output")
    domain = x.batchDomain
    hasBias = bias != nil
    values = weight.values
    features = x.count
    outputFeatures = weight.shape[0]
    isDense = kernel == nil
    let row = weight.shape.dropFirst().reduce(1, *)
    var start = Array(repeating: Int32(0), count: outputFeatures + 1)
    for place in weight.places { start[Int(place) / row + 1] += 1 }
    for output in 0..<outputFeatures { start[output + 1] += start[output] }
    self.start = start
    offsets = weight.places.map { place in
      let input = Int(place) % row
      guard kernel != nil else { return Int32(input * 16) }
      let (channel, tap) = input.quotientAndRemainder(dividingBy: weight.shape[2] * weight.shape[3])
      let (u, v) = tap.quotientAndRemainder(dividingBy: weight.shape[3])
      return Int32(((channel * x.shape[1] + u) * x.shape[2] + v) * 16)
    }
    plan.outputs = Int32(outputFeatures)
    if let kernel {
      plan.rows = Int32(kernel.height)
      plan.columns = Int32(kernel.width)
      plan.in_row = Int64(kernel.stride.0 * x.shape[2] * 16)
      plan.in_column = Int64(kernel.stride.1 * 16)
      plan.in_group = Int64(features * 16)
      plan.out_group = Int64(outputFeatures * kernel.height * kernel.width * 16)
      plan.out_channel = Int64(kernel.height * kernel.width * 16)
      plan.out_row = Int64(kernel.width * 16)
      plan.out_column = 16
    } else {
      // All blocks of examples are the columns of one row.
      plan.rows = 1
      plan.in_column = Int64(features * 16)
      plan.out_channel = 16
      plan.out_column = Int64(outputFeatures * 16)
    }
    super.init([x] + (bias.map { [$0] } ?? []))
  }

  override func differentiates(_ input: Int) -> Bool {
    preconditionFailure("a sparse weight passes no gradient")
  }

  override func forward(_ step: Step, _ thread: Int) {
    var q = plan
    q.in = UnsafePointer(step.data[inputs[0]])
    q.out = step.data[output]
    q.bias = hasBias ? UnsafePointer(step.data[inputs[1]]) : nil
    q.flags = rectified ? Int32(BENCH_RELU) : 0
    let blocks = step.blocks(domain)
    if isDense { q.columns = Int32(blocks) }
    let (begin, end) = step.share(outputFeatures * (isDense ? 1 : blocks), thread)
    start.withUnsafeBufferPointer { start in
      offsets.withUnsafeBufferPointer { offsets in
        values.withUnsafeBufferPointer { values in
          q.start = start.baseAddress
          q.offset = offsets.baseAddress
          q.weight = values.baseAddress
          step.kernels.sparse(&q, begin, end)
        }
      }
    }
  }
}
