import Compute
import Foundation

/// One corruption at one severity, ready for any number of pictures.
///
/// What a picture becomes depends on corruption, severity, seed and the picture's index, and on nothing else: not on
/// the order, the batch or the number of workers.
///
/// ```swift
/// let fog = Corruptor(.fog, severity: 3, scale: .cifar, seed: 0)
/// let foggy = fog.corrupt(picture, index: 17)
/// ```
public struct Corruptor: Sendable {
  /// Which corruption.
  public let corruption: Corruption
  /// 0 leaves pictures as they are.
  public let severity: Int
  /// Whose constants.
  public let scale: CorruptionScale

  private let key: UInt64
  private let work: Work

  /// What is prepared once.
  private enum Work: Sendable {
    case nothing
    case noise(ByteNoise)
    case defocus(Defocus)
    case glass(Glass)
    case motion(MotionBlur)
    case zoom(ZoomBlur)
    case snow(Snow)
    case frost(Frost)
    case fog(Fog)
    case brightness(Double)
    case contrast(Double)
    case elastic(Elastic)
    case pixelate(Int)
    case jpeg(Int)
    case gaussian(GaussianFilter)
    case spatter(Spatter)
    case saturate(Double, Double)
  }

  /// A corruption at a severity, 0 to 5.
  ///
  /// - Parameters:
  ///   - seed: under which all draws are made; another one gives other noise.
  ///   - frost: the photos for `frost`, which no other corruption needs.
  public init(
    _ corruption: Corruption, severity: Int, scale: CorruptionScale, seed: UInt64,
    frost: FrostOverlays? = nil
  ) {
    precondition((0...5).contains(severity), "severity: 0 to 5")
    self.corruption = corruption
    self.severity = severity
    self.scale = scale
    key =
      RandomStream(seed: seed, "corruption").child(corruption.rawValue).child(severity).key
    work =
      severity == 0
      ? .nothing
      : Corruptor.prepare(
        corruption, corruption.constants(severity: severity, scale: scale), scale, frost)
  }

  private static func prepare(
    _ corruption: Corruption, _ c: [Double], _ scale: CorruptionScale, _ frost: FrostOverlays?
  ) -> Work {
    let side = scale.side
    switch corruption {
    case .gaussianNoise: return .noise(.normal { _ in c[0] })
    case .speckleNoise: return .noise(.normal { $0 * c[0] })
    case .shotNoise: return .noise(.poisson(rate: c[0]))
    case .impulseNoise: return .noise(.saltAndPepper(c[0]))
    case .defocusBlur: return .defocus(Defocus(side: side, radius: c[0], deviation: c[1]))
    case .glassBlur: return .glass(Glass(deviation: c[0], shift: Int(c[1]), passes: Int(c[2])))
    case .motionBlur: return .motion(MotionBlur(radius: c[0], deviation: c[1]))
    case .zoomBlur: return .zoom(ZoomBlur(side: side, end: c[0], step: c[1]))
    case .snow: return .snow(Snow(side: side, constants: c))
    case .frost:
      guard let frost else { preconditionFailure("frost: its photos are missing") }
      return .frost(Frost(weight: c[0], frostWeight: c[1], overlays: frost.scaled(scale)))
    case .fog: return .fog(Fog(strength: c[0], decay: c[1]))
    case .brightness: return .brightness(c[0])
    case .contrast: return .contrast(c[0])
    case .elasticTransform:
      let unit = scale == .cifar ? 32.0 : 244.0
      return .elastic(
        Elastic(displacement: c[0] * unit, smoothing: c[1] * unit, shift: c[2] * unit))
    case .pixelate: return .pixelate(Int(Double(side) * c[0]))
    case .jpegCompression: return .jpeg(Int(c[0]))
    case .gaussianBlur: return .gaussian(GaussianFilter(c[0]))
    case .spatter: return .spatter(Spatter(constants: c))
    case .saturate: return .saturate(c[0], c[1])
    }
  }

  /// The corrupted picture.
  ///
  /// - Parameters:
  ///   - picture: of the scale's size.
  ///   - index: which of the data set it is.
  public func corrupt(_ picture: Picture, index: Int) -> Picture {
    precondition(
      picture.width == scale.side && picture.height == scale.side,
      "picture: not of the scale's size")
    var draws = Draws(key: key, index: index)
    return Picture(width: picture.width, height: picture.height, pixels: bytes(picture, &draws))
  }

  private func bytes(_ picture: Picture, _ draws: inout Draws) -> [UInt8] {
    switch work {
    case .nothing: return picture.pixels
    case .noise(let noise): return noise.apply(to: picture.pixels, &draws)
    case .defocus(let blur): return blur.apply(to: picture)
    case .glass(let glass): return glass.apply(to: picture, &draws)
    case .motion(let blur): return blur.apply(to: picture, degrees: draws.uniform(-45, 45)).pixels
    case .zoom(let blur): return blur.apply(to: picture)
    case .snow(let snow): return snow.apply(to: picture, &draws)
    case .frost(let frost): return frost.apply(to: picture, &draws)
    case .fog(let fog): return fog.apply(to: picture, &draws)
    case .brightness(let added):
      return kernels.lightened(picture.pixels, offset: added)
    case .contrast(let factor): return contrasted(picture, factor)
    case .elastic(let elastic): return elastic.apply(to: picture, &draws)
    case .pixelate(let side):
      return picture.resized(width: side, height: side, .box)
        .resized(width: picture.width, height: picture.height, .box).pixels
    case .jpeg(let quality): return picture.throughJPEG(quality: quality).pixels
    case .gaussian(let filter):
      return filter.apply(
        to: picture.pixels, width: picture.width, height: picture.height)
    case .spatter(let spatter): return spatter.apply(to: picture, &draws)
    case .saturate(let factor, let offset):
      return kernels.saturated(picture.pixels, factor: factor, offset: offset)
    }
  }
}
