import Compute

/// Kernels cut out of the convolutions of trained networks: what a prior of kernels is learned from.
public struct SourceKernels: Sendable {
  /// Height and width.
  public let size: Int
  /// `[N, size, size]`.
  public private(set) var numbers: [Float] = []

  /// None yet.
  public init(size: Int) {
    precondition(size > 0, "kernels of some size")
    self.size = size
  }

  /// How many.
  public var count: Int { numbers.count / (size * size) }

  /// Adds every input-output pair of a weight `[O, C, size, size]` whose norm is at least `minimumNorm`: those that the
  /// penalty of the source network has brought to nothing say nothing of kernels.
  public mutating func append(_ weight: [Float], minimumNorm: Double) {
    let length = size * size
    precondition(weight.count % length == 0, "kernels of \(size) x \(size)")
    for start in stride(from: 0, to: weight.count, by: length) {
      let kernel = weight[start..<start + length]
      let squares = kernel.reduce(0.0) { $0 + Double($1) * Double($1) }
      if squares.squareRoot() >= minimumNorm { numbers += kernel }
    }
  }

  /// At most so many of them, in random order: a part of them comes from all networks alike.
  public func sample(_ most: Int, stream: RandomStream) -> SourceKernels {
    var generator = stream.generator
    let length = size * size
    var chosen = SourceKernels(size: size)
    for index in permutation(count, using: &generator).prefix(most) {
      chosen.numbers += numbers[Int(index) * length..<(Int(index) + 1) * length]
    }
    return chosen
  }
}
