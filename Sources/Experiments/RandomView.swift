import Compute
import Images

/// What of a picture a network is shown, in training or at test.
public enum RandomView: String, Codable, Sendable {
  /// All of it, or the middle where it is larger than the network's input.
  case central
  /// CIFAR's: a margin of 4 pixels, a random window, a mirror image every other time.
  case cropAndFlip = "crop_flip"
  /// ImageNet's: a random part of random shape, resized, a mirror image every other time.
  case resizedCropAndFlip = "resized_crop_flip"

  /// A view of a picture, for a network of `side` × `side`.
  public func view(
    of picture: Picture, side: Int, using generator: inout some RandomNumberGenerator
  ) -> Picture {
    switch self {
    case .central: return picture
    case .cropAndFlip: return CropAndFlip().apply(to: picture, using: &generator)
    case .resizedCropAndFlip:
      let part = RandomResizedCrop(size: side).apply(to: picture, using: &generator)
      return generator.next() >> 63 == 0 ? part : part.flipped
    }
  }
}
