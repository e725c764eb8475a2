/// Which values and gradients may lie in the memory of others, so that a step touches less of it.
///
/// An elementwise node may write over an input that nobody reads again, and hand its output's gradient on in place.
struct SharedBuffers {
  /// Where a gradient lies.
  enum Place {
    /// In the gradient of this value.
    case gradient(Int)
    /// In the numbers of this value, which its backward pass has read for the last time.
    case data(Int)
  }

  /// Value to the value in whose memory it lies.
  private(set) var data: [Int: Int] = [:]
  /// Value to the place of its gradient.
  private(set) var gradient: [Int: Place] = [:]

  /// - Parameter roots: values that are read after a step, which nothing may overwrite.
  init(_ trace: Trace, backward: [Node], roots: [Int]) {
    let kept = Set(roots)
    func isPrivate(_ id: Int) -> Bool {
      trace.values[id].consumers == 1 && !kept.contains(id) && trace.values[id].parameter == nil
    }
    for node in trace.nodes where node.output >= 0 {
      for (index, input) in node.inputs.enumerated()
      where node.mayOverwrite(index) && isPrivate(input) && !node.keepsInput(index) {
        guard let producer = trace.values[input].producer, !trace.nodes[producer].keepsOutput,
          trace.nodes[producer].outputs.count == 1
        else { continue }
        data[node.output] = data[input] ?? input
        break
      }
    }
    // Backwards: the output's place is known before the input's.
    for node in backward where node.output >= 0 && !kept.contains(node.output) {
      for (index, input) in node.inputs.enumerated()
      where node.passesGradient(index) && node.modes[index] == .write && isPrivate(input) {
        gradient[input] = gradient[node.output] ?? .gradient(node.output)
        break
      }
      if let sample = node as? SampleGaussianNode, sample.modes[1] == .write,
        isPrivate(sample.inputs[1]),
        let producer = trace.values[sample.inputs[1]].producer, !trace.nodes[producer].keepsOutput
      {
        // The variance is not read again: the slope takes its place, and then the gradient the slope's.
        sample.slopeReplacesVariance = true
        gradient[sample.inputs[1]] = .data(sample.inputs[1])
      }
    }
  }
}
