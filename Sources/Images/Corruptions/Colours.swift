import Foundation

// Brightness, saturation and contrast in double precision, on shares of 255.

/// Hue, saturation and value as scikit-image's `rgb2hsv` and `hsv2rgb` have them.
struct HSVColor {
  var hue: Double
  var saturation: Double
  var value: Double

  @inline(__always)
  init(_ red: Double, _ green: Double, _ blue: Double) {
    value = max(red, green, blue)
    let range = value - min(red, green, blue)
    if range == 0 {
      (hue, saturation) = (0, 0)
      return
    }
    saturation = range / value
    let sector: Double
    // Of equal channels the last one decides.
    if blue == value {
      sector = 4 + (red - green) / range
    } else if green == value {
      sector = 2 + (blue - red) / range
    } else {
      sector = (green - blue) / range
    }
    let turn = sector / 6
    hue = turn - turn.rounded(.down)
  }

  @inline(__always)
  var rgb: SIMD4<Double> {
    let sector = (hue * 6).rounded(.down)
    let rest = hue * 6 - sector
    let p = value * (1 - saturation)
    let q = value * (1 - rest * saturation)
    let t = value * (1 - (1 - rest) * saturation)
    switch Int(sector) % 6 {
    case 0: return SIMD4(value, t, p, 0)
    case 1: return SIMD4(q, value, p, 0)
    case 2: return SIMD4(p, value, t, 0)
    case 3: return SIMD4(p, q, value, 0)
    case 4: return SIMD4(t, p, value, 0)
    default: return SIMD4(value, p, q, 0)
    }
  }
}

/// Every pixel through a change of its hue, saturation and value.
@inline(__always)
func recolored(_ pixels: [UInt8], _ change: (inout HSVColor) -> Void) -> [UInt8] {
  let table = shares
  var out = [UInt8](repeating: 0, count: pixels.count)
  for index in stride(from: 0, to: pixels.count, by: 3) {
    var color = HSVColor(
      table[Int(pixels[index])], table[Int(pixels[index + 1])], table[Int(pixels[index + 2])])
    change(&color)
    let rgb = color.rgb
    out[index] = truncated(rgb[0])
    out[index + 1] = truncated(rgb[1])
    out[index + 2] = truncated(rgb[2])
  }
  return out
}

/// (x − mean) · factor + mean, mean per channel; one table per channel, since nothing but the byte counts.
func contrasted(_ picture: Picture, _ factor: Double) -> [UInt8] {
  let area = Double(picture.width * picture.height)
  let tables = picture.histograms.map { histogram in
    let sum = zip(histogram, shares).reduce(0) { $0 + Double($1.0) * $1.1 }
    let mean = sum / area
    return shares.map { truncated(($0 - mean) * factor + mean) }
  }
  return picture.mapped(tables).pixels
}
