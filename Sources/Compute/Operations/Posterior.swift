import CKernels

/// The mean of a Gaussian weight posterior N(mean, exp(logVariance)), with weights of log alpha >= `threshold` set
/// to zero; log alpha = logVariance - log(mean² + 1e-8). No gradient flows to a mean that is zeroed.
public func keptMean(_ mean: Value, logVariance: Value, threshold: Float) -> Value {
  precondition(mean.shape == logVariance.shape && !mean.isBatched, "two free values of one shape")
  let node = PosteriorNode(mean, logVariance, threshold: threshold)
  let output = mean.trace.append(node, domain: nil, shape: mean.shape)
  node.kept = output.id
  return output
}

/// KL divergence of N(mean, exp(logVariance)) from the log-uniform prior, summed over weights, by the sigmoid
/// approximation of Molchanov et al. 2017, eq. 14, with log alpha clipped to [-8, 8]; zero as alpha grows.
public func logUniformDivergence(_ mean: Value, logVariance: Value) -> Value {
  precondition(mean.shape == logVariance.shape && !mean.isBatched, "two free values of one shape")
  let node = PosteriorNode(mean, logVariance, threshold: .infinity)
  let output = mean.trace.append(node, domain: nil, shape: [1])
  node.divergence = output.id
  return output
}

/// What follows from a Gaussian weight posterior in one pass over its parameters: kept mean, variance, divergence.
///
/// `keptMean` and `logUniformDivergence` make a node each; a program joins the nodes of one posterior, and the
/// exponential of its log-variance, into one (`Program.fusePosteriors`).
final class PosteriorNode: Node {
  private let layout: FreeLayout
  private let threshold: Float
  /// Places in `outputs`.
  var kept: Int?
  var variance: Int?
  var divergence: Int?
  private var slope: Memory?
  // Every thread writes its own rows: memory, not an array.
  private let rows: UnsafeMutablePointer<Double>
  private var total = 0.0

  init(_ mean: Value, _ logVariance: Value, threshold: Float) {
    layout = FreeLayout(shape: mean.shape)
    self.threshold = threshold
    rows = .allocate(capacity: layout.rows)
    rows.initialize(repeating: 0, count: layout.rows)
    super.init([mean, logVariance])
  }

  /// A node that does the work of several of one posterior.
  init(joining parts: [PosteriorNode], inputs: [Int]) {
    layout = parts[0].layout
    threshold = parts.first { $0.kept != nil }?.threshold ?? .infinity
    rows = .allocate(capacity: layout.rows)
    rows.initialize(repeating: 0, count: layout.rows)
    super.init(ids: inputs)
  }

  deinit { rows.deallocate() }

  override var outputs: [Int] { [kept, variance, divergence].compactMap { $0 } }
  override var double: Double? { divergence == nil ? nil : total }

  override func prepare(_ program: Program) {
    if divergence != nil { slope = Memory(floats: layout.floats) }
  }

  // A kept mean's place in the cut is a choice, not a function to differentiate: only the divergence and the variance
  // pass gradients to the log-variance.
  override func differentiates(_ input: Int) -> Bool {
    input == 0 ? kept != nil || divergence != nil : variance != nil || divergence != nil
  }

  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(layout.rows, thread)
    for row in Int(begin)..<Int(end) {
      let place = row * layout.stride
      rows[row] = step.kernels.gaussian_weights(
        step.data[inputs[0]] + place, step.data[inputs[1]] + place,
        kept.map { step.data[$0] + place },
        variance.map { step.data[$0] + place }, slope.map { $0.floats + place }, threshold,
        Int64(layout.columns))
    }
    guard let divergence else { return }
    step.barrier()
    if thread == 0 {
      total = 0
      for row in 0..<layout.rows { total += rows[row] }
      step.data[divergence].pointee = Float(total)
    }
  }

  override func backward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share64(layout.floats / 16, thread)
    let share = divergence.flatMap { step.gradient[$0]?.pointee }
    step.kernels.gaussian_weights_gradient(
      step.data[inputs[0]], kept.map { UnsafePointer(step.data[$0]) },
      variance.map { UnsafePointer(step.data[$0]) },
      share == nil ? nil : slope.map { UnsafePointer($0.floats) },
      kept.flatMap { step.gradient[$0].map { UnsafePointer($0) } },
      variance.flatMap { step.gradient[$0].map { UnsafePointer($0) } }, share ?? 0,
      gradient(step, 0),
      gradient(step, 1), accumulates(0), accumulates(1), begin, end)
  }
}

extension Program {
  /// Joins everything that is computed from one Gaussian posterior into one node.
  static func fusePosteriors(_ trace: Trace) {
    var parts: [[Int]: [Int]] = [:]  // inputs to places
    for (place, node) in trace.nodes.enumerated() {
      if node is PosteriorNode { parts[node.inputs, default: []].append(place) }
    }
    for (inputs, places) in parts.sorted(by: { $0.value[0] < $1.value[0] }) {
      let nodes = places.map { trace.nodes[$0] as! PosteriorNode }
      guard nodes.filter({ $0.kept != nil }).count <= 1,
        nodes.filter({ $0.divergence != nil }).count <= 1
      else { continue }
      // Free values other than parameters are computed somewhere: the joint node may not come before that.
      guard inputs.allSatisfy({ trace.values[$0].parameter != nil }) else { continue }
      let joint = PosteriorNode(joining: nodes, inputs: inputs)
      joint.kept = nodes.compactMap(\.kept).first
      joint.divergence = nodes.compactMap(\.divergence).first
      var replaced = places
      if let place = trace.nodes.firstIndex(where: {
        ($0 as? UnaryNode)?.operation == BENCH_EXP && $0.inputs == [inputs[1]]
      }) {
        joint.variance = trace.nodes[place].output
        replaced.append(place)
      }
      let first = replaced.min()!
      for place in replaced { trace.nodes[place] = FusedNode() }
      trace.nodes[first] = joint
      for output in joint.outputs { trace.values[output].producer = first }
    }
  }
}
