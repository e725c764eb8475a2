import CKernels
import Foundation

/// Features of several batched values side by side, along the first dimension (channels).
public func concatenate(_ parts: [Value]) -> Value {
  guard let first = parts.first else { preconditionFailure("nothing to concatenate") }
  precondition(
    parts.allSatisfy { $0.isBatched && $0.shape.dropFirst() == first.shape.dropFirst() },
    "parts differ beyond the first dimension")
  let channels = parts.map(\.channels).reduce(0, +)
  return first.trace.append(
    ConcatenateNode(parts: parts), domain: first.domain,
    shape: [channels] + first.shape.dropFirst())
}

extension Value {
  /// A range of the first dimension (channels) of a batched value.
  public subscript(channels range: Range<Int>) -> Value {
    precondition(
      isBatched && !shape.isEmpty && range.upperBound <= shape[0], "\(range) of \(shape)")
    return trace.append(
      SliceNode(self, range), domain: domain,
      shape: [range.count] + shape.dropFirst())
  }
}

extension Trace {
  /// Parts of free values of one shape `[A, B, …, features…]`, the same of each: batches of one domain. The first `axes`
  /// dimensions count the parts, so that 2 makes the kernels of a convolution's `[O, C, KH, KW]` examples `[KH, KW]`;
  /// index `o · C + c` is kernel `[o, c]`. Which take part is bound under `name`, exactly `count` of them.
  public func examples(
    of parameters: [Value], axes: Int, count: Int, indices name: String
  ) -> [Value] {
    guard let first = parameters.first else { preconditionFailure("nothing to take examples of") }
    precondition(
      parameters.allSatisfy { !$0.isBatched && $0.shape == first.shape }
        && (1..<first.shape.count).contains(axes), "takes free values of one shape with parts")
    precondition(inputs[name] == nil, "two inputs named \(name)")
    capacities.append(count)
    let domain = capacities.count - 1
    let chosen = ChosenRows()
    return parameters.map { parameter in
      let node = ExamplesNode(parameter, axes, count, domain, chosen)
      let output = append(node, domain: domain, shape: Array(parameter.shape.dropFirst(axes)))
      if inputs[name] == nil { inputs[name] = output.id }
      return output
    }
  }
}

/// Rows bound to a name, shared by the nodes that take them.
final class ChosenRows {
  var rows: [Int32] = []
}

extension Program {
  /// Binds which rows or parts of parameters take part as examples; each at most once.
  public func bind(indices name: String, _ rows: [Int32]) {
    guard let id = trace.inputs[name], let producer = trace.values[id].producer,
      let node = trace.nodes[producer] as? ExamplesNode
    else { preconditionFailure("the program has no such indices: \(name)") }
    node.bind(rows)
  }
}

final class ConcatenateNode: Node {
  private let sizes: [Int]
  private let total: Int
  private let domain: Int
  init(parts: [Value]) {
    sizes = parts.map(\.count)
    total = sizes.reduce(0, +)
    domain = parts[0].batchDomain
    super.init(parts)
  }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(step.blocks(domain), thread)
    for block in Int(begin)..<Int(end) {
      var place = block * total * 16
      for (input, size) in zip(inputs, sizes) {
        memcpy(step.data[output] + place, step.data[input] + block * size * 16, size * 64)
        place += size * 16
      }
    }
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output] else { return }
    let (begin, end) = step.share(step.blocks(domain), thread)
    for block in Int(begin)..<Int(end) {
      var place = block * total * 16
      for (index, size) in sizes.enumerated() {
        if let dx = gradient(step, index) {
          step.kernels.scale(
            dy + place, dx + block * size * 16, 1, accumulates(index), 0, Int64(size))
        }
        place += size * 16
      }
    }
  }
}

final class SliceNode: Node {
  private let whole: Int
  private let start: Int
  private let size: Int
  private let domain: Int
  init(_ x: Value, _ range: Range<Int>) {
    whole = x.count
    start = range.lowerBound * x.positions
    size = range.count * x.positions
    domain = x.batchDomain
    super.init([x])
  }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share(step.blocks(domain), thread)
    for block in Int(begin)..<Int(end) {
      memcpy(
        step.data[output] + block * size * 16, step.data[inputs[0]] + (block * whole + start) * 16,
        size * 64)
    }
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share(step.blocks(domain), thread)
    for block in Int(begin)..<Int(end) {
      let to = dx + block * whole * 16
      if modes[0] == .write {
        // The first slice to arrive clears what no slice may reach.
        memset(to, 0, whole * 64)
      }
      step.kernels.scale(dy + block * size * 16, to + start * 16, 1, accumulates(0), 0, Int64(size))
    }
  }
}

final class ExamplesNode: Node {
  private let layout: FreeLayout
  /// Parts of a row, and numbers of a part.
  private let pieces: Int
  private let features: Int
  private let count: Int
  private let domain: Int
  private let chosen: ChosenRows
  private var pointers: UnsafeMutablePointer<UnsafePointer<Float>?>?
  private var scratch: Memory?
  init(_ parameter: Value, _ axes: Int, _ count: Int, _ domain: Int, _ chosen: ChosenRows) {
    layout = FreeLayout(shape: parameter.shape)
    pieces = parameter.shape[1..<axes].reduce(1, *)
    features = layout.columns / pieces
    precondition(count <= layout.rows * pieces, "\(count) examples of \(layout.rows * pieces)")
    self.count = count
    self.domain = domain
    self.chosen = chosen
    super.init([parameter])
  }
  deinit { pointers?.deallocate() }
  override func prepare(_ program: Program) {
    pointers = .allocate(capacity: padded(count))
    pointers?.initialize(repeating: nil, count: padded(count))
    scratch = Memory(floats: padded(count) * rowStride(features))
  }
  func bind(_ rows: [Int32]) {
    precondition(rows.count == count, "\(rows.count) indices for \(count) examples")
    precondition(
      rows.allSatisfy { $0 >= 0 && $0 < layout.rows * pieces }, "an index out of range")
    // Two examples of one part would add to one gradient at a time.
    precondition(Set(rows).count == rows.count, "an index stands twice")
    chosen.rows = rows
  }
  /// Where a part begins.
  private func offset(_ row: Int32) -> Int {
    Int(row) / pieces * layout.stride + Int(row) % pieces * features
  }
  override func forward(_ step: Step, _ thread: Int) {
    precondition(chosen.rows.count == count, "indices were not bound")
    if thread == 0 {
      for (place, row) in chosen.rows.enumerated() {
        pointers![place] = UnsafePointer(step.data[inputs[0]]) + offset(row)
      }
    }
    step.barrier()
    let (begin, end) = step.share((features + 15) / 16, thread)
    step.kernels.from_rows(
      pointers!, step.data[output], Int32(features), Int32(count), begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    if modes[0] == .write {
      let (begin, end) = step.share64(layout.floats / 16, thread)
      step.kernels.fill(dx, 0, begin, end)
    }
    let stride = rowStride(features)
    let (begin, end) = step.share((features + 15) / 16, thread)
    step.kernels.to_rows(
      dy, scratch!.floats, Int64(stride), Int32(features), Int32(step.blocks(domain)), begin, end)
    step.barrier()
    let (first, last) = step.share(count, thread)
    for place in Int(first)..<Int(last) {
      let from = scratch!.floats + place * stride
      let to = dx + offset(chosen.rows[place])
      for feature in 0..<features { to[feature] += from[feature] }
    }
  }
}
