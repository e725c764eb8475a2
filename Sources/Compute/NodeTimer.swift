import CKernels
import Foundation

/// Adds up what each operation of a program costs, in processor time of the first thread.
///
/// A class because a program adds to it while steps run.
public final class NodeTimer {
  /// The cost of one operation.
  public struct Entry: Sendable {
    /// What it is: kind, output shape, input shapes.
    public let name: String
    /// Seconds in forward passes, all steps together.
    public fileprivate(set) var forward = 0.0
    /// Seconds in backward passes, all steps together.
    public fileprivate(set) var backward = 0.0
  }

  /// In the order of the forward pass.
  public private(set) var entries: [Entry] = []
  private var places: [ObjectIdentifier: Int] = [:]
  private let trace: Trace

  /// Sets out the operations of a program; assign it to the program's `timer` to begin.
  public init(_ program: Program) {
    trace = program.trace
    for node in trace.nodes where !(node is FusedNode) {
      places[ObjectIdentifier(node)] = entries.count
      entries.append(Entry(name: name(node)))
    }
  }

  private func name(_ node: Node) -> String {
    var kind = String(describing: type(of: node))
    if kind.hasSuffix("Node") { kind.removeLast(4) }
    if let unary = node as? UnaryNode { kind += " \(unary.operation.rawValue)" }
    if let layer = node as? any RectifiableNode, layer.rectified { kind += "+relu" }
    func shape(_ value: Int) -> String {
      let record = trace.values[value]
      return "[" + record.shape.map(String.init).joined(separator: ",") + "]"
        + (record.parameter.map { " \(trace.parameters[$0].name)" } ?? "")
    }
    return
      "\(kind) \(node.outputs.map(shape).joined(separator: " ")) <- \(node.inputs.map(shape).joined(separator: " "))"
  }

  func work(_ thread: Int, forward: [Node], backward: [Node], _ step: Step) {
    var last = thread == 0 ? processorTime() : 0
    /// Seconds since the last call.
    func lap() -> Double {
      let now = processorTime()
      defer { last = now }
      return now - last
    }
    for node in forward {
      node.forward(step, thread)
      step.barrier()
      if thread == 0 { entries[places[ObjectIdentifier(node)]!].forward += lap() }
    }
    for node in backward {
      node.backward(step, thread)
      step.barrier()
      if thread == 0 { entries[places[ObjectIdentifier(node)]!].backward += lap() }
    }
  }
}

/// Processor time of the calling thread in seconds.
public func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
