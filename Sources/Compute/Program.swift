import CKernels
import Foundation

/// How stochastic nodes behave in a step.
public enum Mode: Sendable {
  /// Noise is drawn, batch statistics are used and running ones updated.
  case training
  /// Noise is replaced by its mean, running statistics are used.
  case evaluation
  /// Noise is drawn, running statistics are used.
  case sampling
}

/// Everything that a node may ask about the step in progress.
///
/// A class because all threads of a step look at the same one.
final class Step {
  var mode = Mode.training
  var examples: [Int] = []
  var seed: UInt64 = 0
  var index: UInt32 = 0
  let kernels: BenchKernels
  let path: KernelPath
  let threadCount: Int
  let threads: OpaquePointer
  var data: [UnsafeMutablePointer<Float>]
  var gradient: [UnsafeMutablePointer<Float>?]

  init(path: KernelPath, threadCount: Int, values: Int) {
    kernels = path.table.pointee
    self.path = path
    self.threadCount = threadCount
    threads = bench_threads_create(Int32(threadCount))
    let nowhere = UnsafeMutablePointer<Float>(bitPattern: 64)!
    data = Array(repeating: nowhere, count: values)
    gradient = Array(repeating: nil, count: values)
  }
  deinit { bench_threads_destroy(threads) }

  func barrier() { if threadCount > 1 { bench_threads_barrier(threads) } }

  /// The share of `count` tasks that belongs to a thread.
  func share(_ count: Int, _ thread: Int) -> (Int32, Int32) {
    (Int32(count * thread / threadCount), Int32(count * (thread + 1) / threadCount))
  }
  func share64(_ count: Int, _ thread: Int) -> (Int64, Int64) {
    (Int64(count * thread / threadCount), Int64(count * (thread + 1) / threadCount))
  }
  func blocks(_ domain: Int) -> Int { (examples[domain] + 15) / 16 }
  func noise(_ purpose: UInt32) -> BenchNoise {
    BenchNoise(seed: seed, purpose: purpose, step: index)
  }
}

/// Work between steps that all threads share, such as an optimiser's.
///
/// A class that its owner keeps, because a closure would be allocated anew in every step.
class ParallelWork {
  fileprivate var step: Step?
  func run(_ step: Step, _ thread: Int) {}
}

/// A fixed sequence of kernels with preallocated buffers, traced once from a forward pass and replayed every step.
///
/// It holds no parameters: each step is given a parameter set, the mode, the number of valid examples and the
/// bindings. A class because it owns buffers and threads. Not safe for use by two callers at a time.
public final class Program {
  /// Examples the program has room for.
  public let capacity: Int
  /// Parameters the program reads, with the places they have in a parameter set.
  public let parameters: ParameterLayout
  let trace: Trace
  let step: Step
  private let loss: Value?
  private let memory: Memory
  var transposedWeights: [Int: TransposedWeight] = [:]  // by value
  private var schedules: [[Node]] = []  // per mode
  private var backwardSchedule: [Node] = []
  private var untouched: [ParameterLayout.Entry] = []
  private var active: [Node] = []
  private var isBackward = false
  /// Measures the steps that run while it is set.
  public var timer: NodeTimer?
  private let parameterValues: [(value: Int, entry: ParameterLayout.Entry)]

  /// Traces `body`, which returns the loss to differentiate, or nil for a program that only predicts.
  public init(
    batch: Int, threads: Int = 1, path: KernelPath = .current, _ body: (Trace) -> Value?
  ) {
    let trace = Trace(batch: batch)
    let loss = body(trace)
    self.trace = trace
    self.loss = loss
    capacity = batch
    let step = Step(path: path, threadCount: threads, values: trace.values.count)
    step.examples = trace.capacities
    self.step = step
    let layout = ParameterLayout(trace.parameters)
    parameters = layout
    Program.fusePosteriors(trace)
    let tapped = trace.outputs.map(\.value.id)
    if loss == nil { Program.fuseSums(trace, keeping: tapped) }
    Program.fuseRectifiers(trace, keeping: tapped, predictsOnly: loss == nil)
    parameterValues = trace.parameters.map { ($0.value, layout[$0.name]) }

    // Which values pass a gradient back: those that need one and that the loss depends on.
    var reached = Set<Int>()
    var backward: [Node] = []
    if let loss {
      precondition(
        !loss.isBatched && loss.count == 1, "a loss is one number: reduce it over examples first")
      reached.insert(loss.id)
      let training = Program.schedule(trace, roots: [loss.id], mode: .training)
      for node in training.reversed()
      where node.outputs.contains(where: { reached.contains($0) && trace.values[$0].needsGradient })
      {
        node.modes = node.inputs.enumerated().map { index, input in
          guard trace.values[input].needsGradient, node.differentiates(index) else { return .none }
          return reached.insert(input).inserted ? .write : .accumulate
        }
        backward.append(node)
      }
    }
    backwardSchedule = backward
    untouched = trace.parameters.filter { $0.role == .trainable && !reached.contains($0.value) }
      .map { layout[$0.name] }

    let shared = SharedBuffers(
      trace, backward: backward, roots: trace.outputs.map(\.value.id) + [loss?.id ?? -1])

    // One buffer for all values and gradients.
    func floats(_ id: Int) -> Int {
      let record = trace.values[id]
      guard let domain = record.domain else { return FreeLayout(shape: record.shape).floats }
      return padded(trace.capacities[domain]) * record.shape.reduce(1, *)
    }
    let lives =
      loss == nil ? LifetimePlan(trace, shared: shared, roots: tapped, floats: floats) : nil
    var data = lives?.offsets ?? [:]
    var gradients: [Int: Int] = [:]
    var total = lives?.total ?? 0
    for (id, record) in trace.values.enumerated() where record.parameter == nil && !record.isFused {
      let floats = floats(id)
      if shared.data[id] == nil, data[id] == nil {
        data[id] = total
        total += padded(floats) + 16
      }
      if reached.contains(id), shared.gradient[id] == nil {
        gradients[id] = total
        total += padded(floats) + 16
      }
    }
    memory = Memory(floats: total)
    for (id, record) in trace.values.enumerated() where record.parameter == nil && !record.isFused {
      step.data[id] = memory.floats + data[shared.data[id] ?? id]!
      guard reached.contains(id) else { continue }
      step.gradient[id] =
        switch shared.gradient[id] {
        case .gradient(let other): memory.floats + gradients[other]!
        case .data(let other): memory.floats + data[shared.data[other] ?? other]!
        case nil: memory.floats + gradients[id]!
        }
    }
    if let loss { step.gradient[loss.id]?.pointee = 1 }
    let roots = trace.outputs.map(\.value.id) + (loss.map { [$0.id] } ?? [])
    schedules = [Mode.training, .evaluation, .sampling].map {
      Program.schedule(trace, roots: roots, mode: $0)
    }
    for node in trace.nodes { node.prepare(self) }
  }

  /// Lets a layer whose only reader is a rectifier apply it while it writes: one pass over memory less each way.
  private static func fuseRectifiers(
    _ trace: Trace, keeping tapped: [Int], predictsOnly: Bool
  ) {
    for (index, node) in trace.nodes.enumerated() {
      guard let rectifier = node as? UnaryNode,
        [BENCH_RELU_OP, BENCH_RELU6_OP].contains(rectifier.operation),
        let producer = trace.values[node.inputs[0]].producer,
        let layer = trace.nodes[producer] as? any RectifiableNode, !layer.rectified,
        trace.values[node.inputs[0]].consumers == 1, !tapped.contains(node.inputs[0])
      else { continue }
      if rectifier.operation == BENCH_RELU6_OP {
        guard predictsOnly, let layer = layer as? any SixRectifiableNode else { continue }
        layer.heldToSix = true
      }
      layer.rectified = true
      trace.values[layer.output].isFused = true
      layer.output = rectifier.output
      trace.values[rectifier.output].producer = producer
      trace.nodes[index] = FusedNode()
    }
  }

  /// Lets a convolution whose only reader is a sum add the other term while it writes. The other term must be
  /// there by then.
  private static func fuseSums(_ trace: Trace, keeping tapped: [Int]) {
    for (index, node) in trace.nodes.enumerated() {
      guard let sum = node as? BinaryNode, sum.operation == BENCH_ADD else { continue }
      for (own, other) in [(1, 0), (0, 1)] {
        let term = node.inputs[own], addend = node.inputs[other]
        guard term != addend, trace.values[term].consumers == 1, !tapped.contains(term),
          let producer = trace.values[term].producer,
          let convolution = trace.nodes[producer] as? ConvolutionNode,
          convolution.addend == nil, !convolution.rectified,
          let earlier = trace.values[addend].producer, earlier < producer
        else { continue }
        convolution.addend = addend
        trace.values[term].isFused = true
        convolution.output = node.output
        trace.values[node.output].producer = producer
        trace.nodes[index] = FusedNode()
        break
      }
    }
  }

  /// The nodes that the roots depend on, in order.
  private static func schedule(_ trace: Trace, roots: [Int], mode: Mode) -> [Node] {
    var needed = Set(roots)
    var chosen: [Node] = []
    for node in trace.nodes.reversed() where !needed.isDisjoint(with: node.outputs) {
      chosen.append(node)
      needed.formUnion(node.dependencies(mode))
    }
    return chosen.reversed()
  }

  /// The parameters that a forward pass reads, without the memory of a program.
  public static func parameters(_ body: (Trace) -> Void) -> ParameterLayout {
    let trace = Trace(batch: 1)
    body(trace)
    return ParameterLayout(trace.parameters)
  }

  /// Bytes of its values and gradients.
  public var bytes: Int { memory.count * 4 }

  // MARK: Bindings

  private func inputNode<T: Node>(_ name: String, _: T.Type) -> T {
    guard let id = trace.inputs[name], let producer = trace.values[id].producer,
      let node = trace.nodes[producer] as? T
    else { preconditionFailure("the program has no such input: \(name)") }
    return node
  }

  /// Whether something is bound under a name.
  public func hasInput(_ name: String) -> Bool { trace.inputs[name] != nil }

  /// Binds rows of a table to an input; the rows are read when the step runs.
  public func bind(_ name: String, _ table: RowTable, rows: ArraySlice<Int32>) {
    inputNode(name, InputNode.self).bind(table, rows: rows)
  }
  /// Binds `[N, features…]` numbers to an input.
  public func bind(_ name: String, _ numbers: [Float]) {
    let node = inputNode(name, InputNode.self)
    let features = trace.values[node.output].shape.reduce(1, *)
    let rows = numbers.count / features
    precondition(rows * features == numbers.count, "\(name): wrong number of floats")
    node.bind(
      RowTable(floats: numbers, features: features), rows: (0..<Int32(rows))[...].map { $0 }[...])
  }
  /// Binds class labels.
  public func bind(labels name: String, _ labels: [Int32], rows: ArraySlice<Int32>) {
    inputNode(name, LabelNode.self).bind(labels, rows: rows)
  }
  /// Binds class labels in the order of the batch.
  public func bind(labels name: String, _ labels: [Int32]) {
    inputNode(name, LabelNode.self).bind(labels, rows: labels.indices.map(Int32.init)[...])
  }
  /// Binds a number.
  public func bind(_ name: String, _ number: Double) {
    inputNode(name, ScalarNode.self).number = Float(number)
  }

  // MARK: Steps

  /// Runs the forward pass, and the backward pass where asked; gradients land in `parameters`.
  ///
  /// - Parameters:
  ///   - examples: valid rows of the batch; all of `capacity` where nil.
  ///   - noise: seed of the noise of this step; equal seeds and indices give equal noise.
  public func run(
    _ set: ParameterSet, mode: Mode, examples: Int? = nil, noise: UInt64 = 0, index: UInt32 = 0,
    backward: Bool = false
  ) {
    let count = examples ?? capacity
    precondition(count > 0 && count <= capacity, "\(count) examples in a program for \(capacity)")
    precondition(
      !backward || (loss != nil && mode != .evaluation), "gradients need a loss and noise")
    step.mode = mode
    step.examples[0] = count
    step.seed = noise
    step.index = index
    for (value, entry) in parameterValues {
      let place = set.layout.offset(of: entry)
      step.data[value] = set.values.floats + place
      step.gradient[value] = entry.role == .trainable ? set.gradients.floats + place : nil
    }
    if backward {
      for entry in untouched {
        let place = set.layout.offset(of: entry)
        memset(set.gradients.floats + place, 0, entry.layout.floats * 4)
      }
    }
    active = schedules[mode == .training ? 0 : mode == .evaluation ? 1 : 2]
    isBackward = backward
    let context = Unmanaged.passUnretained(self).toOpaque()
    bench_threads_run(
      step.threads,
      { raw, thread in
        Unmanaged<Program>.fromOpaque(raw!).takeUnretainedValue().work(Int(thread))
      }, context)
  }

  private func work(_ thread: Int) {
    if let timer {
      return timer.work(thread, forward: active, backward: isBackward ? backwardSchedule : [], step)
    }
    for node in active {
      node.forward(step, thread)
      step.barrier()
    }
    if isBackward {
      for node in backwardSchedule {
        node.backward(step, thread)
        step.barrier()
      }
    }
  }

  /// Runs work on every thread of the program, between steps.
  func run(_ work: ParallelWork) {
    work.step = step
    bench_threads_run(
      step.threads,
      { raw, thread in
        let work = Unmanaged<ParallelWork>.fromOpaque(raw!).takeUnretainedValue()
        work.run(work.step!, Int(thread))
      }, Unmanaged.passUnretained(work).toOpaque())
    work.step = nil
  }

  // MARK: Results

  /// A scalar of the last step, in double precision where the program summed it so.
  public func number(_ value: Value) -> Double {
    precondition(!value.isBatched && value.count == 1, "not a scalar")
    if let producer = trace.values[value.id].producer, let sum = trace.nodes[producer].double {
      return sum
    }
    return Double(step.data[value.id].pointee)
  }
  /// The loss of the last step.
  public var lossNumber: Double { loss.map(number) ?? .nan }
  /// A tapped scalar by name.
  public func number(_ name: String) -> Double { number(tapped(name)) }

  private func tapped(_ name: String) -> Value {
    guard let output = trace.outputs.first(where: { $0.name == name }) else {
      preconditionFailure("the program has no tap named \(name)")
    }
    return output.value
  }

  /// The numbers of a tapped value: `[N, features…]` of the valid rows, or a free value in its own order.
  public func read(_ name: String) -> [Float] { read(tapped(name), step.data[tapped(name).id]) }

  /// The gradient of the loss with respect to a tapped value, after a backward pass.
  public func readGradient(_ name: String) -> [Float] {
    let value = tapped(name)
    guard let gradient = step.gradient[value.id] else {
      preconditionFailure("\(name) receives no gradient")
    }
    return read(value, gradient)
  }

  private func read(_ value: Value, _ floats: UnsafeMutablePointer<Float>) -> [Float] {
    guard let domain = value.domain else {
      return unpack(floats, FreeLayout(shape: trace.values[value.id].shape))
    }
    let features = value.count
    let examples = step.examples[domain]
    return [Float](unsafeUninitializedCapacity: examples * features) { buffer, count in
      for n in 0..<examples {
        let block = floats + n / 16 * features * 16 + n % 16
        for f in 0..<features { buffer[n * features + f] = block[f * 16] }
      }
      count = examples * features
    }
  }
}

/// Reads a padded free value into its own order.
func unpack(_ floats: UnsafePointer<Float>, _ layout: FreeLayout) -> [Float] {
  var out: [Float] = []
  out.reserveCapacity(layout.rows * layout.columns)
  for row in 0..<layout.rows {
    out.append(
      contentsOf: UnsafeBufferPointer(start: floats + row * layout.stride, count: layout.columns))
  }
  return out
}
