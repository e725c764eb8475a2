import CKernels

/// Sum over the features of each example: one number per example.
public func sumFeatures(_ x: Value) -> Value {
  x.trace.append(SumFeaturesNode(x), domain: x.trace.values[x.id].domain, shape: [1])
}
/// Mean over the valid examples of one number per example; a scalar, summed in double precision.
public func mean(_ x: Value) -> Value {
  precondition(x.isBatched && x.count == 1, "one number per example; sum features first")
  return x.trace.append(MeanNode(x), domain: nil, shape: [1])
}
/// Sum of a free value; a scalar, summed in double precision.
public func sum(_ x: Value) -> Value {
  precondition(!x.isBatched, "sum examples with mean or sumFeatures")
  return x.trace.append(SumNode(x), domain: nil, shape: [1])
}

final class SumFeaturesNode: Node {
  private let features: Int
  private let domain: Int
  init(_ x: Value) {
    features = x.count
    guard let domain = x.trace.values[x.id].domain else {
      preconditionFailure("takes a batched value")
    }
    self.domain = domain
    super.init([x])
  }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(step.blocks(domain), thread)
    step.kernels.sum_features(step.data[inputs[0]], step.data[output], Int32(features), begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share(step.blocks(domain), thread)
    step.kernels.spread_features(dy, dx, Int32(features), accumulates(0), begin, end)
  }
}

final class MeanNode: Node {
  private let domain: Int
  private var total = 0.0
  init(_ x: Value) {
    domain = x.trace.values[x.id].domain!
    super.init([x])
  }
  override var double: Double? { total }
  override func forward(_ step: Step, _ thread: Int) {
    guard thread == 0 else { return }
    let count = step.examples[domain]
    total = step.kernels.sum(step.data[inputs[0]], Int64(count)) / Double(count)
    step.data[output].pointee = Float(total)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard thread == 0, let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let count = step.examples[domain]
    let share = dy.pointee / Float(count)
    // Lanes past the last example must stay silent.
    for n in 0..<padded(count) {
      dx[n] = (n < count ? share : 0) + (modes[0] == .accumulate ? dx[n] : 0)
    }
  }
}

final class SumNode: Node {
  private let layout: FreeLayout
  private var total = 0.0
  init(_ x: Value) {
    layout = FreeLayout(shape: x.shape)
    super.init([x])
  }
  override var double: Double? { total }
  override func forward(_ step: Step, _ thread: Int) {
    guard thread == 0 else { return }
    total = 0
    for row in 0..<layout.rows {
      total += step.kernels.sum(step.data[inputs[0]] + row * layout.stride, Int64(layout.columns))
    }
    step.data[output].pointee = Float(total)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share64(layout.floats / 16, thread)
    if modes[0] == .write {
      step.kernels.fill(dx, dy.pointee, begin, end)
    } else {
      for i in Int(begin) * 16..<Int(end) * 16 { dx[i] += dy.pointee }
    }
  }
}
