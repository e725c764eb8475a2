import Compute

/// The RandAugment variant of greedy policy search: a few transforms drawn with replacement, each with its own magnitude
/// U(−M, M).
///
/// Source: Molchanov et al. 2020, github.com/SamsungLabs/gps-augment; Cubuk et al. 2019 draw one magnitude for all.
public struct RandAugment: Hashable, Sendable {
  /// Number N of transforms; ImageNet's resized crop comes before them and is not counted.
  public var transforms: Int
  /// Largest magnitude M.
  public var magnitude: Double
  /// Whose transforms.
  public var family: PolicyFamily

  /// Training's numbers unless told otherwise.
  public init(transforms: Int = 3, magnitude: Double = 45, family: PolicyFamily = .cifar) {
    precondition(transforms >= 0, "transforms: must not be negative")
    precondition(magnitude >= 0 && magnitude.isFinite, "magnitude: must not be negative")
    self.transforms = transforms
    self.magnitude = magnitude
    self.family = family
  }

  /// P(N(0, 1) < ½): how often the authors' code turns the sign of a magnitude before it is used, an accident that matters for the
  /// four signed transforms only.
  public static let signTurned = 0.691_462_461_274_013_1

  /// A random sub-policy.
  public func subPolicy(using generator: inout some RandomNumberGenerator) -> SubPolicy {
    var steps: [SubPolicy.Step] = []
    if family == .imageNet {
      steps.append(.init(.randomResizedCrop, uniform(-magnitude, magnitude, &generator)))
    }
    let choices = family.transforms.filter { $0 != .randomResizedCrop }
    for _ in 0..<transforms {
      let transform = choices[whole(below: choices.count, &generator)]
      steps.append(.init(transform, uniform(-magnitude, magnitude, &generator)))
    }
    return SubPolicy(steps)
  }

  /// The first `count` sub-policies of a stream; each has its own stream below it, so that more of them leave the first as they are.
  public func subPolicies(_ count: Int, from stream: RandomStream) -> [SubPolicy] {
    (0..<count).map { index in
      var generator = stream.child(index).generator
      return subPolicy(using: &generator)
    }
  }
}

extension SubPolicy {
  /// Every magnitude's sign turned with a probability, as in the authors' training and, unless told not to, their evaluation.
  public func turningSigns(
    with probability: Double = RandAugment.signTurned,
    using generator: inout some RandomNumberGenerator
  ) -> SubPolicy {
    var turned = self
    for index in steps.indices where uniform(0, 1, &generator) < probability {
      turned.steps[index].magnitude.negate()
    }
    return turned
  }
}
