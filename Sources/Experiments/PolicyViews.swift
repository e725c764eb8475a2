import Compute
import Files
import Foundation
import Harness
import Images

/// What a network is shown of a picture at test, view by view: the strategies that greedy policy search is compared with, and its own.
enum PolicyViews: Codable, Sendable {
  /// The picture as it is.
  case central
  /// CIFAR's random crop and flip.
  case cropAndFlip
  /// ImageNet's random resized crop and flip.
  case resizedCropAndFlip
  /// Random sub-policies of so many transforms up to a magnitude, drawn anew for every picture and view.
  case randAugment(transforms: Int, magnitude: Double)
  /// The same with the magnitude that was chosen.
  case chosen(transforms: Int, Ref<ChooseMagnitude.Product>)
  /// Every sub-policy of a pool, one view each.
  case pool(PolicyPool)
  /// The sub-policies that a search found.
  case searched(Ref<SearchPolicy.Product>)
  /// A policy of the set `gps-policies`, by its id.
  case published(String)

  var datasets: [String] {
    if case .published = self { ["gps-policies"] } else { [] }
  }

  /// The views with all that other trials left.
  ///
  /// - Throws: `TrialFailure.data`, `HarnessError`, `FileError`.
  func resolved(_ context: TrialContext) throws -> ResolvedViews {
    switch self {
    case .central: return .policy(Policy(family: .cifar, [.central]))
    case .cropAndFlip: return .policy(Policy(family: .cifar, [.cropAndFlip]))
    case .resizedCropAndFlip: return .policy(Policy(family: .imageNet, [.cropAndFlip]))
    case .randAugment(let transforms, let magnitude):
      return .random(RandAugment(transforms: transforms, magnitude: magnitude))
    case .chosen(let transforms, let choice):
      return .random(
        RandAugment(
          transforms: transforms,
          magnitude: try ChooseMagnitude.magnitude(context.input(choice))))
    case .pool(let pool): return .policy(Policy(family: .cifar, pool.subPolicies))
    case .searched(let search):
      return .policy(try Policy.read(context.input(search).url(SearchPolicy.file)))
    case .published(let id):
      let url = try context.data { try $0.files("gps-policies")[id] }
      guard let url else {
        throw TrialFailure.data("gps-policies: expected a file \(id), found none")
      }
      return .policy(try Policy.read(url))
    }
  }
}

/// Views that need nothing more.
enum ResolvedViews: Sendable {
  case policy(Policy)
  case random(RandAugment)

  func view(
    _ number: Int, of picture: Picture, side: Int, using generator: inout some RandomNumberGenerator
  ) -> Picture {
    switch self {
    case .policy(let policy): policy.view(number, of: picture, side: side, using: &generator)
    case .random(let augment):
      augment.subPolicy(using: &generator)
        .view(of: picture, family: augment.family, side: side, using: &generator)
    }
  }
}
