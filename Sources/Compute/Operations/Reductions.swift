import CKernels

/// Sum over the features of each example: one number per example.
public func sumFeatures(_ x: Value) -> Value {
  x.trace.append(SumFeaturesNode(x), domain: x.domain, shape: [1])
}
/// Mean over the valid examples of one number per example; a scalar, summed in double precision.
public func mean(_ x: Value) -> Value {
  precondition(x.isBatched && x.count == 1, "one number per example; sum features first")
  return x.trace.append(MeanNode(x), domain: nil, shape: [1])
}
/// Sum over the valid examples of each feature: a free value of `[features]`.
public func sumExamples(_ x: Value) -> Value {
  x.trace.append(SumExamplesNode(x), domain: nil, shape: [x.count])
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
    domain = x.batchDomain
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
    domain = x.batchDomain
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
    let (begin, end) = step.share(layout.rows, thread)
    for row in Int(begin)..<Int(end) {
      let to = dx + row * layout.stride
      // The padding behind a row is no part of the sum.
      for i in 0..<layout.stride {
        to[i] = (i < layout.columns ? dy.pointee : 0) + (modes[0] == .accumulate ? to[i] : 0)
      }
    }
  }
}

final class SumExamplesNode: Node {
  private let features: Int
  private let domain: Int
  init(_ x: Value) {
    features = x.count
    domain = x.batchDomain
    super.init([x])
  }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(features, thread)
    let x = step.data[inputs[0]]
    for feature in Int(begin)..<Int(end) {
      var total = 0.0
      for n in 0..<step.examples[domain] {
        total += Double(x[(n / 16 * features + feature) * 16 + n % 16])
      }
      step.data[output][feature] = Float(total)
    }
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share(features, thread)
    let count = step.examples[domain]
    for feature in Int(begin)..<Int(end) {
      for n in 0..<padded(count) {
        let place = (n / 16 * features + feature) * 16 + n % 16
        // Lanes past the last example must stay silent.
        dx[place] = (n < count ? dy[feature] : 0) + (modes[0] == .accumulate ? dx[place] : 0)
      }
    }
  }
}
