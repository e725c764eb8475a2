import CKernels
import Foundation

/// Minus the log density of all numbers of `x` under a mixture of Gaussians with a fixed component at zero:
/// `-Σ_i log Σ_j π_j N(x_i | μ_j, 1/λ_j)`, j = 0 … J, where `μ_0 = 0` and `π_0 = zeroShare` stay, and the other shares
/// are `(1 - π_0) softmax(logits)`. A scalar, summed in double precision; gradients reach everything but `π_0`.
///
/// - Parameters:
///   - x: a free value.
///   - zeroLogPrecision: log λ_0, `[1]`.
///   - means: μ_1 … μ_J, `[J]`; `logPrecisions` and `logits` likewise.
public func mixtureEnergy(
  _ x: Value, zeroShare: Float, zeroLogPrecision: Value, means: Value, logPrecisions: Value,
  logits: Value
) -> Value {
  precondition(!x.isBatched && zeroLogPrecision.count == 1, "a free value, one precision at zero")
  precondition(
    means.shape.count == 1 && logPrecisions.shape == means.shape && logits.shape == means.shape,
    "one mean, precision and logit per component")
  precondition(means.count < Int(BENCH_MIXTURE_LARGEST), "\(means.count) components")
  precondition(zeroShare > 0 && zeroShare < 1, "a share of \(zeroShare)")
  return x.trace.append(
    MixtureNode(x, zeroLogPrecision, means, logPrecisions, logits, zeroShare: zeroShare),
    domain: nil, shape: [1])
}

/// The forward pass leaves the slope of every number and the sums of responsibilities from which all gradients follow.
final class MixtureNode: Node {
  private let layout: FreeLayout
  private let components: Int  // the one at zero included
  private let zeroShare: Float
  private let slope: Memory
  // Mean, precision and log weight of each component.
  private let table: Memory
  // Every thread writes its own rows: memory, not arrays.
  private let energies: UnsafeMutablePointer<Double>  // by row
  private let sums: UnsafeMutablePointer<Double>  // by row: [3][components]
  private var totals: [Double]
  private var shares: [Double]  // softmax of the logits
  private var total = 0.0

  init(
    _ x: Value, _ zeroLogPrecision: Value, _ means: Value, _ logPrecisions: Value, _ logits: Value,
    zeroShare: Float
  ) {
    layout = FreeLayout(shape: x.shape)
    components = means.count + 1
    self.zeroShare = zeroShare
    slope = Memory(floats: layout.floats)
    table = Memory(floats: 3 * padded(components))
    energies = .allocate(capacity: layout.rows)
    energies.initialize(repeating: 0, count: layout.rows)
    sums = .allocate(capacity: layout.rows * 3 * components)
    sums.initialize(repeating: 0, count: layout.rows * 3 * components)
    totals = Array(repeating: 0, count: 3 * components)
    shares = Array(repeating: 0, count: components - 1)
    super.init([x, zeroLogPrecision, means, logPrecisions, logits])
  }

  deinit {
    energies.deallocate()
    sums.deallocate()
  }

  override var double: Double? { total }
  override var keepsOutput: Bool { false }

  private var means: UnsafeMutablePointer<Float> { table.floats }
  private var precisions: UnsafeMutablePointer<Float> { table.floats + padded(components) }
  private var logWeights: UnsafeMutablePointer<Float> { table.floats + 2 * padded(components) }

  /// Lays out the components as the kernel reads them.
  private func tabulate(_ step: Step) {
    let logits = step.data[inputs[4]]
    var top = -Float.infinity
    for j in 0..<components - 1 { top = max(top, logits[j]) }
    var mass = 0.0
    for j in 0..<components - 1 {
      shares[j] = Foundation.exp(Double(logits[j] - top))
      mass += shares[j]
    }
    for j in 0..<components {
      let logPrecision = Double(
        j == 0 ? step.data[inputs[1]].pointee : step.data[inputs[3]][j - 1])
      var share = Double(zeroShare)
      if j > 0 {
        shares[j - 1] /= mass
        share = (1 - share) * shares[j - 1]
      }
      means[j] = j == 0 ? 0 : step.data[inputs[2]][j - 1]
      precisions[j] = Float(Foundation.exp(logPrecision))
      logWeights[j] = Float(
        Foundation.log(share) + 0.5 * logPrecision - 0.5 * Foundation.log(2 * Double.pi))
    }
  }

  override func forward(_ step: Step, _ thread: Int) {
    if thread == 0 { tabulate(step) }
    step.barrier()
    var plan = BenchMixture(
      mean: means, precision: precisions, log_weight: logWeights, components: Int32(components))
    let (begin, end) = step.share(layout.rows, thread)
    for row in Int(begin)..<Int(end) {
      let place = row * layout.stride
      energies[row] = step.kernels.mixture(
        &plan, step.data[inputs[0]] + place, slope.floats + place,
        sums + row * 3 * components, Int64(layout.columns))
    }
    step.barrier()
    guard thread == 0 else { return }
    total = 0
    for row in 0..<layout.rows { total += energies[row] }
    step.data[output].pointee = Float(total)
  }

  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output]?.pointee else { return }
    if let dx = gradient(step, 0) {
      let (begin, end) = step.share64(layout.floats / 16, thread)
      step.kernels.scale(slope.floats, dx, dy, accumulates(0), begin, end)
    }
    guard thread == 0 else { return }
    for place in totals.indices {
      totals[place] = 0
      for row in 0..<layout.rows { totals[place] += sums[row * 3 * components + place] }
    }
    func add(_ input: Int, _ index: Int, _ value: Double) {
      guard let gradient = gradient(step, input) else { return }
      gradient[index] = dy * Float(value) + (modes[input] == .accumulate ? gradient[index] : 0)
    }
    var others = 0.0
    for j in 1..<components { others += totals[j] }
    for j in 0..<components {
      let (r, rd, rdd) = (totals[j], totals[components + j], totals[2 * components + j])
      let precision = Double(precisions[j])
      let ofLogPrecision = 0.5 * (precision * rdd - r)
      guard j > 0 else {
        add(1, 0, ofLogPrecision)
        continue
      }
      add(2, j - 1, -precision * rd)
      add(3, j - 1, ofLogPrecision)
      add(4, j - 1, shares[j - 1] * others - r)
    }
  }
}
