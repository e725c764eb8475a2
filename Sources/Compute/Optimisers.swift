import CKernels
import Foundation

/// Moves the trainable parameters of a set against their gradients, remembering what it needs from step to step.
public protocol Optimiser: AnyObject {
  /// What checkpoints call it, such as `adam`.
  static var name: String { get }
  /// What it remembers of every trainable parameter, by the names that checkpoints use.
  static var memories: [String] { get }
  /// Steps taken.
  var steps: Int { get }
  /// Floats of each memory.
  var stateCount: Int { get }

  /// One step.
  ///
  /// - Parameters:
  ///   - decay: L2 penalty added to the gradient.
  ///   - rateOf: the rate of a parameter, by name; `rate` for all where nil.
  func update(
    _ set: ParameterSet, rate: Double, decay: Double, on program: Program,
    rateOf: ((String) -> Double)?)
  /// The numbers of a memory, to write into a checkpoint.
  func memory(_ name: String) -> [Float]
  /// Restores a state of the same layout.
  func restore(steps: Int, memories: [String: [Float]])
}

/// Adam (Kingma and Ba 2015), as PyTorch's `Adam` with its defaults:
/// `w -= rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)`.
///
/// A class because it owns the moments that kernels update in place.
public final class Adam: Optimiser {
  /// `adam`.
  public static let name = "adam"
  /// The two moments.
  public static let memories = ["first", "second"]
  /// Decay of the first moment.
  public let beta1: Double
  /// Decay of the second moment.
  public let beta2: Double
  /// Added to the root of the second moment.
  public let epsilon: Double
  /// Steps taken.
  public private(set) var steps = 0
  private let layout: ParameterLayout
  private let first: Memory
  private let second: Memory
  private let work = AdamWork()

  /// Moments of zero for the trainable parameters of a layout.
  public init(
    _ layout: ParameterLayout, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8
  ) {
    self.layout = layout
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    first = Memory(floats: layout.trainable)
    second = Memory(floats: layout.trainable)
  }

  /// Moves the trainable parameters against their gradients.
  ///
  /// - Parameters:
  ///   - rateOf: the rate of a parameter, by name; the same for all where nil.
  ///   - decay: L2 penalty added to the gradient.
  public func update(
    _ set: ParameterSet, rate: Double, decay: Double = 0, on program: Program,
    rateOf: ((String) -> Double)? = nil
  ) {
    steps += 1
    let correction1 = 1 / (1 - pow(beta1, Double(steps)))
    let correction2 = 1 / (1 - pow(beta2, Double(steps))).squareRoot()
    func move(_ offset: Int, _ floats: Int, _ rate: Double) {
      work.vectors = floats / 16
      work.plan = BenchAdam(
        value: set.values.floats + offset, gradient: set.gradients.floats + offset,
        first: first.floats + offset, second: second.floats + offset, rate: Float(rate),
        beta1: Float(beta1), beta2: Float(beta2), rest1: Float(1 - beta1), rest2: Float(1 - beta2),
        epsilon: Float(epsilon),
        correction1: Float(correction1), correction2: Float(correction2), decay: Float(decay))
      program.run(work)
    }
    guard let rateOf else { return move(0, layout.trainable, rate) }
    for entry in layout.entries where entry.role == .trainable {
      move(entry.offset, entry.layout.floats, rateOf(entry.name))
    }
  }

  /// The state to write into a checkpoint: steps, first and second moments.
  public var state: (steps: Int, first: [Float], second: [Float]) {
    (
      steps, Array(UnsafeBufferPointer(start: first.floats, count: layout.trainable)),
      Array(UnsafeBufferPointer(start: second.floats, count: layout.trainable))
    )
  }

  /// Restores a state of the same layout.
  public func restore(steps: Int, first: [Float], second: [Float]) {
    precondition(
      first.count == layout.trainable && second.count == layout.trainable, "another layout")
    self.steps = steps
    memcpy(self.first.floats, first, first.count * 4)
    memcpy(self.second.floats, second, second.count * 4)
  }

  /// A moment by name.
  public func memory(_ name: String) -> [Float] { name == "first" ? state.first : state.second }

  /// Restores a state of the same layout.
  public func restore(steps: Int, memories: [String: [Float]]) {
    guard let first = memories["first"], let second = memories["second"] else {
      preconditionFailure("a state of another optimiser")
    }
    restore(steps: steps, first: first, second: second)
  }

  /// Floats of each moment.
  public var stateCount: Int { layout.trainable }
}

/// Stochastic gradient descent with momentum, in PyTorch's convention.
///
/// A class because it owns the velocity that kernels update in place.
public final class SGD: Optimiser {
  /// `sgd`.
  public static let name = "sgd"
  /// The velocity.
  public static let memories = ["velocity"]
  /// Share of the velocity kept.
  public let momentum: Double
  /// Whether to look ahead (Nesterov).
  public let nesterov: Bool
  /// Steps taken.
  public private(set) var steps = 0
  private let layout: ParameterLayout
  private let velocity: Memory
  private let work = SGDWork()

  /// A velocity of zero for the trainable parameters of a layout.
  public init(_ layout: ParameterLayout, momentum: Double = 0.9, nesterov: Bool = false) {
    self.layout = layout
    self.momentum = momentum
    self.nesterov = nesterov
    velocity = Memory(floats: layout.trainable)
  }

  /// Moves the trainable parameters against their gradients plus `decay` times themselves.
  public func update(
    _ set: ParameterSet, rate: Double, decay: Double = 0, on program: Program,
    rateOf: ((String) -> Double)? = nil
  ) {
    steps += 1
    work.momentum = Float(momentum)
    work.decay = Float(decay)
    work.nesterov = nesterov ? 1 : 0
    func move(_ offset: Int, _ floats: Int, _ rate: Double) {
      work.vectors = floats / 16
      work.value = set.values.floats + offset
      work.gradient = set.gradients.floats + offset
      work.velocity = velocity.floats + offset
      work.rate = Float(rate)
      program.run(work)
    }
    guard let rateOf else { return move(0, layout.trainable, rate) }
    for entry in layout.entries where entry.role == .trainable {
      move(entry.offset, entry.layout.floats, rateOf(entry.name))
    }
  }

  /// The velocity, to write into a checkpoint.
  public var state: [Float] {
    Array(UnsafeBufferPointer(start: velocity.floats, count: layout.trainable))
  }
  /// Restores the velocity of the same layout.
  public func restore(_ state: [Float]) {
    precondition(state.count == layout.trainable, "another layout")
    memcpy(velocity.floats, state, state.count * 4)
  }

  /// Floats of the velocity.
  public var stateCount: Int { layout.trainable }

  /// The velocity.
  public func memory(_ name: String) -> [Float] { state }

  /// Restores a state of the same layout.
  public func restore(steps: Int, memories: [String: [Float]]) {
    guard let velocity = memories["velocity"] else {
      preconditionFailure("a state of another optimiser")
    }
    restore(velocity)
    self.steps = steps
  }
}

private final class AdamWork: ParallelWork {
  var plan = BenchAdam()
  var vectors = 0
  override func run(_ step: Step, _ thread: Int) {
    var plan = plan
    let (begin, end) = step.share64(vectors, thread)
    step.kernels.adam(&plan, begin, end)
  }
}

private final class SGDWork: ParallelWork {
  var value, gradient, velocity: UnsafeMutablePointer<Float>?
  var (rate, momentum, decay): (Float, Float, Float) = (0, 0, 0)
  var nesterov: Int32 = 0
  var vectors = 0
  override func run(_ step: Step, _ thread: Int) {
    let (begin, end) = step.share64(vectors, thread)
    step.kernels.sgd(value, gradient, velocity, rate, momentum, decay, nesterov, begin, end)
  }
}
