import Compute

/// Transforms one after the other, each with its magnitude: an element of a policy.
///
/// ```swift
/// let element = try SubPolicy("ShearY:-12.5 + Posterize:30 + Color:4.1")
/// let view = element.view(of: picture, family: .cifar, using: &generator)
/// ```
public struct SubPolicy: Hashable, Sendable, Codable, CustomStringConvertible {
  /// A transform and its magnitude.
  public struct Step: Hashable, Sendable, Codable {
    /// Which.
    public var transform: PolicyTransform
    /// How much, signed.
    public var magnitude: Double

    /// A step.
    public init(_ transform: PolicyTransform, _ magnitude: Double) {
      self.transform = transform
      self.magnitude = magnitude
    }

    /// Whether it does nothing: magnitudes below one half are left out. A resized crop is never left out, since
    /// the picture has its size from it.
    public var isSkipped: Bool { abs(magnitude) < 0.5 && transform != .randomResizedCrop }
  }

  /// The steps, first to last.
  public var steps: [Step]
  /// Whether training's random crop and flip follow; without them and without steps it is the picture itself.
  public var cropsAndFlips: Bool

  /// Steps, and crop and flip behind them.
  public init(_ steps: [Step], cropsAndFlips: Bool = true) {
    self.steps = steps
    self.cropsAndFlips = cropsAndFlips
  }

  /// The picture as it is, as when testing without augmentation.
  public static let central = SubPolicy([], cropsAndFlips: false)
  /// Crop and flip alone.
  public static let cropAndFlip = SubPolicy([])

  /// A view of a picture.
  ///
  /// - Parameters:
  ///   - family: whose transforms and border.
  ///   - side: what a resized crop is resized to.
  ///   - crop: what follows; ImageNet's resized crop flips by itself, so nothing follows there.
  public func view(
    of picture: Picture, family: PolicyFamily, side: Int = 224, crop: CropAndFlip = CropAndFlip(),
    using generator: inout some RandomNumberGenerator
  ) -> Picture {
    var view = picture
    for step in steps where !step.isSkipped {
      let chance = Chance(
        for: step.transform, magnitude: step.magnitude, width: view.width, height: view.height,
        using: &generator)
      view = view.applying(
        step.transform, magnitude: step.magnitude, chance, family: family, side: side)
    }
    guard cropsAndFlips, family == .cifar else { return view }
    return crop.apply(to: view, using: &generator)
  }
}

// MARK: - Text

extension SubPolicy {
  /// Why a text is no sub-policy.
  public struct Mistake: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line.
    public let description: String
  }

  private static let centralText = "none (central crop, no augmentation)"

  /// Reads `ShearY:-12.5 + Color:4`; an empty text is crop and flip, `none …` the central view.
  ///
  /// - Throws: `Mistake`: a transform nobody knows, a magnitude that is no number.
  public init(_ text: String) throws(Mistake) {
    if text.hasPrefix("none") {
      self = .central
      return
    }
    self.init([])
    for part in text.split(separator: "+") {
      let words = part.split(separator: ":", omittingEmptySubsequences: false)
        .map { $0.filter { $0 != " " } }
      guard let transform = PolicyTransform(rawValue: String(words[0])) else {
        throw Mistake(description: "sub-policy: expected a transform, found \"\(words[0])\"")
      }
      guard words.count == 2, let magnitude = Double(words[1]), magnitude.isFinite else {
        throw Mistake(
          description:
            "sub-policy: expected a magnitude of \(transform.rawValue), found \"\(part)\"")
      }
      steps.append(Step(transform, magnitude))
    }
  }

  /// The text that reads back as the same sub-policy.
  public var description: String {
    if self == .central { return Self.centralText }
    return steps.map { "\($0.transform.rawValue):\($0.magnitude)" }.joined(separator: " + ")
  }
}
