import CKernels

/// Stride, padding and output padding of a convolution, per axis (height, width).
public struct ConvolutionGeometry: Sendable, Equatable {
  /// Steps between windows.
  public var stride: (Int, Int)
  /// Zeros on each side of the input.
  public var padding: (Int, Int)
  /// Rows and columns added to the far side of a transposed convolution's output.
  public var outputPadding: (Int, Int)
  /// Zeros below and on the right of a plain convolution's input beyond `padding`.
  public var farPadding: (Int, Int)

  /// The same on both axes.
  public init(stride: Int = 1, padding: Int = 0, outputPadding: Int = 0) {
    self.init(
      stride: (stride, stride), padding: (padding, padding),
      outputPadding: (outputPadding, outputPadding))
  }
  /// Different on each axis.
  public init(
    stride: (Int, Int), padding: (Int, Int), outputPadding: (Int, Int) = (0, 0),
    farPadding: (Int, Int) = (0, 0)
  ) {
    precondition(stride.0 > 0 && stride.1 > 0 && padding.0 >= 0 && padding.1 >= 0, "bad geometry")
    precondition(farPadding.0 >= 0 && farPadding.1 >= 0, "bad geometry")
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
    self.farPadding = farPadding
  }
  /// TensorFlow's "SAME": as many windows as steps fit into the input, the odd zero below and on the right.
  public static func same(_ input: (Int, Int), kernel: Int, stride: Int) -> ConvolutionGeometry {
    func zeros(_ length: Int) -> Int {
      max(0, ((length + stride - 1) / stride - 1) * stride + kernel - length)
    }
    let all = (zeros(input.0), zeros(input.1))
    return ConvolutionGeometry(
      stride: (stride, stride), padding: (all.0 / 2, all.1 / 2), farPadding: (all.0 % 2, all.1 % 2))
  }
  /// Equality of all four.
  public static func == (a: Self, b: Self) -> Bool {
    a.stride == b.stride && a.padding == b.padding && a.outputPadding == b.outputPadding
      && a.farPadding == b.farPadding
  }

  /// Height and width of a plain convolution's output.
  public func narrow(_ wide: (Int, Int), _ kernel: (Int, Int)) -> (height: Int, width: Int) {
    let height = wide.0 + 2 * padding.0 + farPadding.0 - kernel.0
    let width = wide.1 + 2 * padding.1 + farPadding.1 - kernel.1
    precondition(height >= 0 && width >= 0, "kernel \(kernel) larger than the padded input \(wide)")
    return (height / stride.0 + 1, width / stride.1 + 1)
  }

  /// Height and width of a transposed convolution's output.
  public func wide(_ narrow: (Int, Int), _ kernel: (Int, Int)) -> (height: Int, width: Int) {
    let height = (narrow.0 - 1) * stride.0 - 2 * padding.0 + kernel.0 + outputPadding.0
    let width = (narrow.1 - 1) * stride.1 - 2 * padding.1 + kernel.1 + outputPadding.1
    precondition(height > 0 && width > 0, "nothing left after padding")
    return (height, width)
  }
}

/// Two-dimensional cross-correlation, `[N, C, H, W]` with weight `[O, C, KH, KW]`, as PyTorch's `conv2d`.
public func conv2d(
  _ x: Value, _ weight: Value, bias: Value? = nil, _ geometry: ConvolutionGeometry = .init()
) -> Value {
  precondition(
    x.shape.count == 3 && weight.shape.count == 4, "conv2d takes [C, H, W] and [O, C, KH, KW]")
  precondition(weight.shape[1] == x.shape[0], "weight \(weight.shape) for \(x.shape)")
  let (height, width) = geometry.narrow(
    (x.shape[1], x.shape[2]), (weight.shape[2], weight.shape[3]))
  let node = ConvolutionNode(
    x, weight, bias, wide: (x.shape[1], x.shape[2]), narrow: (height, width), geometry,
    transposed: false)
  return x.trace.append(
    node, domain: x.domain, shape: [weight.shape[0], height, width])
}

/// Transposed convolution, `[N, C, H, W]` with weight `[C, O, KH, KW]`, as PyTorch's `conv_transpose2d`.
public func convTranspose2d(
  _ x: Value, _ weight: Value, bias: Value? = nil, _ geometry: ConvolutionGeometry = .init()
) -> Value {
  precondition(x.shape.count == 3 && weight.shape.count == 4, "takes [C, H, W] and [C, O, KH, KW]")
  precondition(geometry.farPadding == (0, 0), "farPadding is for plain convolutions")
  precondition(weight.shape[0] == x.shape[0], "weight \(weight.shape) for \(x.shape)")
  let (height, width) = geometry.wide(
    (x.shape[1], x.shape[2]), (weight.shape[2], weight.shape[3]))
  let node = ConvolutionNode(
    x, weight, bias, wide: (height, width), narrow: (x.shape[1], x.shape[2]), geometry,
    transposed: true)
  return x.trace.append(
    node, domain: x.domain, shape: [weight.shape[1], height, width])
}

/// Both convolutions are one linear map between a wide and a narrow grid, read in opposite directions:
/// wide `i` and narrow `o` are joined by tap `k` where `i = o * stride + k - padding`.
final class ConvolutionNode: Node, SixRectifiableNode {
  private let wide: (Int, Int)
  private let narrow: (Int, Int)
  private let kernel: (Int, Int)
  private let inChannels: Int
  private let outChannels: Int
  private let geometry: ConvolutionGeometry
  private let transposed: Bool
  private let domain: Int
  private let hasBias: Bool
  private let weightStride: Int
  // With what the program's kernels can do once that is known.
  private var down: RegionPlan  // gathers the narrow grid from the wide one
  private var up: RegionPlan  // gathers the wide grid from the narrow one
  private var scratch: [Memory] = []
  /// The weight in the order of the register tiles, for one direction at a time.
  private var packed = Memory(floats: 0)
  var rectified = false
  var heldToSix = false
  /// Added to the output before it is rectified, in programs that only predict.
  var addend: Int? {
    didSet { if let addend { read(addend) } }
  }

  init(
    _ x: Value, _ weight: Value, _ bias: Value?, wide: (Int, Int), narrow: (Int, Int),
    _ geometry: ConvolutionGeometry, transposed: Bool
  ) {
    self.wide = wide
    self.narrow = narrow
    kernel = (weight.shape[2], weight.shape[3])
    self.geometry = geometry
    self.transposed = transposed
    inChannels = x.shape[0]
    outChannels = transposed ? weight.shape[1] : weight.shape[0]
    hasBias = bias != nil
    weightStride = FreeLayout(shape: weight.shape).stride
    precondition(bias == nil || bias!.shape == [outChannels], "one bias per output channel")
    precondition(max(kernel.0, kernel.1) <= 16, "kernels up to 16 x 16")
    domain = x.batchDomain
    down = RegionPlan(wide: wide, narrow: narrow, kernel: kernel, geometry, toNarrow: true)
    up = RegionPlan(wide: wide, narrow: narrow, kernel: kernel, geometry, toNarrow: false)
    super.init([x, weight] + (bias.map { [$0] } ?? []))
  }

  override func prepare(_ program: Program) {
    let kernels = program.step.kernels
    func plan(toNarrow: Bool) -> RegionPlan {
      RegionPlan(
        wide: wide, narrow: narrow, kernel: kernel, geometry, toNarrow: toNarrow, borders: kernels)
    }
    down = plan(toNarrow: true)
    up = plan(toNarrow: false)
    func packedRows(_ channels: Int) -> Int { Int(kernels.contract_packed(Int32(channels))) }
    let pairs = max(packedRows(outChannels) * inChannels, packedRows(inChannels) * outChannels)
    packed = Memory(floats: pairs * taps)
    if modes[1] != .none {
      let step = program.step
      var q = weightGradient(step, blocks: step.blocks(domain))
      let floats = Int(step.kernels.correlate_scratch(&q))
      scratch = (0..<step.threadCount).map { _ in Memory(floats: floats) }
    }
  }

  private var taps: Int { kernel.0 * kernel.1 }
  private var inPositions: Int { transposed ? narrow.0 * narrow.1 : wide.0 * wide.1 }
  private var outPositions: Int { transposed ? wide.0 * wide.1 : narrow.0 * narrow.1 }

  override var keepsOutput: Bool { rectified }

  override func forward(_ step: Step, _ thread: Int) {
    let plan = transposed ? up : down
    var q = BenchContract(
      in: step.data[inputs[0]], weight: step.data[inputs[1]],
      bias: hasBias ? UnsafePointer(step.data[inputs[2]]) : nil,
      addend: addend.map { UnsafePointer(step.data[$0]) }, packed: packed.floats,
      out: step.data[output],
      in_block: Int64(inChannels * inPositions * 16), in_channel: Int64(inPositions * 16),
      out_block: Int64(outChannels * outPositions * 16), out_channel: Int64(outPositions * 16),
      weight_out: Int64(transposed ? taps : weightStride),
      weight_in: Int64(transposed ? weightStride : taps), out_channels: Int32(outChannels),
      in_channels: Int32(inChannels), taps: Int32(taps), regions: Int32(plan.count),
      region: plan.regions, flags: rectifierFlags)
    pack(&q, step, thread)
    step.barrier()
    let (begin, end) = step.share(
      Int(step.kernels.contract_tasks(&q, Int32(step.blocks(domain)))), thread)
    step.kernels.contract(&q, begin, end)
  }

  private func pack(_ q: inout BenchContract, _ step: Step, _ thread: Int) {
    let (begin, end) = step.share(Int(step.kernels.contract_pack_tasks(&q)), thread)
    step.kernels.contract_pack(&q, begin, end)
  }

  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output] else { return }
    let blocks = step.blocks(domain)
    var towardsInput = gradient(step, 0).map { inputGradient($0, dy, step) }
    if towardsInput != nil { pack(&towardsInput!, step, thread) }
    if rectified || (hasBias && modes[2] != .none) {
      let (begin, end) = step.share(outChannels, thread)
      step.kernels.bias_gradient(
        dy, rectified ? UnsafePointer(step.data[output]) : nil, hasBias ? gradient(step, 2) : nil,
        Int64(outChannels * outPositions * 16), Int32(blocks), Int32(outPositions),
        hasBias ? accumulates(2) : 0, begin, end)
    }
    step.barrier()
    if modes[1] != .none {
      var q = weightGradient(step, blocks: blocks)
      let (begin, end) = step.share(Int(step.kernels.correlate_tasks(&q)), thread)
      step.kernels.correlate(&q, scratch[thread].floats, begin, end)
    }
    if var q = towardsInput {
      let (begin, end) = step.share(Int(step.kernels.contract_tasks(&q, Int32(blocks))), thread)
      step.kernels.contract(&q, begin, end)
    }
  }

  /// The weight's first index belongs to the narrow side of a convolution and of its transpose alike.
  private func weightGradient(_ step: Step, blocks: Int) -> BenchCorrelate {
    let wideChannels = transposed ? outChannels : inChannels
    let narrowChannels = transposed ? inChannels : outChannels
    let x = step.data[inputs[0]]
    let dy = step.gradient[output] ?? x
    return BenchCorrelate(
      out_gradient: transposed ? x : dy, in: transposed ? dy : x,
      weight_gradient: gradient(step, 1),
      in_block: Int64(wideChannels * wide.0 * wide.1 * 16), in_channel: Int64(wide.0 * wide.1 * 16),
      out_block: Int64(narrowChannels * narrow.0 * narrow.1 * 16),
      out_channel: Int64(narrow.0 * narrow.1 * 16), weight_out: Int64(weightStride),
      weight_in: Int64(taps), out_channels: Int32(narrowChannels), in_channels: Int32(wideChannels),
      blocks: Int32(blocks), in_height: Int32(wide.0), in_width: Int32(wide.1),
      out_height: Int32(narrow.0), out_width: Int32(narrow.1), kernel_height: Int32(kernel.0),
      kernel_width: Int32(kernel.1), stride_height: Int32(geometry.stride.0),
      stride_width: Int32(geometry.stride.1), pad_height: Int32(geometry.padding.0),
      pad_width: Int32(geometry.padding.1), flags: accumulates(1))
  }

  private func inputGradient(
    _ dx: UnsafeMutablePointer<Float>, _ dy: UnsafeMutablePointer<Float>, _ step: Step
  ) -> BenchContract {
    let plan = transposed ? down : up
    return BenchContract(
      in: dy, weight: step.data[inputs[1]], bias: nil, addend: nil, packed: packed.floats, out: dx,
      in_block: Int64(outChannels * outPositions * 16), in_channel: Int64(outPositions * 16),
      out_block: Int64(inChannels * inPositions * 16), out_channel: Int64(inPositions * 16),
      weight_out: Int64(transposed ? weightStride : taps),
      weight_in: Int64(transposed ? taps : weightStride), out_channels: Int32(inChannels),
      in_channels: Int32(outChannels), taps: Int32(taps), regions: Int32(plan.count),
      region: plan.regions, flags: accumulates(0))
  }
}

/// Positions of the gathered grid, grouped into rectangles whose every position sees the same taps, so that
/// borders need neither padding nor tests inside the kernel. Where the kernels have tiles for it, rectangles reach over
/// the left and right borders.
final class RegionPlan {
  let regions: UnsafeMutablePointer<BenchRegion>
  let count: Int
  private var tables: [UnsafeMutablePointer<Int32>] = []

  /// Consecutive positions of one axis with the same taps.
  private struct Run {
    var first: Int
    var count: Int
    var step: Int  // between positions of the gathered grid
    var source: Int  // of the first tap at the first position
    var sourceStep: Int
    var taps: [(tap: Int, offset: Int)]  // offset relative to `source`
    var missing = 0  // taps that the first and the last position lack
  }

  init(
    wide: (Int, Int), narrow: (Int, Int), kernel: (Int, Int), _ geometry: ConvolutionGeometry,
    toNarrow: Bool, borders kernels: BenchKernels? = nil
  ) {
    let rows = RegionPlan.runs(
      wide: wide.0, narrow: narrow.0, kernel: kernel.0, stride: geometry.stride.0,
      padding: geometry.padding.0, toNarrow)
    let columns =
      kernels.flatMap {
        RegionPlan.overBorders($0, wide.1, narrow.1, kernel.1, geometry, toNarrow).map { [$0] }
      }
      ?? RegionPlan.runs(
        wide: wide.1, narrow: narrow.1, kernel: kernel.1, stride: geometry.stride.1,
        padding: geometry.padding.1, toNarrow)
    let outWidth = toNarrow ? narrow.1 : wide.1
    let inWidth = toNarrow ? wide.1 : narrow.1
    count = rows.count * columns.count
    regions = .allocate(capacity: max(count, 1))
    var place = 0
    for row in rows {
      for column in columns {
        let taps = row.taps.count * column.taps.count
        let offsets = UnsafeMutablePointer<Int32>.allocate(capacity: max(taps, 1) * 2)
        tables.append(offsets)
        var t = 0
        for r in row.taps {
          for c in column.taps {
            offsets[t] = Int32((r.offset * inWidth + c.offset) * 16)
            offsets[taps + t] = Int32(r.tap * kernel.1 + c.tap)
            t += 1
          }
        }
        (regions + place).initialize(
          to: BenchRegion(
            rows: Int32(row.count), columns: Int32(column.count),
            out_base: Int64((row.first * outWidth + column.first) * 16),
            out_row: Int64(row.step * outWidth * 16), out_column: Int64(column.step * 16),
            in_base: Int64((row.source * inWidth + column.source) * 16),
            in_row: Int64(row.sourceStep * inWidth * 16), in_column: Int64(column.sourceStep * 16),
            taps: Int32(taps), in_offset: offsets, weight_offset: offsets + taps,
            row_taps: Int32(column.taps.count), missing: Int32(column.missing)))
        place += 1
      }
    }
  }

  deinit {
    for table in tables { table.deallocate() }
    regions.deallocate()
  }

  /// The whole width as one run with all taps of the kernel, if the first and last positions lack some and the kernels have
  /// tiles for that.
  private static func overBorders(
    _ kernels: BenchKernels, _ wide: Int, _ narrow: Int, _ kernel: Int,
    _ geometry: ConvolutionGeometry, _ toNarrow: Bool
  ) -> Run? {
    guard geometry.stride.1 == 1 else { return nil }
    let padding = geometry.padding.1
    let before = toNarrow ? padding : kernel - 1 - padding
    let after = toNarrow ? narrow + kernel - 1 - padding - wide : wide + padding - narrow
    let count = toNarrow ? narrow : wide
    guard before > 0,
      kernels.contract_borders(Int32(kernel), Int32(before), Int32(after), Int32(count)) != 0
    else { return nil }
    return Run(
      first: 0, count: count, step: 1, source: toNarrow ? -padding : padding, sourceStep: 1,
      taps: (0..<kernel).map { (tap: $0, offset: toNarrow ? $0 : -$0) }, missing: before)
  }

  private static func runs(
    wide: Int, narrow: Int, kernel: Int, stride: Int, padding: Int, _ toNarrow: Bool
  ) -> [Run] {
    // Towards the wide grid, neighbours alternate between `stride` phases.
    let phases = toNarrow ? 1 : stride
    var runs: [Run] = []
    for phase in 0..<phases {
      var current: Run?
      var position = phase
      while position < (toNarrow ? narrow : wide) {
        var pairs: [(tap: Int, source: Int)] = []
        for k in 0..<kernel {
          if toNarrow {
            let i = position * stride + k - padding
            if i >= 0 && i < wide { pairs.append((k, i)) }
          } else {
            let top = position + padding - k
            if top >= 0 && top % stride == 0 && top / stride < narrow {
              pairs.append((k, top / stride))
            }
          }
        }
        let source = pairs.first?.source ?? 0
        let taps = pairs.map { (tap: $0.tap, offset: $0.source - source) }
        let step = toNarrow ? stride : 1
        if var run = current, run.taps.map(\.tap) == taps.map(\.tap),
          run.taps.isEmpty || source == run.source + run.count * step
        {
          run.count += 1
          current = run
        } else {
          if let current { runs.append(current) }
          current = Run(
            first: position, count: 1, step: phases, source: source,
            sourceStep: taps.isEmpty ? 0 : step,
            taps: taps)
        }
        position += phases
      }
      if let current { runs.append(current) }
    }
    return runs
  }
}
