import Compute
import Testing

/// Every instruction set gives the same bytes; what they should be is tested against Pillow and OpenCV in ImagesTests.
@Suite struct PictureKernelTests {
  static let paths = KernelPath.allCases.filter { $0.isAvailable && $0 != .plain }
  static let sizes = [
    (1, 1), (1, 5), (5, 1), (2, 3), (3, 3), (8, 8), (17, 4), (23, 31), (32, 32), (67, 70),
  ]

  /// Noise, a slope and one colour: sums that lie anywhere, and sums that lie on a byte.
  static func pictures(_ width: Int, _ height: Int) -> [[UInt8]] {
    var generator = RandomStream(seed: 3, "pictures").generator
    let count = 3 * width * height
    return [
      (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) },
      (0..<count).map { UInt8(truncatingIfNeeded: 255 * ($0 / 3 % width) / width) },
      [UInt8](repeating: 255, count: count),
    ]
  }

  /// What all kernels make of a picture.
  static func everything(
    _ kernels: PictureKernels, _ pixels: [UInt8], _ width: Int, _ height: Int
  ) -> [[UInt8]] {
    let shares = kernels.shares(pixels)
    let reach = 2
    let rows = (-reach..<(height + reach)).map { Int32(min(max($0, 0), height - 1)) }
    let columns = (-reach..<(width + reach)).map { Int32(min(max($0, 0), width - 1)) }
    let filter = PictureKernels.Symmetric(
      width: width, height: height, channels: 3, weights: [0.4, 0.2, 0.1], rows: rows,
      columns: columns)
    let half = (width + 1) / 2
    let axis = PictureKernels.Axis(
      old: width, first: (0..<half).map { Int32($0) }, number: (0..<half).map { _ in 1 },
      weights: (0..<half).map { Int32(1 << 22) - Int32($0) }, width: 1)
    let map = [0.9, -0.3, 1.7, 0.25, 1.1, -2.3]
    let framed = kernels.framed(
      pixels, width: width, height: height, rows: rows, columns: columns)
    let wide = 3 * (width + 2 * reach)
    // Weights of 1 altogether, so that one colour stays at a whole number, and three of 25 places.
    let few = PictureKernels.Taps([(-6, 0.25), (wide, 0.25), (0, 0.5)])
    let many = PictureKernels.Taps(
      (0..<25).map { (place: Int) -> (offset: Int, weight: Double) in
        let (x, y) = (place % 5 - reach, place / 5 - reach)
        return (y * wide + 3 * x, x * y == 0 ? 0.05 : abs(x * y) < 3 ? 0.04 : 0.02)
      })
    let gray = kernels.luma(pixels)
    let distances = kernels.distances(gray, width: width, height: height)
    return [
      kernels.flipped(pixels, width: width, height: height),
      kernels.transposed(pixels, width: width, height: height),
      kernels.resampledAcross(pixels, width: width, height: height, axis),
      kernels.boxBlurredDown(
        pixels, width: width, height: height, whole: 1, inner: 4_000_000, outer: 2_388_608,
        passes: 2),
      kernels.affine(pixels, width: width, height: height, map: map, isCubic: true),
      kernels.affine(pixels, width: width, height: height, map: map, isCubic: false),
      gray,
      kernels.blended(pixels, base: pixels.reversed(), factor: 1.7),
      kernels.blendedFromLuma(pixels, factor: -0.4),
      kernels.smoothed(pixels, width: width, height: height),
      kernels.inverted(pixels),
      kernels.saturated(pixels, factor: 1.5, offset: 0.1),
      kernels.lightened(pixels, offset: 0.2),
      kernels.bytes(ofShares: shares),
      kernels.filteredBytes(shares, filter),
      kernels.bytes(
        framed, few, start: reach * wide + 3 * reach, row: wide, count: 3 * width,
        height: height),
      kernels.bytes(
        framed, many, start: reach * wide + 3 * reach, row: wide, count: 3 * width,
        height: height),
      kernels.sums(pixels).map { UInt8(truncatingIfNeeded: $0 >> 3) },
      kernels.edges(gray, width: width, height: height, low: 50, high: 150),
      distances.map { UInt8(truncatingIfNeeded: Int($0 * 8)) },
      kernels.blurred(distances, width: width, height: height).map {
        UInt8(truncatingIfNeeded: Int($0 * 8))
      },
      kernels.blurred(gray, width: width, height: height),
      kernels.embossed(gray, width: width, height: height),
      kernels.lit(pixels, light: gray.map { Float($0) / 300 }, tint: [0.2, 0.7, 1]),
      kernels.histograms(pixels).map { UInt8(truncatingIfNeeded: $0) },
    ]
  }

  @Test(arguments: sizes)
  func allPathsGiveTheSameBytes(_ width: Int, _ height: Int) {
    for (number, pixels) in Self.pictures(width, height).enumerated() {
      let plain = Self.everything(PictureKernels(.plain), pixels, width, height)
      #expect(plain.allSatisfy { !$0.isEmpty })
      for path in Self.paths {
        let found = Self.everything(PictureKernels(path), pixels, width, height)
        for (index, pair) in zip(plain, found).enumerated() {
          #expect(
            pair.0 == pair.1, "\(path) \(width) x \(height), picture \(number), kernel \(index)")
        }
      }
    }
  }

  /// Shares are divisions rounded once, whatever path multiplies instead.
  @Test(arguments: KernelPath.allCases.filter(\.isAvailable))
  func sharesAreDivisions(_ path: KernelPath) {
    let bytes = (0..<256).map { UInt8($0) }
    #expect(PictureKernels(path).shares(bytes) == bytes.map { Double($0) / 255 })
    // Gray pixels keep hue and saturation 0: their bytes are the shares cut off again.
    let gray = bytes.flatMap { [$0, $0, $0] }
    let cut = bytes.map { UInt8(Double($0) / 255 * 255) }
    #expect(PictureKernels(path).lightened(gray, offset: 0) == cut.flatMap { [$0, $0, $0] })
  }

  /// Turning by a quarter and back, mirroring twice: nothing changes, and once something does.
  @Test(arguments: sizes)
  func thereAndBack(_ width: Int, _ height: Int) {
    let kernels = PictureKernels.current
    let pixels = Self.pictures(width, height)[0]
    let turned = kernels.transposed(pixels, width: width, height: height)
    #expect(kernels.transposed(turned, width: height, height: width) == pixels)
    let flipped = kernels.flipped(pixels, width: width, height: height)
    #expect(kernels.flipped(flipped, width: width, height: height) == pixels)
    #expect(width == 1 || flipped != pixels)
    #expect(kernels.inverted(kernels.inverted(pixels)) == pixels)
  }

  /// Sums over taps round as one product after the other does, whatever is added up first: on noise, a slope and one colour, with
  /// weights of exactly 1 altogether and with a little less.
  @Test(arguments: KernelPath.allCases.filter(\.isAvailable), [1 / 32.0, 0.03])
  func tapsRoundInTheirOrder(_ path: KernelPath, _ weight: Double) {
    let (width, height, reach) = (40, 9, 2)
    let wide = 3 * (width + 2 * reach)
    let start = reach * (wide + 3)
    let taps = (0..<25).map { (place: Int) -> (offset: Int, weight: Double) in
      let (x, y) = (place % 5 - reach, place / 5 - reach)
      return (y * wide + 3 * x, place % 4 == 0 ? 2 * weight : weight)
    }
    func places(_ length: Int) -> [Int32] {
      (-reach..<(length + reach)).map { Int32(min(max($0, 0), length - 1)) }
    }
    let kernels = PictureKernels(path)
    for pixels in Self.pictures(width, height) {
      let field = kernels.framed(
        pixels, width: width, height: height, rows: places(height), columns: places(width))
      let expected = (0..<pixels.count).map { (index: Int) -> UInt8 in
        let place = start + index / (3 * width) * wide + index % (3 * width)
        var sum = 0.0
        for tap in taps { sum += tap.weight * (Double(field[place + tap.offset]) / 255) }
        return UInt8(min(max(sum, 0), 1) * 255)
      }
      let found = kernels.bytes(
        field, PictureKernels.Taps(taps), start: start, row: wide, count: 3 * width,
        height: height)
      #expect(found == expected)
    }
  }

  /// How many bytes of all 2²⁴ colours a path makes other than plain code does.
  static func differing(_ path: KernelPath, _ work: (PictureKernels, [UInt8]) -> [UInt8]) -> Int {
    let (ours, plain) = (PictureKernels(path), PictureKernels(.plain))
    var different = 0
    for red in 0...UInt8.max {
      var pixels: [UInt8] = []
      pixels.reserveCapacity(3 << 16)
      for green in 0...UInt8.max {
        for blue in 0...UInt8.max { pixels += [red, green, blue] }
      }
      let (expected, found) = (work(plain, pixels), work(ours, pixels))
      if found != expected { different += zip(found, expected).count { $0 != $1 } }
    }
    return different
  }

  /// An offset that moves every value to a whole byte, one to the middle of two, and one below zero.
  @Test(arguments: paths, [0.2, 0.1, -0.05]) func everyColourIsLightenedAlike(
    path: KernelPath, offset: Double
  ) {
    #expect(Self.differing(path) { $0.lightened($1, offset: offset) } == 0)
  }

  /// All severities, of which some make whole numbers of all bytes.
  @Test(
    arguments: paths,
    [(0.3, 0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2), (2, 0), (5, 0.1), (20, 0.2)])
  func everyColourIsSaturatedAlike(path: KernelPath, constants: (Double, Double)) {
    #expect(
      Self.differing(path) { $0.saturated($1, factor: constants.0, offset: constants.1) } == 0)
  }
}
