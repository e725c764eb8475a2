import Compute
import Foundation

/// Blur by an out-of-focus lens: a disk, its edge softened by a small Gaussian.
struct Defocus: Sendable {
  /// Steps across and down, and the weight there; weights that cannot change a byte are left out.
  private let taps: [(dx: Int, dy: Int, weight: Double)]
  private let reach: Int

  init(radius: Double, deviation: Double) {
    // The definition's grid: 17 × 17, larger only for a larger disk.
    let reach = radius <= 8 ? 8 : Int(radius)
    let side = 2 * reach + 1
    let window = radius <= 8 ? 1 : 2
    var disk = [Double](repeating: 0, count: side * side)
    for y in -reach...reach {
      for x in -reach...reach where Double(x * x + y * y) <= radius * radius {
        disk[(y + reach) * side + x + reach] = 1
      }
    }
    let area = disk.reduce(0, +)
    let raw = (-window...window).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    let kernel = raw.map { $0 / raw.reduce(0, +) }
    // OpenCV mirrors the grid at its border pixels.
    func mirrored(_ index: Int) -> Int {
      let positive = abs(index)
      return positive < side ? positive : 2 * (side - 1) - positive
    }
    var taps: [(dx: Int, dy: Int, weight: Double)] = []
    for y in 0..<side {
      for x in 0..<side {
        var sum = 0.0
        for v in -window...window {
          for u in -window...window {
            sum +=
              kernel[v + window] * kernel[u + window]
              * disk[mirrored(y + v) * side + mirrored(x + u)]
          }
        }
        if sum / area > 1e-10 { taps.append((x - reach, y - reach, sum / area)) }
      }
    }
    self.taps = taps
    self.reach = taps.map { max(abs($0.dx), abs($0.dy)) }.max() ?? 0
  }

  func apply(to picture: Picture) -> [UInt8] {
    let (width, height) = (picture.width, picture.height)
    let wide = 3 * (width + 2 * reach)
    func mirrored(_ index: Int, _ length: Int) -> Int32 {
      let positive = abs(index)
      return Int32(positive < length ? positive : 2 * (length - 1) - positive)
    }
    precondition(reach < width && reach < height, "picture: smaller than the blur")
    let field = kernels.framedShares(
      picture.pixels, width: width, height: height,
      rows: (-reach..<(height + reach)).map { mirrored($0, height) },
      columns: (-reach..<(width + reach)).map { mirrored($0, width) })
    return kernels.bytes(
      field,
      PictureKernels.Taps(taps.map { (offset: $0.dy * wide + 3 * $0.dx, weight: $0.weight) }),
      start: reach * wide + 3 * reach, row: wide, count: 3 * width, height: height)
  }
}
