import Foundation

/// The corruptions of Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
/// Perturbations", ICLR 2019: 15 of the benchmark, then 4 extra ones.
public enum Corruption: String, Hashable, Sendable, Codable, CaseIterable {
  case gaussianNoise = "gaussian_noise"
  case shotNoise = "shot_noise"
  case impulseNoise = "impulse_noise"
  case defocusBlur = "defocus_blur"
  case glassBlur = "glass_blur"
  case motionBlur = "motion_blur"
  case zoomBlur = "zoom_blur"
  case snow
  case frost
  case fog
  case brightness
  case contrast
  case elasticTransform = "elastic_transform"
  case pixelate
  case jpegCompression = "jpeg_compression"
  case speckleNoise = "speckle_noise"
  case gaussianBlur = "gaussian_blur"
  case spatter
  case saturate

  /// The 15 over which the mean corruption error is taken.
  public static var benchmark: [Corruption] { Array(allCases.prefix(15)) }

  /// Whether the same picture always becomes the same picture.
  public var isDeterministic: Bool {
    switch self {
    case .defocusBlur, .zoomBlur, .brightness, .contrast, .pixelate, .jpegCompression,
      .gaussianBlur, .saturate:
      true
    default: false
    }
  }
}

/// For which pictures a corruption's constants were chosen.
public enum CorruptionScale: String, Hashable, Sendable, Codable {
  /// CIFAR-10-C and CIFAR-100-C: 32 × 32.
  case cifar
  /// ImageNet-C: 224 × 224.
  case imageNet = "imagenet"

  /// Side of the pictures.
  public var side: Int { self == .cifar ? 32 : 224 }
}

extension Corruption {
  /// What the definition sets for a severity, 1 to 5.
  ///
  /// Meaning by corruption: noise: standard deviation, rate or share; `defocusBlur`: radius, deviation; `glassBlur`:
  /// deviation, shift, passes; `motionBlur`: radius, deviation; `zoomBlur`: end, step; `snow`: mean, deviation, zoom,
  /// threshold, radius, deviation, mix; `frost`: weights of picture and overlay; `fog`: strength, decay;
  /// `elasticTransform`: displacement, smoothing, shift, as shares of 32 or 244; `spatter`: mean, deviation, smoothing,
  /// threshold, strength, 0 for water or 1 for mud; `saturate`: factor, offset.
  ///
  /// Source: hendrycks/robustness, `make_cifar_c.py` and `make_imagenet_c.py`.
  public func constants(severity: Int, scale: CorruptionScale) -> [Double] {
    precondition((1...5).contains(severity), "severity: 1 to 5")
    let table = scale == .cifar ? cifarConstants : imageNetConstants
    return table[severity - 1]
  }

  private var cifarConstants: [[Double]] {
    switch self {
    case .gaussianNoise: [[0.04], [0.06], [0.08], [0.09], [0.10]]
    case .shotNoise: [[500], [250], [100], [75], [50]]
    case .impulseNoise: [[0.01], [0.02], [0.03], [0.05], [0.07]]
    case .defocusBlur: [[0.3, 0.4], [0.4, 0.5], [0.5, 0.6], [1, 0.2], [1.5, 0.1]]
    case .glassBlur: [[0.05, 1, 1], [0.25, 1, 1], [0.4, 1, 1], [0.25, 1, 2], [0.4, 1, 2]]
    case .motionBlur: [[6, 1], [6, 1.5], [6, 2], [8, 2], [9, 2.5]]
    case .zoomBlur: [[1.06, 0.01], [1.11, 0.01], [1.16, 0.01], [1.21, 0.01], [1.26, 0.01]]
    case .snow:
      [
        [0.1, 0.2, 1, 0.6, 8, 3, 0.95], [0.1, 0.2, 1, 0.5, 10, 4, 0.9],
        [0.15, 0.3, 1.75, 0.55, 10, 4, 0.9], [0.25, 0.3, 2.25, 0.6, 12, 6, 0.85],
        [0.3, 0.3, 1.25, 0.65, 14, 12, 0.8],
      ]
    case .frost: [[1, 0.2], [1, 0.3], [0.9, 0.4], [0.85, 0.4], [0.75, 0.45]]
    case .fog: [[0.2, 3], [0.5, 3], [0.75, 2.5], [1, 2], [1.5, 1.75]]
    case .brightness: [[0.05], [0.1], [0.15], [0.2], [0.3]]
    case .contrast: [[0.75], [0.5], [0.4], [0.3], [0.15]]
    case .elasticTransform:
      [
        [0, 0, 0.08], [0.05, 0.2, 0.07], [0.08, 0.06, 0.06], [0.1, 0.04, 0.05], [0.1, 0.03, 0.03],
      ]
    case .pixelate: [[0.95], [0.9], [0.85], [0.75], [0.65]]
    case .jpegCompression: [[80], [65], [58], [50], [40]]
    case .speckleNoise: [[0.06], [0.1], [0.12], [0.16], [0.2]]
    case .gaussianBlur: [[0.4], [0.6], [0.7], [0.8], [1]]
    case .spatter:
      [
        [0.62, 0.1, 0.7, 0.7, 0.5, 0], [0.65, 0.1, 0.8, 0.7, 0.5, 0], [0.65, 0.3, 1, 0.69, 0.5, 0],
        [0.65, 0.1, 0.7, 0.69, 0.6, 1], [0.65, 0.1, 0.5, 0.68, 0.6, 1],
      ]
    case .saturate: [[0.3, 0], [0.1, 0], [1.5, 0], [2, 0.1], [2.5, 0.2]]
    }
  }

  private var imageNetConstants: [[Double]] {
    switch self {
    case .gaussianNoise: [[0.08], [0.12], [0.18], [0.26], [0.38]]
    case .shotNoise: [[60], [25], [12], [5], [3]]
    case .impulseNoise: [[0.03], [0.06], [0.09], [0.17], [0.27]]
    case .defocusBlur: [[3, 0.1], [4, 0.5], [6, 0.5], [8, 0.5], [10, 0.5]]
    case .glassBlur: [[0.7, 1, 2], [0.9, 2, 1], [1, 2, 3], [1.1, 3, 2], [1.5, 4, 2]]
    case .motionBlur: [[10, 3], [15, 5], [15, 8], [15, 12], [20, 15]]
    case .zoomBlur: [[1.11, 0.01], [1.16, 0.01], [1.21, 0.02], [1.26, 0.02], [1.31, 0.03]]
    case .snow:
      [
        [0.1, 0.3, 3, 0.5, 10, 4, 0.8], [0.2, 0.3, 2, 0.5, 12, 4, 0.7],
        [0.55, 0.3, 4, 0.9, 12, 8, 0.7], [0.55, 0.3, 4.5, 0.85, 12, 8, 0.65],
        [0.55, 0.3, 2.5, 0.85, 12, 12, 0.55],
      ]
    case .frost: [[1, 0.4], [0.8, 0.6], [0.7, 0.7], [0.65, 0.7], [0.6, 0.75]]
    case .fog: [[1.5, 2], [2, 2], [2.5, 1.7], [2.5, 1.5], [3, 1.4]]
    case .brightness: [[0.1], [0.2], [0.3], [0.4], [0.5]]
    case .contrast: [[0.4], [0.3], [0.2], [0.1], [0.05]]
    case .elasticTransform:
      [
        [2, 0.7, 0.1], [2, 0.08, 0.2], [0.05, 0.01, 0.02], [0.07, 0.01, 0.02], [0.12, 0.01, 0.02],
      ]
    case .pixelate: [[0.6], [0.5], [0.4], [0.3], [0.25]]
    case .jpegCompression: [[25], [18], [15], [10], [7]]
    case .speckleNoise: [[0.15], [0.2], [0.35], [0.45], [0.6]]
    case .gaussianBlur: [[1], [2], [3], [4], [6]]
    case .spatter:
      [
        [0.65, 0.3, 4, 0.69, 0.6, 0], [0.65, 0.3, 3, 0.68, 0.6, 0], [0.65, 0.3, 2, 0.68, 0.5, 0],
        [0.65, 0.3, 1, 0.65, 1.5, 1], [0.67, 0.4, 1, 0.65, 1.5, 1],
      ]
    case .saturate: [[0.3, 0], [0.1, 0], [2, 0], [5, 0.1], [20, 0.2]]
    }
  }
}
