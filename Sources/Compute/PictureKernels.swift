import CKernels

/// Bytes of pictures, `[height, width, 3]` with red, green and blue together, through the kernels of this processor.
///
/// Every instruction set gives the same bytes. A function checks sizes once and hands the memory to its kernel.
public struct PictureKernels: @unchecked Sendable {
  /// Those of the path that this process uses.
  public static let current = PictureKernels(.current)

  // Constant data of the program: any thread may read it.
  let table: UnsafePointer<BenchPictures>

  /// The kernels of a path that this processor has.
  public init(_ path: KernelPath) {
    precondition(path.isAvailable, "path: \(path.rawValue) is not available")
    table =
      switch path {
      case .avx512: bench_pictures_avx512()
      case .avx2: bench_pictures_avx2()
      case .plain: bench_pictures_plain()
      }
  }

  /// An array that a kernel fills to the last element.
  func filled<Number>(
    _ count: Int, _ fill: (UnsafeMutablePointer<Number>) -> Void
  ) -> [Number] {
    [Number](unsafeUninitializedCapacity: count) { buffer, initialized in
      if let start = buffer.baseAddress, count > 0 { fill(start) }
      initialized = count
    }
  }

  /// Memory for the time of a call.
  func room<Number>(
    _ count: Int, of type: Number.Type, _ body: (UnsafeMutablePointer<Number>) -> Void
  ) {
    let memory = UnsafeMutablePointer<Number>.allocate(capacity: max(count, 1))
    defer { memory.deallocate() }
    body(memory)
  }

  private func check(_ pixels: [UInt8], _ width: Int, _ height: Int) {
    precondition(
      width > 0 && height > 0 && width < 1 << 24 && height < 1 << 24
        && (width + 4) * (height + 4) < 1 << 29 && pixels.count == 3 * width * height,
      "pixels: count does not match")
  }

  /// The mirror image, left for right.
  public func flipped(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    check(pixels, width, height)
    return filled(pixels.count) { table.pointee.flip(pixels, $0, Int32(width), Int32(height)) }
  }

  /// Columns as rows.
  public func transposed(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    check(pixels, width, height)
    return filled(pixels.count) { table.pointee.turn(pixels, $0, Int32(width), Int32(height)) }
  }

  /// The part of a picture at (`left`, `top`); black where it lies outside.
  public func cropped(
    _ pixels: [UInt8], width: Int, height: Int, left: Int, top: Int, to newWidth: Int,
    _ newHeight: Int
  ) -> [UInt8] {
    check(pixels, width, height)
    precondition(newWidth > 0 && newHeight > 0, "width, height: must be positive")
    let (start, end) = (min(max(0, left), width), max(0, min(width, left + newWidth)))
    let length = 3 * max(0, end - start)
    let before = length == 0 ? 0 : 3 * (start - left)
    let row = 3 * newWidth
    return pixels.withUnsafeBufferPointer { from in
      filled(row * newHeight) { out in
        for y in 0..<newHeight {
          let to = out + y * row
          let old = top + y
          guard old >= 0, old < height, length > 0, let from = from.baseAddress else {
            to.initialize(repeating: 0, count: row)
            continue
          }
          to.initialize(repeating: 0, count: before)
          (to + before).initialize(from: from + 3 * (old * width + start), count: length)
          (to + before + length).initialize(repeating: 0, count: row - before - length)
        }
      }
    }
  }

  /// One axis of a resampling: for each new pixel the first old one, how many it is made of, and weights in units of 2⁻²²,
  /// `[new, width]`.
  public struct Axis: Sendable {
    let first, number, weights: [Int32]
    let width: Int
    let old: Int

    /// An axis of `old` pixels; those of every new one must lie within.
    public init(old: Int, first: [Int32], number: [Int32], weights: [Int32], width: Int) {
      precondition(
        number.count == first.count && weights.count == first.count * width, "axis: counts differ")
      for (start, length) in zip(first, number) {
        precondition(
          start >= 0 && length >= 0 && Int(length) <= width && Int(start) + Int(length) <= old,
          "axis: out of range")
      }
      (self.first, self.number, self.weights) = (first, number, weights)
      (self.width, self.old) = (width, old)
    }

    fileprivate func withPointers(_ body: (UnsafePointer<BenchAxis>) -> Void) {
      first.withUnsafeBufferPointer { first in
        number.withUnsafeBufferPointer { number in
          weights.withUnsafeBufferPointer { weights in
            var axis = BenchAxis(
              count: Int32(first.count), width: Int32(width), first: first.baseAddress,
              number: number.baseAddress, weight: weights.baseAddress)
            body(&axis)
          }
        }
      }
    }
  }

  /// Every row resampled.
  public func resampledAcross(
    _ pixels: [UInt8], width: Int, height: Int, _ axis: Axis
  ) -> [UInt8] {
    check(pixels, width, height)
    precondition(axis.old == width, "axis: of another length")
    return filled(3 * axis.first.count * height) { out in
      room(16 * width, of: Int32.self) { room in
        axis.withPointers {
          table.pointee.resample_across(pixels, out, Int32(width), Int32(height), $0, room)
        }
      }
    }
  }

  /// Every column resampled.
  public func resampledDown(
    _ pixels: [UInt8], width: Int, height: Int, _ axis: Axis
  ) -> [UInt8] {
    check(pixels, width, height)
    precondition(axis.old == height, "axis: of another length")
    return filled(3 * width * axis.first.count) { out in
      axis.withPointers { table.pointee.resample_down(pixels, out, Int32(width), $0) }
    }
  }

  /// Columns blurred `passes` times by a box of 2 `whole` + 1 pixels that weigh `inner` and two beyond them that weigh
  /// `outer`, in units of 2⁻²⁴; beyond the ends the last pixel counts.
  public func boxBlurredDown(
    _ pixels: [UInt8], width: Int, height: Int, whole: Int, inner: UInt32, outer: UInt32,
    passes: Int
  ) -> [UInt8] {
    check(pixels, width, height)
    precondition(whole >= 0 && whole < 1 << 24, "whole: out of range")
    var current = pixels
    room(3 * width, of: UInt32.self) { room in
      for _ in 0..<passes {
        let from = current
        current = filled(pixels.count) {
          table.pointee.box_down(
            from, $0, Int32(3 * width), Int32(height), Int32(whole), inner, outer, room)
        }
      }
    }
    return current
  }

  /// The picture seen through x' = a x + b y + c, y' = d x + e y + f at pixel centres, bilinear or bicubic (a = −1), in double
  /// precision, truncated; black outside.
  public func affine(
    _ pixels: [UInt8], width: Int, height: Int, map: [Double], isCubic: Bool
  ) -> [UInt8] {
    check(pixels, width, height)
    precondition(map.count == 6, "map: six numbers")
    return filled(pixels.count) { out in
      room((width + 4) * (height + 4) + 13 * (width + 15), of: UInt32.self) { room in
        table.pointee.affine(
          pixels, out, Int32(width), Int32(height), map, isCubic ? 1 : 0,
          UnsafeMutableRawPointer(room).assumingMemoryBound(to: UInt8.self))
      }
    }
  }

  /// 255 − byte.
  public func inverted(_ bytes: [UInt8]) -> [UInt8] {
    filled(bytes.count) { table.pointee.invert(bytes, $0, Int64(bytes.count)) }
  }

  /// Every byte's entry in the table of its channel, `[3, 256]`.
  public func mapped(_ pixels: [UInt8], _ tables: [UInt8]) -> [UInt8] {
    precondition(tables.count == 768, "tables: 3 of 256")
    return filled(pixels.count / 3 * 3) {
      table.pointee.look_up(pixels, tables, $0, Int64(pixels.count / 3))
    }
  }

  /// How often each byte occurs, `[3, 256]`.
  public func histograms(_ pixels: [UInt8]) -> [UInt32] {
    precondition(pixels.count < 3 << 31, "pixels: too many")
    return filled(768) { table.pointee.count(pixels, $0, Int64(pixels.count / 3)) }
  }

  /// The sum of each channel.
  public func sums(_ pixels: [UInt8]) -> [UInt64] {
    filled(3) { table.pointee.add_up(pixels, $0, Int64(pixels.count / 3)) }
  }

  /// Luma of every pixel, (19595 R + 38470 G + 7471 B + 2¹⁵) / 2¹⁶.
  public func luma(_ pixels: [UInt8]) -> [UInt8] {
    filled(pixels.count / 3) { table.pointee.luma(pixels, $0, Int64(pixels.count / 3)) }
  }

  /// base + factor · (byte − base), in single precision, truncated.
  public func blended(_ bytes: [UInt8], base: [UInt8], factor: Float) -> [UInt8] {
    precondition(bytes.count == base.count, "bytes, base: of one length")
    return filled(bytes.count) {
      table.pointee.blend(bytes, base, $0, factor, Int64(bytes.count))
    }
  }

  /// The same from the luma of each pixel.
  public func blendedFromLuma(_ pixels: [UInt8], factor: Float) -> [UInt8] {
    filled(pixels.count / 3 * 3) {
      table.pointee.blend_luma(pixels, $0, factor, Int64(pixels.count / 3))
    }
  }

  /// Pixels with another saturation, clip(factor · s + offset, 0, 1), as scikit-image's `rgb2hsv` and `hsv2rgb` have it;
  /// cut off to bytes.
  public func saturated(_ pixels: [UInt8], factor: Double, offset: Double) -> [UInt8] {
    filled(pixels.count / 3 * 3) {
      table.pointee.recolor(pixels, $0, 1, factor, offset, Int64(pixels.count / 3))
    }
  }

  /// Pixels with another value, clip(v + offset, 0, 1).
  public func lightened(_ pixels: [UInt8], offset: Double) -> [UInt8] {
    filled(pixels.count / 3 * 3) {
      table.pointee.recolor(pixels, $0, 0, 1, offset, Int64(pixels.count / 3))
    }
  }

  /// (the nine pixels around + 4 · the pixel) / 13, rounded; border pixels stay.
  public func smoothed(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    check(pixels, width, height)
    return filled(pixels.count) { table.pointee.smooth(pixels, $0, Int32(width), Int32(height)) }
  }

  /// byte / 255.
  public func shares(_ bytes: [UInt8]) -> [Double] {
    filled(bytes.count) { table.pointee.to_shares(bytes, $0, Int64(bytes.count)) }
  }

  /// A picture with a frame around it.
  ///
  /// - Parameters:
  ///   - rows: for each row from −reach to `height` + reach − 1, which row counts there.
  ///   - columns: the same of the columns.
  public func framed(
    _ pixels: [UInt8], width: Int, height: Int, rows: [Int32], columns: [Int32]
  ) -> [UInt16] {
    check(pixels, width, height)
    let reach = (rows.count - height) / 2
    precondition(
      reach >= 0 && rows.count == height + 2 * reach && columns.count == width + 2 * reach
        && rows.allSatisfy { $0 >= 0 && $0 < height }
        && columns.allSatisfy { $0 >= 0 && $0 < width }, "frame: out of range")
    return filled(3 * rows.count * columns.count) {
      table.pointee.framed(pixels, $0, Int32(width), Int32(height), Int32(reach), rows, columns)
    }
  }

  /// clip(x, 0, 1) · 255, truncated.
  public func bytes(ofShares values: [Double]) -> [UInt8] {
    filled(values.count) { table.pointee.from_shares(values, $0, Int64(values.count)) }
  }

  /// A symmetric filter of `[height, width, channels]`: down the columns, then along the rows.
  ///
  /// Each sum is weights[0] x[i], then + (x[i − k] + x[i + k]) weights[k] for k from the outside inwards.
  public struct Symmetric: Sendable {
    let width, height, channels: Int
    let weights: [Double]
    let rows, columns: [Int32]

    /// A filter of weights from the middle outwards.
    ///
    /// - Parameters:
    ///   - rows: for each row from −radius to `height` + radius − 1, which row counts there.
    ///   - columns: the same of the columns.
    public init(
      width: Int, height: Int, channels: Int, weights: [Double], rows: [Int32], columns: [Int32]
    ) {
      let reach = 2 * (weights.count - 1)
      precondition(
        width > 0 && height > 0 && channels > 0 && !weights.isEmpty
          && rows.count == height + reach && columns.count == width + reach
          && rows.allSatisfy { $0 >= 0 && $0 < height }
          && columns.allSatisfy { $0 >= 0 && $0 < width }, "filter: out of range")
      (self.width, self.height, self.channels) = (width, height, channels)
      (self.weights, self.rows, self.columns) = (weights, rows, columns)
    }
  }

  /// Kernels of any shape: Σ weight · x[place + offset], over taps in their order.
  public struct Taps: Sendable {
    fileprivate let offsets, grouped: [Int64]
    fileprivate let weights: [Double]
    fileprivate var groupEnds: [Int32] = []
    fileprivate var groupWeights: [Double] = []

    /// Up to 800 taps at distances within the bytes, of up to 64 positive weights that add up to at most 1.02: within that the
    /// kernel knows how far roundings go.
    public init(_ taps: [(offset: Int, weight: Double)]) {
      offsets = taps.map { Int64($0.offset) }
      weights = taps.map(\.weight)
      let sorted = taps.sorted { ($0.weight, $0.offset) < ($1.weight, $1.offset) }
      grouped = sorted.map { Int64($0.offset) }
      var start = 0
      for end in 1..<(sorted.count + 1) {
        // Sums of 257 bytes fit in 16 bits.
        let goesOn =
          end < sorted.count && sorted[end].weight == sorted[start].weight && end - start < 257
        if goesOn { continue }
        groupEnds.append(Int32(end))
        groupWeights.append(sorted[start].weight)
        start = end
      }
      precondition(
        taps.count <= 800 && groupEnds.count <= 64 && weights.allSatisfy { $0 > 0 }
          && weights.reduce(0, +) <= 1.02, "taps: too many, or of other weights")
    }
  }

  private func run(
    _ filter: Symmetric, _ values: [Double], _ out: UnsafeMutablePointer<Double>?,
    _ bytes: UnsafeMutablePointer<UInt8>?
  ) {
    precondition(
      values.count == filter.width * filter.height * filter.channels,
      "values: count does not match")
    let radius = filter.weights.count - 1
    filter.weights.withUnsafeBufferPointer { weights in
      filter.rows.withUnsafeBufferPointer { rows in
        filter.columns.withUnsafeBufferPointer { columns in
          room(2 * (filter.width + 2 * radius) * filter.channels, of: Double.self) { line in
            var symmetric = BenchSymmetric(
              width: Int32(filter.width), height: Int32(filter.height),
              channels: Int32(filter.channels), radius: Int32(radius),
              weight: weights.baseAddress, row: rows.baseAddress, column: columns.baseAddress,
              line: line)
            table.pointee.symmetric(&symmetric, values, out, bytes)
          }
        }
      }
    }
  }

  /// The filtered numbers.
  public func filtered(_ values: [Double], _ filter: Symmetric) -> [Double] {
    filled(values.count) { run(filter, values, $0, nil) }
  }

  /// The filtered numbers as bytes, clip(x, 0, 1) · 255, truncated.
  public func filteredBytes(_ values: [Double], _ filter: Symmetric) -> [UInt8] {
    filled(values.count) { run(filter, values, nil, $0) }
  }

  /// `[height, count]` bytes, clip(sum, 0, 1) · 255 truncated, of bytes `[…, row]` as shares of 255, from `start` on.
  public func bytes(
    _ field: [UInt16], _ taps: Taps, start: Int, row: Int, count: Int, height: Int
  ) -> [UInt8] {
    let (lowest, highest) = (Int(taps.offsets.min() ?? 0), Int(taps.offsets.max() ?? 0))
    precondition(
      count >= 0 && height > 0 && row >= count && start + lowest >= 0
        && start + (height - 1) * row + count + highest <= field.count, "taps: out of range")
    return taps.offsets.withUnsafeBufferPointer { offsets in
      taps.weights.withUnsafeBufferPointer { weights in
        taps.grouped.withUnsafeBufferPointer { grouped in
          taps.groupEnds.withUnsafeBufferPointer { ends in
            taps.groupWeights.withUnsafeBufferPointer { groupWeights in
              var list = BenchTaps(
                count: Int32(offsets.count), groups: Int32(ends.count),
                offset: offsets.baseAddress, weight: weights.baseAddress,
                grouped: grouped.baseAddress, end: ends.baseAddress,
                group_weight: groupWeights.baseAddress)
              return filled(count * height) {
                table.pointee.taps(
                  field, Int64(start), Int64(row), &list, $0, Int64(count), Int32(height))
              }
            }
          }
        }
      }
    }
  }
}
