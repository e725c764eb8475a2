import CKernels

/// Minus the log-probability of the label under softmax(logits): one number per example, `[N]`.
public func softmaxCrossEntropy(_ logits: Value, _ labels: Labels) -> Value {
  logits.trace.append(
    SoftmaxCrossEntropyNode(logits, labels), domain: logits.domain,
    shape: [1])
}
/// log softmax over the features of each example.
public func logSoftmax(_ x: Value) -> Value {
  x.trace.append(LogSoftmaxNode(x), domain: x.domain, shape: x.shape)
}
/// Minus the Bernoulli log-likelihood of targets in [0, 1] given logits, summed over features: one number per example.
public func binaryCrossEntropy(logits: Value, target: Value) -> Value {
  precondition(logits.count == target.count, "one target per logit")
  return logits.trace.append(
    BinaryCrossEntropyNode(logits, target), domain: logits.domain,
    shape: [1])
}

final class SoftmaxCrossEntropyNode: Node {
  private let classes: Int
  private let labels: LabelNode
  private let domain: Int
  private var probabilities: Memory?

  init(_ logits: Value, _ labels: Labels) {
    classes = logits.count
    self.labels = labels.node
    domain = logits.batchDomain
    super.init([logits, labels.value])
  }
  override func prepare(_ program: Program) {
    probabilities = Memory(floats: padded(program.trace.capacities[domain]) * classes)
  }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(step.blocks(domain), thread)
    step.kernels.softmax_cross_entropy(
      step.data[inputs[0]], labels.labels, probabilities!.floats, step.data[output], Int32(classes),
      Int32(step.examples[domain]), begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share(step.blocks(domain), thread)
    step.kernels.softmax_cross_entropy_gradient(
      probabilities!.floats, labels.labels, dy, dx, Int32(classes), Int32(step.examples[domain]),
      accumulates(0), begin, end)
  }
}

final class LogSoftmaxNode: Node {
  private let classes: Int
  private let domain: Int
  init(_ x: Value) {
    classes = x.count
    domain = x.batchDomain
    super.init([x])
  }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(step.blocks(domain), thread)
    step.kernels.log_softmax(step.data[inputs[0]], step.data[output], Int32(classes), begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share(step.blocks(domain), thread)
    step.kernels.log_softmax_gradient(
      step.data[output], dy, dx, Int32(classes), accumulates(0), begin, end)
  }
}

final class BinaryCrossEntropyNode: Node {
  private let features: Int
  private let domain: Int
  init(_ logits: Value, _ target: Value) {
    features = logits.count
    domain = logits.batchDomain
    super.init([logits, target])
  }
  override func differentiates(_ input: Int) -> Bool { input == 0 }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(step.blocks(domain), thread)
    step.kernels.binary_cross_entropy(
      step.data[inputs[0]], step.data[inputs[1]], step.data[output], Int32(features), begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share(step.blocks(domain), thread)
    step.kernels.binary_cross_entropy_gradient(
      step.data[inputs[0]], step.data[inputs[1]], dy, dx, Int32(features), accumulates(0), begin,
      end)
  }
}
