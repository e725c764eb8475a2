import Files
import Foundation

/// An 8-bit RGB picture.
public struct Picture: Hashable, Sendable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  /// Row by row from the top, pixel by pixel: `[height, width, 3]`.
  public internal(set) var pixels: [UInt8]

  /// A picture of pixels `[height, width, 3]`.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "width, height: must be positive")
    precondition(pixels.count == width * height * 3, "pixels: count does not match")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// A picture of one colour.
  public init(width: Int, height: Int, red: UInt8, green: UInt8, blue: UInt8) {
    var pixels = [UInt8](repeating: red, count: width * height * 3)
    if red != green || red != blue {
      for start in stride(from: 0, to: pixels.count, by: 3) {
        pixels[start + 1] = green
        pixels[start + 2] = blue
      }
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  /// A picture of planes `[3, height, width]`, as data sets hold them.
  public init(width: Int, height: Int, planes: some RandomAccessCollection<UInt8>) {
    let area = width * height
    precondition(planes.count == 3 * area, "planes: count does not match")
    let planes = Array(planes)
    var pixels = [UInt8](repeating: 0, count: 3 * area)
    for position in 0..<area {
      pixels[3 * position] = planes[position]
      pixels[3 * position + 1] = planes[area + position]
      pixels[3 * position + 2] = planes[2 * area + position]
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  /// The pixels as planes, `[3, height, width]`.
  public var planes: [UInt8] {
    let area = width * height
    var planes = [UInt8](repeating: 0, count: 3 * area)
    for position in 0..<area {
      planes[position] = pixels[3 * position]
      planes[area + position] = pixels[3 * position + 1]
      planes[2 * area + position] = pixels[3 * position + 2]
    }
    return planes
  }

  /// (byte / 255 − mean) / deviation per channel, `[3, height, width]`, as torchvision's `ToTensor` and `Normalize`.
  public func normalised(mean: [Float], deviation: [Float]) -> [Float] {
    precondition(mean.count == 3 && deviation.count == 3, "mean, deviation: one per channel")
    let area = width * height
    var values = [Float](repeating: 0, count: 3 * area)
    for channel in 0..<3 {
      let table = (0..<256).map { (Float($0) / 255 - mean[channel]) / deviation[channel] }
      for position in 0..<area {
        values[channel * area + position] = table[Int(pixels[3 * position + channel])]
      }
    }
    return values
  }
}
