import Files
import Foundation
import Images

// Microseconds of processor time per picture, as CSV: what, side, best of five rounds of at least 50 ms each.
//
// Run it in turns with pictures-peers.py, which prints the same lines for Pillow, OpenCV, SciPy and scikit-image.

/// A picture with smooth and busy parts.
func sample(_ side: Int) -> Picture {
  var pixels: [UInt8] = []
  for y in 0..<side {
    for x in 0..<side {
      let wave = 127 + 100 * sin(Double(x) / 5) * cos(Double(y) / 7)
      pixels += [UInt8(wave), UInt8(255 * x / side), UInt8((x * y + 13 * x) & 255)]
    }
  }
  return Picture(width: side, height: side, pixels: pixels)
}

/// Best time of a call in microseconds; the index changes from call to call.
func time(_ body: (Int) -> Picture) -> Double {
  var best = Double.infinity
  var index = 0
  var total = 0
  for _ in 0..<5 {
    let started = clock()
    var count = 0
    while clock() - started < clock_t(CLOCKS_PER_SEC) / 20 {
      total += Int(body(index).pixels[0])
      index += 1
      count += 1
    }
    best = min(best, Double(clock() - started) / Double(CLOCKS_PER_SEC) * 1e6 / Double(count))
  }
  precondition(total >= 0)
  return best
}

func show(_ name: String, _ side: Int, _ body: (Int) -> Picture) {
  print("\(name),\(side),\(String(format: "%.1f", time(body)))")
}

let folder = URL(fileURLWithPath: CommandLine.arguments.dropFirst().first ?? "datasets/corruptions")
let frost = try FrostOverlays(read: folder)
print("what,side,microseconds")
for (side, scale) in [(32, CorruptionScale.cifar), (224, .imageNet)] {
  let picture = sample(side)
  for corruption in Corruption.allCases {
    let corruptor = Corruptor(corruption, severity: 3, scale: scale, seed: 0, frost: frost)
    show(corruption.rawValue, side) { corruptor.corrupt(picture, index: $0) }
  }
  show("flip", side) { _ in picture.flipped }
  show("crop", side) { _ in
    picture.cropped(left: 3, top: 2, width: side - 4, height: side - 4)
  }
  show("invert", side) { _ in picture.inverted }
  show("resize_bilinear", side) { _ in
    picture.resized(width: side * 3 / 4, height: side * 3 / 4, .bilinear)
  }
  show("rotate_bicubic", side) { _ in picture.rotated(13, .bicubic) }
  show("autocontrast", side) { _ in picture.autoContrasted(cutoff: 3) }
  show("equalize", side) { _ in picture.equalized }
  show("contrast_enhance", side) { _ in picture.contrasted(1.4) }
  show("color_enhance", side) { _ in picture.colored(1.4) }
  show("sharpness_enhance", side) { _ in picture.sharpened(1.4) }
  show("gaussian_box", side) { _ in picture.gaussianBlurred(2) }
}
