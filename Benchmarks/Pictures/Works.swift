import Foundation
import Images

/// What is measured, by name and size; pictures-peers.py has the same names.
struct Works {
  static let sides = [32, 224]
  static let names =
    Corruption.allCases.map(\.rawValue) + [
      "flip", "crop", "crop_and_flip", "invert", "resize_bilinear", "rotate_bicubic",
      "autocontrast", "equalize", "contrast_enhance", "color_enhance", "sharpness_enhance",
      "gaussian_box",
    ]

  private let frost: FrostOverlays

  init(frost: FrostOverlays) { self.frost = frost }

  /// A picture with smooth and busy parts.
  static func sample(_ side: Int) -> Picture {
    var pixels: [UInt8] = []
    for y in 0..<side {
      for x in 0..<side {
        let wave = 127 + 100 * sin(Double(x) / 5) * cos(Double(y) / 7)
        pixels += [UInt8(wave), UInt8(255 * x / side), UInt8((x * y + 13 * x) & 255)]
      }
    }
    return Picture(width: side, height: side, pixels: pixels)
  }

  /// The work of a name on pictures of one side; its argument is the picture's index.
  subscript(_ name: String, _ side: Int) -> ((Int) -> Picture)? {
    guard Works.sides.contains(side) else { return nil }
    let picture = Works.sample(side)
    if let corruption = Corruption(rawValue: name) {
      let corruptor = Corruptor(
        corruption, severity: 3, scale: side == 32 ? .cifar : .imageNet, seed: 0, frost: frost)
      return { corruptor.corrupt(picture, index: $0) }
    }
    switch name {
    case "flip": return { _ in picture.flipped }
    case "crop":
      return { _ in picture.cropped(left: 3, top: 2, width: side - 4, height: side - 4) }
    case "crop_and_flip":
      let views = CropAndFlip(margin: side / 8)
      return {
        var draws = Draws(key: 1, index: $0)
        return views.apply(to: picture, using: &draws)
      }
    case "invert": return { _ in picture.inverted }
    case "resize_bilinear":
      return { _ in picture.resized(width: side * 3 / 4, height: side * 3 / 4, .bilinear) }
    case "rotate_bicubic": return { _ in picture.rotated(13, .bicubic) }
    case "autocontrast": return { _ in picture.autoContrasted(cutoff: 3) }
    case "equalize": return { _ in picture.equalized }
    case "contrast_enhance": return { _ in picture.contrasted(1.4) }
    case "color_enhance": return { _ in picture.colored(1.4) }
    case "sharpness_enhance": return { _ in picture.sharpened(1.4) }
    case "gaussian_box": return { _ in picture.gaussianBlurred(2) }
    default: return nil
    }
  }
}
