import CKernels

/// What happens to an input's gradient in a backward pass: nothing, the first contribution, or one more.
enum GradientMode { case none, write, accumulate }

/// One operation of a program: its inputs, its output and what it does in each direction.
///
/// A class hierarchy because a program is a list of unlike operations, each with its own scratch memory. Every
/// method runs on all threads at once; a node shares its tasks out with `Step.share`.
class Node {
  private(set) var inputs: [Int]
  var output = -1
  var modes: [GradientMode] = []

  init(_ inputs: [Value]) {
    self.inputs = inputs.map(\.id)
    modes = inputs.map { _ in .none }
    if let first = inputs.first {
      precondition(inputs.allSatisfy { $0.trace === first.trace }, "values of two programs mixed")
    }
  }

  init(ids: [Int]) {
    inputs = ids
    modes = ids.map { _ in .none }
  }

  /// Lets the node read one more value, through which no gradient flows.
  func read(_ value: Int) {
    inputs.append(value)
    modes.append(.none)
  }

  /// All values that it writes; most nodes write one.
  var outputs: [Int] { output < 0 ? [] : [output] }
  /// Whether the output may be written over an input of the same size.
  func mayOverwrite(_ input: Int) -> Bool { false }
  /// Whether the backward pass reads the numbers of an input.
  func keepsInput(_ input: Int) -> Bool { true }
  /// Whether the backward pass reads the numbers of the output.
  var keepsOutput: Bool { true }
  /// Whether the gradient of an input may be written over that of the output.
  func passesGradient(_ input: Int) -> Bool { false }

  /// Allocates scratch memory once all shapes are known.
  func prepare(_ program: Program) {}
  /// The inputs that must be computed in a mode.
  func dependencies(_ mode: Mode) -> [Int] { inputs }
  /// Whether gradients flow to this input.
  func differentiates(_ input: Int) -> Bool { true }
  func forward(_ step: Step, _ thread: Int) {}
  func backward(_ step: Step, _ thread: Int) {}
  /// The output in double precision, of nodes that sum.
  var double: Double? { nil }

  /// The gradient buffer of an input, or nil where none is asked for.
  func gradient(_ step: Step, _ input: Int) -> UnsafeMutablePointer<Float>? {
    modes[input] == .none ? nil : step.gradient[inputs[input]]
  }
  func accumulates(_ input: Int) -> Int32 { modes[input] == .accumulate ? 1 : 0 }
}

/// Stands where a node was that another now does the work of; no schedule contains it.
final class FusedNode: Node {
  init() { super.init([]) }
}

/// Vectors of 16 floats that a value takes in the current step.
struct Extent {
  let domain: Int?
  let vectors: Int  // per block, or in all for free values

  init(_ value: Value) {
    domain = value.domain
    vectors =
      domain == nil
      ? FreeLayout(shape: value.trace.values[value.id].shape).floats / 16 : value.count
  }
  func total(_ step: Step) -> Int { domain.map { step.blocks($0) * vectors } ?? vectors }
}
