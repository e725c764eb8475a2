/// A transform that greedy policy search chooses from, under the name and at the place its authors give it.
///
/// A magnitude m stands for the value low + m / 30 · (high − low). Source: Molchanov et al. 2020; the ranges are those
/// of github.com/SamsungLabs/gps-augment, `utils/randaugment.py` and `imagenet/randaugment_imagenet.py`.
public enum PolicyTransform: String, Hashable, Sendable, Codable, CaseIterable {
  /// The picture as it is.
  case identity = "Identity"
  /// Rows pushed sideways, by a share of their height.
  case shearX = "ShearX"
  /// Columns pushed up or down.
  case shearY = "ShearY"
  /// Moved sideways, by a share of the width.
  case translateX = "TranslateX"
  /// Moved up or down, by a share of the height.
  case translateY = "TranslateY"
  /// Turned, by degrees.
  case rotate = "Rotate"
  /// Stretched to all levels, after so many per cent at each end.
  case autoContrast = "AutoContrast"
  /// Inverted from a level on.
  case solarize = "Solarize"
  /// The mean of the picture and its solarized self.
  case solarizeAdd = "SolarizeAdd"
  /// Cut to its highest bits.
  case posterize = "Posterize"
  /// Contrast times 1 + value.
  case contrast = "Contrast"
  /// Colour times 1 + value.
  case color = "Color"
  /// Brightness times 1 + value.
  case brightness = "Brightness"
  /// Sharpness times 1 + value.
  case sharpness = "Sharpness"
  /// A black square whose side is a share of the width.
  case cutout = "Cutout"
  /// A part of this share of the area or up to 0.01 more, resized, and mirrored every other time.
  case randomResizedCrop = "RandomResizedCrop"
  /// 255 minus every byte.
  case invert = "Invert"
  /// Levels spread so that all are about equally frequent.
  case equalize = "Equalize"

  /// The values at magnitudes 0 and 30.
  public var range: (low: Double, high: Double) {
    switch self {
    case .identity, .invert, .equalize: (0, 1)
    case .shearX, .shearY, .cutout: (0, 0.5)
    case .translateX, .translateY: (0, 0.45)
    case .rotate: (0, 40)
    case .autoContrast: (0, 10)
    case .solarize, .solarizeAdd: (256, 128)
    case .posterize: (8, 2)
    case .contrast, .brightness: (0, 0.8)
    case .color, .sharpness: (0, 0.9)
    case .randomResizedCrop: (0.99, 0.08)
    }
  }

  /// Whether the sign of a magnitude counts; elsewhere its absolute value is taken.
  public var isSigned: Bool {
    switch self {
    case .contrast, .color, .brightness, .sharpness: true
    default: false
    }
  }

  /// What a magnitude stands for; magnitudes beyond 30 go on in a straight line.
  public func value(at magnitude: Double) -> Double {
    let (low, high) = range
    return (isSigned ? magnitude : abs(magnitude)) / 30 * (high - low) + low
  }
}

/// Whose transforms: the authors have two sets, which also treat borders differently.
public enum PolicyFamily: String, Hashable, Sendable, Codable {
  /// The 15 of CIFAR; shears, moves and turns see the picture mirrored at its border.
  case cifar
  /// The 18 of ImageNet, where those three leave black behind and a resized crop comes first.
  case imageNet = "imagenet"

  /// The transforms, in the authors' order.
  public var transforms: [PolicyTransform] {
    switch self {
    case .cifar: Array(PolicyTransform.allCases.prefix(15))
    case .imageNet: PolicyTransform.allCases
    }
  }
}
