import Foundation

/// Hue, saturation and value of a pixel as bytes, in Pillow's arithmetic (src/libImaging/Convert.c).
struct HSVPixel {
  var hue: UInt8
  var saturation: UInt8
  var value: UInt8

  init(red: UInt8, green: UInt8, blue: UInt8) {
    let high = max(red, green, blue)
    let low = min(red, green, blue)
    value = high
    if high == low {
      (hue, saturation) = (0, 0)
      return
    }
    let range = Float(high - low)
    let (r, g, b) = (
      Float(high - red) / range, Float(high - green) / range, Float(high - blue) / range
    )
    let sector: Float
    if red == high {
      sector = b - g
    } else if green == high {
      sector = Float(2.0 + Double(r) - Double(b))
    } else {
      sector = Float(4.0 + Double(g) - Double(r))
    }
    // fmod(…, 1.0) of a number in 0 ..< 2: the difference is exact.
    let shifted = Double(sector) / 6.0 + 1.0
    let turn = Float(shifted >= 1 ? shifted - 1 : shifted)
    hue = UInt8(clamping: Int(Double(turn) * 255.0))
    saturation = UInt8(clamping: Int(Double(range / Float(high)) * 255.0))
  }

  /// Red, green and blue.
  var rgb: (UInt8, UInt8, UInt8) {
    if saturation == 0 { return (value, value, value) }
    let turn = Double(Float(hue)) * 6.0 / 255.0
    let sector = Int(turn.rounded(.down))
    let rest = Double(Float(turn - Double(Float(sector))))
    let share = Double(Float(Double(saturation) / 255.0))
    func level(_ part: Double) -> UInt8 {
      // As rounding half away from zero, for all hues, saturations and values.
      UInt8(clamping: Int(Double(value) * part + 0.5))
    }
    let p = level(1.0 - share)
    let q = level(1.0 - share * rest)
    let t = level(1.0 - share * (1.0 - rest))
    switch sector % 6 {
    case 0: return (value, t, p)
    case 1: return (q, value, p)
    case 2: return (p, value, t)
    case 3: return (p, q, value)
    case 4: return (t, p, value)
    default: return (value, p, q)
    }
  }
}

extension Picture {
  /// All hues turned by a share of the whole circle, −1/2 to 1/2, as torchvision's `adjust_hue` on Pillow pictures.
  public func hueTurned(_ share: Double) -> Picture {
    precondition(abs(share) <= 0.5, "share: -0.5 to 0.5")
    let shift = UInt8(truncatingIfNeeded: Int(share * 255))
    var out = [UInt8](repeating: 0, count: pixels.count)
    for index in stride(from: 0, to: pixels.count, by: 3) {
      var color = HSVPixel(
        red: pixels[index], green: pixels[index + 1], blue: pixels[index + 2])
      color.hue = color.hue &+ shift
      (out[index], out[index + 1], out[index + 2]) = color.rgb
    }
    return Picture(width: width, height: height, pixels: out)
  }
}
