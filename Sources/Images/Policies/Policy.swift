import Compute

/// What a picture is shown as at test: sub-policies, of which each makes one view, and whose predictions are averaged.
public struct Policy: Hashable, Sendable {
  /// Whose transforms and border.
  public var family: PolicyFamily
  /// What it is called, for people.
  public var title: String
  /// Where it is from, for people.
  public var source: String
  /// In the order of their views; not empty.
  public var elements: [SubPolicy]

  /// A policy.
  public init(
    family: PolicyFamily, title: String = "", source: String = "", _ elements: [SubPolicy]
  ) {
    precondition(!elements.isEmpty, "elements: none")
    self.family = family
    self.title = title
    self.source = source
    self.elements = elements
  }

  /// A view of a picture by the element of this number; behind the last comes the first again.
  ///
  /// ImageNet's crop and flip is a random resized crop, 8 to 100 % of the area, bicubic like the other transforms, that is
  /// mirrored every other time.
  ///
  /// - Parameter side: what a resized crop is resized to.
  public func view(
    _ number: Int, of picture: Picture, side: Int, using generator: inout some RandomNumberGenerator
  ) -> Picture {
    let element = elements[number % elements.count]
    if family == .imageNet && element == .cropAndFlip {
      let part = RandomResizedCrop(size: side, filter: .bicubic).apply(
        to: picture, using: &generator)
      return generator.next() >> 63 == 0 ? part : part.flipped
    }
    return element.view(of: picture, family: family, side: side, using: &generator)
  }
}

/// The sub-policies that a search chooses from: random ones, strong and mild, plain crops and flips, and the picture itself.
///
/// Source: Molchanov et al. 2020, the authors' repository: 500 of M = 45, 500 of M = 20, 100 and 1.
public struct PolicyPool: Hashable, Sendable, Codable {
  /// How many of magnitudes up to `strongMagnitude`, and of up to `mildMagnitude`.
  public var strong, mild: Int
  /// Their largest magnitudes.
  public var strongMagnitude, mildMagnitude: Double
  /// Transforms of each of them.
  public var transforms: Int
  /// How many times plain crop and flip is there, each time with crops of its own.
  public var cropAndFlip: Int
  /// How many times the picture as it is.
  public var central: Int
  /// Of the stream that random ones are drawn from.
  public var seed: UInt64

  /// A pool.
  public init(
    strong: Int, mild: Int, strongMagnitude: Double = 45, mildMagnitude: Double = 20,
    transforms: Int = 3, cropAndFlip: Int, central: Int, seed: UInt64
  ) {
    precondition(
      strong >= 0 && mild >= 0 && cropAndFlip >= 0 && central >= 0, "counts: must not be negative")
    (self.strong, self.mild) = (strong, mild)
    (self.strongMagnitude, self.mildMagnitude) = (strongMagnitude, mildMagnitude)
    (self.transforms, self.seed) = (transforms, seed)
    (self.cropAndFlip, self.central) = (cropAndFlip, central)
  }

  /// Number of sub-policies.
  public var count: Int { strong + mild + cropAndFlip + central }

  /// All of them in their order: strong, mild, crop and flip, central. More of one kind leave the first of it as they are.
  public var subPolicies: [SubPolicy] {
    let stream = RandomStream(seed: seed, "policy pool")
    func drawn(_ count: Int, _ magnitude: Double, _ name: String) -> [SubPolicy] {
      RandAugment(transforms: transforms, magnitude: magnitude)
        .subPolicies(count, from: stream.child(name))
    }
    return drawn(strong, strongMagnitude, "strong") + drawn(mild, mildMagnitude, "mild")
      + Array(repeating: .cropAndFlip, count: cropAndFlip)
      + Array(repeating: .central, count: central)
  }
}
