import Files
import Foundation

/// Frost: a random part of a photo of ice laid over the picture.
struct Frost: Sendable {
  private let overlays: [Picture]
  /// The byte for each byte of picture and overlay, `[256, 256]`.
  private let table: [UInt8]

  /// - Parameter overlays: photos at least one pixel larger than the pictures.
  init(weight: Double, frostWeight: Double, overlays: [Picture]) {
    precondition(!overlays.isEmpty, "overlays: none")
    self.overlays = overlays
    var table = [UInt8](repeating: 0, count: 65536)
    for byte in 0..<256 {
      for ice in 0..<256 {
        table[byte << 8 | ice] = UInt8(min(weight * Double(byte) + frostWeight * Double(ice), 255))
      }
    }
    self.table = table
  }

  func apply(to picture: Picture, _ draws: inout Draws) -> [UInt8] {
    let ice = overlays[draws.whole(below: overlays.count)]
    let (width, height) = (picture.width, picture.height)
    precondition(ice.width > width && ice.height > height, "overlays: larger than the picture")
    let top = draws.whole(below: ice.height - height)
    let left = draws.whole(below: ice.width - width)
    var out = [UInt8](repeating: 0, count: picture.pixels.count)
    for y in 0..<height {
      let source = 3 * ((top + y) * ice.width + left)
      let row = 3 * y * width
      for x in 0..<(3 * width) {
        out[row + x] = table[Int(picture.pixels[row + x]) << 8 | Int(ice.pixels[source + x])]
      }
    }
    return out
  }
}

/// The photos that `frost` lays over pictures.
public struct FrostOverlays: Sendable {
  /// The definition's first five photos, in their order.
  public let photos: [Picture]

  /// Overlays from photos.
  public init(_ photos: [Picture]) { self.photos = photos }

  /// Names of the definition's files; it never draws its sixth.
  public static let fileNames = [
    "frost1.png", "frost2.png", "frost3.png", "frost4.jpg", "frost5.jpg",
  ]

  /// Reads the photos of a folder.
  ///
  /// - Throws: `FileError`, also for a photo that is too small to lay over pictures.
  public init(read folder: URL) throws(FileError) {
    var photos: [Picture] = []
    for name in FrostOverlays.fileNames {
      let url = folder.appendingPathComponent(name)
      let photo = try Picture.read(url)
      // A fifth of it is still larger than 32 pixels, and itself than 224.
      guard min(photo.width, photo.height) > 224 else {
        throw FileError(
          .malformed, path: url.path, expected: "more than 224 x 224 pixels",
          found: "\(photo.width) x \(photo.height)")
      }
      photos.append(photo)
    }
    self.init(photos)
  }

  /// The overlays for pictures of a scale: as they are for ImageNet-C, one pixel in five each way for CIFAR-C.
  ///
  /// OpenCV's bilinear reduction to a fifth looks at the middle of each five pixels, which is a pixel.
  func scaled(_ scale: CorruptionScale) -> [Picture] {
    if scale == .imageNet { return photos }
    return photos.map { photo in
      let width = Int((Double(photo.width) * 0.2).rounded(.toNearestOrEven))
      let height = Int((Double(photo.height) * 0.2).rounded(.toNearestOrEven))
      var pixels = [UInt8](repeating: 0, count: 3 * width * height)
      for y in 0..<height {
        for x in 0..<width {
          let column = min(5 * x + 2, photo.width - 1)
          let source = 3 * (min(5 * y + 2, photo.height - 1) * photo.width + column)
          for channel in 0..<3 {
            pixels[3 * (y * width + x) + channel] = photo.pixels[source + channel]
          }
        }
      }
      return Picture(width: width, height: height, pixels: pixels)
    }
  }
}
