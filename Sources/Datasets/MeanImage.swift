/// The mean of every pixel over a data set, `[C, H, W]`, in units of 1 (white) = 255.
public struct MeanImage: Hashable, Sendable {
  /// mean_n pixels[n, c, y, x] / 255.
  public let values: [Float]

  /// The mean over all records, summed exactly in whole numbers; zero for an empty set.
  public init(of dataset: ImageDataset) {
    let size = dataset.pixelsPerRecord
    var sums = [Int](repeating: 0, count: size)
    for index in 0..<dataset.count {
      let start = index * size
      for pixel in 0..<size { sums[pixel] += Int(dataset.pixels[start + pixel]) }
    }
    let scale = 255 * Double(max(1, dataset.count))
    values = sums.map { Float(Double($0) / scale) }
  }
}

extension ImageDataset {
  /// Writes records as floats, `[indices.count, C, H, W]`: pixels / 255 − mean.
  ///
  /// Allocates nothing; `target` may be longer than the batch and keeps what stands behind it.
  public func gather(
    _ indices: some Collection<Int>, into target: inout [Float], minus mean: MeanImage? = nil
  ) {
    let size = pixelsPerRecord
    precondition(target.count >= indices.count * size, "target: too short")
    precondition(mean.map { $0.values.count == size } ?? true, "mean: of another shape")
    var out = 0
    for index in indices {
      let start = index * size
      if let mean {
        for pixel in 0..<size {
          target[out + pixel] = Float(pixels[start + pixel]) / 255 - mean.values[pixel]
        }
      } else {
        for pixel in 0..<size { target[out + pixel] = Float(pixels[start + pixel]) / 255 }
      }
      out += size
    }
  }

  /// Writes the classes of records, `[indices.count]`. Allocates nothing.
  public func gatherLabels(_ indices: some Collection<Int>, into target: inout [Int32]) {
    precondition(target.count >= indices.count, "target: too short")
    for (out, index) in indices.enumerated() { target[out] = labels[index] }
  }

  /// Records as floats, `[indices.count, C, H, W]`: pixels / 255 − mean.
  public func floats(_ indices: some Collection<Int>, minus mean: MeanImage? = nil) -> [Float] {
    var target = [Float](repeating: 0, count: indices.count * pixelsPerRecord)
    gather(indices, into: &target, minus: mean)
    return target
  }
}
