extension Adam {
  /// First and second moment of a trainable parameter, in row-major order of its shape.
  public func moments(of name: String, in layout: ParameterLayout) -> (
    first: [Float], second: [Float]
  ) {
    let entry = layout[name]
    precondition(
      entry.role == .trainable && layout.trainable == stateCount, "no moments of \(name)")
    return (
      unpack(first.floats + entry.offset, entry.layout),
      unpack(second.floats + entry.offset, entry.layout)
    )
  }

  /// Restores steps and moments, given parameter by parameter in row-major order.
  public func restore(
    steps: Int, in layout: ParameterLayout, moments: (String) -> (first: [Float], second: [Float])
  ) {
    precondition(layout.trainable == stateCount, "another layout")
    var first = [Float](repeating: 0, count: stateCount)
    var second = first
    for entry in layout.entries where entry.role == .trainable {
      let (m, v) = moments(entry.name)
      precondition(m.count == entry.count && v.count == entry.count, "\(entry.name): another shape")
      let free = entry.layout
      for row in 0..<free.rows {
        let to = entry.offset + row * free.stride
        let from = row * free.columns
        first.replaceSubrange(to..<to + free.columns, with: m[from..<from + free.columns])
        second.replaceSubrange(to..<to + free.columns, with: v[from..<from + free.columns])
      }
    }
    restore(steps: steps, first: first, second: second)
  }
}
