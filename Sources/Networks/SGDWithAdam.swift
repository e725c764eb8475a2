import Compute

/// Gradient descent with momentum for some parameters, Adam with a rate of its own for the others.
///
/// A class because optimisers own the memory that kernels update in place.
public final class SGDWithAdam: Optimiser {
  /// `sgd_adam`.
  public static let name = "sgd_adam"
  /// Those of both.
  public static let memories = SGD.memories + Adam.memories
  private let descent: SGD
  private let adam: Adam
  private let adamRate: Double
  private let isAdams: (String) -> Bool

  /// The two at the start.
  ///
  /// - Parameters:
  ///   - adamRate: rate of Adam's parameters, always the same; the rate of a step, its decay and factors are for the others.
  ///   - isAdams: whether a parameter is Adam's, by name.
  public init(
    _ layout: ParameterLayout, momentum: Double = 0.9, adamRate: Double,
    isAdams: @escaping (String) -> Bool
  ) {
    descent = SGD(layout, momentum: momentum)
    adam = Adam(layout)
    self.adamRate = adamRate
    self.isAdams = isAdams
  }

  /// Steps taken.
  public var steps: Int { adam.steps }
  /// Floats of each memory.
  public var stateCount: Int { adam.stateCount }

  /// One step of each with its own parameters.
  public func update(
    _ set: ParameterSet, rate: Double, decay: Double, on program: Program,
    rateOf: ((String) -> Double)?
  ) {
    descent.update(set, rate: rate, decay: decay, on: program) { [isAdams] name in
      isAdams(name) ? 0 : rateOf?(name) ?? rate
    }
    adam.update(set, rate: adamRate, on: program) { [isAdams, adamRate] name in
      isAdams(name) ? adamRate : 0
    }
  }

  /// A memory of either.
  public func memory(_ name: String) -> [Float] {
    SGD.memories.contains(name) ? descent.memory(name) : adam.memory(name)
  }

  /// Restores a state of the same layout.
  public func restore(steps: Int, memories: [String: [Float]]) {
    descent.restore(steps: steps, memories: memories)
    adam.restore(steps: steps, memories: memories)
  }
}
