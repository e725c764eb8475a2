import Compute

/// Random brightness, contrast, saturation and hue in random order: torchvision's `ColorJitter`.
public struct ColorJitter: Hashable, Sendable {
  /// Largest departure of the factors from 1.
  public var brightness, contrast, saturation: Double
  /// Largest turn of the hue, as a share of the circle.
  public var hue: Double

  /// A jitter of these strengths.
  public init(brightness: Double, contrast: Double, saturation: Double, hue: Double) {
    precondition(
      [brightness, contrast, saturation].allSatisfy { (0...1).contains($0) }
        && (0...0.5).contains(hue), "strengths: 0 to 1, hue: at most half of the circle")
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
  }

  /// One random picture.
  public func apply(
    to picture: Picture, using generator: inout some RandomNumberGenerator
  ) -> Picture {
    var order = permutation(4, using: &generator)
    func factor(_ strength: Double) -> Double {
      uniform(1 - strength, 1 + strength, &generator)
    }
    let (bright, sharp, colour) = (factor(brightness), factor(contrast), factor(saturation))
    let turn = uniform(-hue, hue, &generator)
    var result = picture
    while let step = order.popLast() {
      switch step {
      case 0: result = result.brightened(bright)
      case 1: result = result.contrasted(sharp)
      case 2: result = result.colored(colour)
      default: result = result.hueTurned(turn)
      }
    }
    return result
  }
}

/// A view as SimCLR learns from (Chen et al. 2020, appendix A and B.9): a random resized crop, a mirror image every other time, colours
/// jittered in four of five, gray in one of five. Small pictures are not blurred.
public struct ContrastiveView: Hashable, Sendable {
  /// The part that is shown.
  public var crop: RandomResizedCrop
  /// What becomes of its colours.
  public var jitter: ColorJitter
  /// How often colours are jittered.
  public var jitterShare: Double
  /// How often all is gray.
  public var grayShare: Double

  /// Views of a side; `strength` 0.5 is what small pictures get, 1 what photos get.
  public init(size: Int, strength: Double = 0.5) {
    crop = RandomResizedCrop(size: size)
    jitter = ColorJitter(
      brightness: 0.8 * strength, contrast: 0.8 * strength, saturation: 0.8 * strength,
      hue: 0.2 * strength)
    jitterShare = 0.8
    grayShare = 0.2
  }

  /// One random view.
  public func apply(
    to picture: Picture, using generator: inout some RandomNumberGenerator
  ) -> Picture {
    var view = crop.apply(to: picture, using: &generator)
    if generator.next() >> 63 == 1 { view = view.flipped }
    if uniform(0, 1, &generator) < jitterShare { view = jitter.apply(to: view, using: &generator) }
    return uniform(0, 1, &generator) < grayShare ? view.grayscale : view
  }
}
