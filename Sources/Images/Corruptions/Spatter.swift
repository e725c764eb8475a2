import Compute
import Foundation

/// Spatter: drops of water or of mud on the lens.
struct Spatter: Sendable {
  private let mean, deviation, threshold, strength: Double
  private let filter: GaussianFilter
  /// The blur of mud; water has none.
  private let mud: GaussianFilter?

  init(constants: [Double]) {
    (mean, deviation, threshold) = (constants[0], constants[1], constants[3])
    strength = constants[4]
    filter = GaussianFilter(constants[2])
    mud = constants[5] == 0 ? nil : GaussianFilter(constants[4])
  }

  func apply(to picture: Picture, _ draws: inout Draws) -> [UInt8] {
    let (width, height) = (picture.width, picture.height)
    var plane = [Double](repeating: 0, count: width * height)
    for index in 0..<plane.count { plane[index] = mean + deviation * draws.normal() }
    let liquid = filter.apply(to: plane, width: width, height: height, channels: 1)
    if let mud {
      var mask = [Double](repeating: 0, count: liquid.count)
      for index in 0..<liquid.count where liquid[index] > threshold { mask[index] = 1 }
      let soft = mud.apply(to: mask, width: width, height: height, channels: 1)
      return mixed(picture, with: soft.map { $0 < 0.8 ? 0 : Float($0) })
    }
    var drops = GrayField(width: width, height: height)
    for index in 0..<liquid.count where liquid[index] >= threshold {
      // NumPy's bytes begin again at 256.
      drops.values[index] = UInt8(truncatingIfNeeded: Int(liquid[index] * 255))
    }
    return added(to: picture, drops.edgeRelief, drops)
  }

  /// Mud: the picture times 1 − m plus brown times m.
  private func mixed(_ picture: Picture, with mask: [Float]) -> [UInt8] {
    let brown: [Float] = [63, 42, 20].map { $0 / 255 }
    let table = (0..<256).map { Float(Double($0) / 255) }
    var out = picture.pixels
    for index in 0..<mask.count where mask[index] > 0 {
      for channel in 0..<3 {
        let value = table[Int(out[3 * index + channel])] * (1 - mask[index])
        out[3 * index + channel] = truncated(value + brown[channel] * mask[index])
      }
    }
    return out
  }

  /// Water: pale turquoise, as bright as drops and relief together, at most `strength`.
  private func added(to picture: Picture, _ relief: [Float], _ drops: GrayField) -> [UInt8] {
    let turquoise: [Float] = [175, 238, 238].map { $0 / 255 }
    var light = relief
    for index in 0..<light.count { light[index] *= Float(drops.values[index]) }
    let brightest = light.reduce(0) { max($0, $1) }
    // Without any light the definition divides by zero; here nothing is added.
    if brightest == 0 { return picture.pixels }
    for index in 0..<light.count { light[index] = light[index] / brightest * Float(strength) }
    return kernels.lit(picture.pixels, light: light, tint: turquoise)
  }
}
