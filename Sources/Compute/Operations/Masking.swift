import CKernels

/// x times a mask of zeros and ones in the forward pass; the gradient reaches all of x as if there were no mask
/// (straight through), so that what is masked goes on moving and may come back. Both are free values of one shape.
///
/// A mask that stops gradients too is the product `x * mask`.
public func straightThroughMask(_ x: Value, by mask: Value) -> Value {
  precondition(x.shape == mask.shape && !x.isBatched && !mask.isBatched, "free values of one shape")
  return x.trace.append(StraightThroughMaskNode(x, mask), domain: nil, shape: x.shape)
}

final class StraightThroughMaskNode: Node {
  private let extent: Extent

  init(_ x: Value, _ mask: Value) {
    extent = Extent(x)
    super.init([x, mask])
  }
  override func keepsInput(_ input: Int) -> Bool { false }
  override var keepsOutput: Bool { false }
  override func differentiates(_ input: Int) -> Bool { input == 0 }
  override func forward(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share64(extent.total(step), thread)
    step.kernels.binary(
      BENCH_MULTIPLY, step.data[inputs[0]], step.data[inputs[1]], step.data[output], begin, end)
  }
  override func backward(_ step: Step, _ thread: Int) {
    guard let dy = step.gradient[output], let dx = gradient(step, 0) else { return }
    let (begin, end) = step.share64(extent.total(step), thread)
    step.kernels.scale(dy, dx, 1, accumulates(0), begin, end)
  }
}

extension ParameterSet {
  /// Sets a mask where numbers are small or large, and leaves it as it is between: 0 where `|x| <= low`, 1 where
  /// `|x| > high`. Allocates nothing.
  ///
  /// - Parameters:
  ///   - mask: the parameter that holds the mask.
  ///   - name: the parameter of the same shape whose magnitudes are compared.
  public func updateMask(_ mask: String, of name: String, low: Float, high: Float) {
    precondition(low <= high, "a band from \(low) to \(high)")
    let (target, source) = (layout[mask], layout[name])
    precondition(target.shape == source.shape, "\(mask): \(target.shape), \(name): \(source.shape)")
    let free = source.layout
    for row in 0..<free.rows {
      let x = values.floats + source.offset + row * free.stride
      let m = values.floats + target.offset + row * free.stride
      for i in 0..<free.columns {
        let size = abs(x[i])
        m[i] = size > high ? 1 : size <= low ? 0 : m[i]
      }
    }
  }
}
