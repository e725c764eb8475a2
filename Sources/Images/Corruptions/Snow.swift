import Foundation

/// Snow: blurred flakes that fall over a picture made paler.
struct Snow: Sendable {
  private let mean, deviation, threshold, mix: Double
  private let zoom: Zoom
  private let blur: MotionBlur

  init(side: Int, constants: [Double]) {
    (mean, deviation, threshold, mix) = (constants[0], constants[1], constants[3], constants[6])
    zoom = Zoom(side: side, factor: constants[2])
    blur = MotionBlur(radius: constants[4], deviation: constants[5])
  }

  func apply(to picture: Picture, _ draws: inout Draws) -> [UInt8] {
    let (width, height) = (picture.width, picture.height)
    let area = width * height
    var plane = [Double](repeating: 0, count: area)
    for index in 0..<area { plane[index] = mean + deviation * draws.normal() }
    plane = zoom.apply(to: plane)
    var flakes = [Float](repeating: 0, count: area)
    for index in 0..<area where plane[index] >= threshold {
      flakes[index] = Float(truncated(plane[index]))
    }
    let layer = blur.apply(
      to: flakes, width: width, height: height, channels: 1, degrees: draws.uniform(-135, -45))
    let table = (0..<256).map { Float(Double($0) / 255) }
    let (keep, pale) = (Float(mix), Float(1 - mix))
    var out = [UInt8](repeating: 0, count: picture.pixels.count)
    for index in 0..<area {
      // The layer and the layer turned by half a turn, each in bytes.
      let falling =
        shares[Int(MotionBlur.byte(layer[index]))]
        + shares[Int(MotionBlur.byte(layer[area - 1 - index]))]
      let start = 3 * index
      let (red, green, blue) = (
        table[Int(picture.pixels[start])], table[Int(picture.pixels[start + 1])],
        table[Int(picture.pixels[start + 2])]
      )
      let white = (0.299 * red + 0.587 * green + 0.114 * blue) * 1.5 + 0.5
      out[start] = truncated(Double(keep * red + pale * max(red, white)) + falling)
      out[start + 1] = truncated(Double(keep * green + pale * max(green, white)) + falling)
      out[start + 2] = truncated(Double(keep * blue + pale * max(blue, white)) + falling)
    }
    return out
  }
}
