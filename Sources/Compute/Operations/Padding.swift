import CKernels
import Foundation

/// Channels of zeros before and after those of a batched value.
public func padChannels(_ x: Value, before: Int, after: Int) -> Value {
  precondition(before >= 0 && after >= 0, "channels to add: \(before), \(after)")
  precondition(!x.shape.isEmpty, "takes a value with channels")
  return x.trace.append(
    PadChannelsNode(x, before, after), domain: x.batchDomain,
    shape: [before + x.shape[0] + after] + x.shape.dropFirst())
}

final class PadChannelsNode: Node {
  private let before: Int
  private let size: Int
  private let after: Int
  private let domain: Int
  private var whole: Int { before + size + after }

  init(_ x: Value, _ before: Int, _ after: Int) {
    self.before = before * x.positions
    size = x.count
    self.after = after * x.positions
    domain = x.batchDomain
    super.init([x])
  }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(step.blocks(domain), thread)
    for block in Int(begin)..<Int(end) {
      let to = step.data[output] + block * whole * 16
      memset(to, 0, before * 64)
      memcpy(to + before * 16, step.data[inputs[0]] + block * size * 16, size * 64)
      memset(to + (before + size) * 16, 0, after * 64)
    }
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share(step.blocks(domain), thread)
    for block in Int(begin)..<Int(end) {
      step.kernels.scale(
        dy + (block * whole + before) * 16, dx + block * size * 16, 1, accumulates(0), 0,
        Int64(size))
    }
  }
}
