import Foundation

/// The operations once more, as plain loops in double precision: slow, obvious, and what the fast ones are tested
/// against. Arrays are row-major, `[N, C, H, W]` or `[N, features]`.
public enum Reference {
  /// Sizes of a convolution or a pooling: wide (the input of a convolution) and narrow (its output) grids.
  public struct Shape: Sendable, CustomStringConvertible {
    /// Examples.
    public var batch: Int
    /// Channels of the wide grid.
    public var wideChannels: Int
    /// Channels of the narrow grid.
    public var narrowChannels: Int
    /// Height and width of the wide grid.
    public var wide: (Int, Int)
    /// Height and width of the narrow grid.
    public var narrow: (Int, Int)
    /// Height and width of the kernel.
    public var kernel: (Int, Int)
    /// Steps between windows.
    public var stride: (Int, Int)
    /// Zeros around the wide grid.
    public var padding: (Int, Int)
    /// Whether each channel has a kernel of its own; then there are as many narrow as wide ones.
    public var isDepthwise = false

    /// The sizes of a convolution over `wide`; the narrow grid follows, rounding down.
    public init(
      batch: Int, wideChannels: Int, narrowChannels: Int, wide: (Int, Int), kernel: (Int, Int),
      stride: (Int, Int), padding: (Int, Int), farPadding: (Int, Int) = (0, 0)
    ) {
      self.batch = batch
      self.wideChannels = wideChannels
      self.narrowChannels = narrowChannels
      self.wide = wide
      self.kernel = kernel
      self.stride = stride
      self.padding = padding
      narrow = (
        (wide.0 + 2 * padding.0 + farPadding.0 - kernel.0) / stride.0 + 1,
        (wide.1 + 2 * padding.1 + farPadding.1 - kernel.1) / stride.1 + 1
      )
    }

    /// Numbers in the wide grids of a batch.
    public var wideCount: Int { batch * wideChannels * wide.0 * wide.1 }
    /// Numbers in the narrow grids of a batch.
    public var narrowCount: Int { batch * narrowChannels * narrow.0 * narrow.1 }
    /// Weights, `[narrow channels, wide channels, KH, KW]`, or `[channels, 1, KH, KW]`.
    public var weightCount: Int {
      narrowChannels * (isDepthwise ? 1 : wideChannels) * kernel.0 * kernel.1
    }

    /// One line for messages.
    public var description: String {
      "batch \(batch), channels \(wideChannels) to \(narrowChannels), \(wide.0)x\(wide.1) to \(narrow.0)x\(narrow.1), "
        + "kernel \(kernel.0)x\(kernel.1), stride \(stride.0)x\(stride.1), padding \(padding.0)x\(padding.1)"
    }

    /// Calls `body` with the places in wide, narrow and weight of every product of a convolution.
    func products(_ body: (_ wide: Int, _ narrow: Int, _ weight: Int) -> Void) {
      for n in 0..<batch {
        for o in 0..<narrowChannels {
          for i in 0..<narrow.0 {
            for j in 0..<narrow.1 {
              for c in isDepthwise ? o..<o + 1 : 0..<wideChannels {
                for u in 0..<kernel.0 {
                  for v in 0..<kernel.1 {
                    let (y, x) = (i * stride.0 + u - padding.0, j * stride.1 + v - padding.1)
                    guard y >= 0, y < wide.0, x >= 0, x < wide.1 else { continue }
                    body(
                      ((n * wideChannels + c) * wide.0 + y) * wide.1 + x,
                      ((n * narrowChannels + o) * narrow.0 + i) * narrow.1 + j,
                      ((isDepthwise ? o : o * wideChannels + c) * kernel.0 + u) * kernel.1 + v)
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  /// A convolution without bias, wide to narrow; the input gradient of a transposed one.
  public static func convolution(_ wide: [Float], _ weight: [Float], _ shape: Shape) -> [Double] {
    var narrow = [Double](repeating: 0, count: shape.narrowCount)
    shape.products { narrow[$1] += Double(wide[$0]) * Double(weight[$2]) }
    return narrow
  }
  /// A transposed convolution without bias, narrow to wide; the input gradient of a plain one.
  public static func transposedConvolution(
    _ narrow: [Float], _ weight: [Float], _ shape: Shape
  ) -> [Double] {
    var wide = [Double](repeating: 0, count: shape.wideCount)
    shape.products { wide[$0] += Double(narrow[$1]) * Double(weight[$2]) }
    return wide
  }
  /// The weight gradient of both: sum of wide times narrow.
  public static func weightGradient(_ wide: [Float], _ narrow: [Float], _ shape: Shape) -> [Double]
  {
    var weight = [Double](repeating: 0, count: shape.weightCount)
    shape.products { weight[$2] += Double(wide[$0]) * Double(narrow[$1]) }
    return weight
  }
  /// Sums `[N, channels, positions]` over examples and positions: the gradient of a bias.
  public static func channelSums(_ x: [Float], batch: Int, channels: Int) -> [Double] {
    let positions = x.count / batch / channels
    var sums = [Double](repeating: 0, count: channels)
    for n in 0..<batch {
      for c in 0..<channels {
        for p in 0..<positions { sums[c] += Double(x[(n * channels + c) * positions + p]) }
      }
    }
    return sums
  }
  /// Adds `bias[c]` to `[N, channels, positions]`.
  public static func adding(
    bias: [Float], to x: [Double], batch: Int
  ) -> [Double] {
    let positions = x.count / batch / bias.count
    return x.enumerated().map { $1 + Double(bias[$0 / positions % bias.count]) }
  }

  /// The maximum or mean of each window, wide to narrow, and the gradient of `seed`, narrow to wide.
  ///
  /// A maximum goes to the first of equals, padding never wins; a mean counts padding as zeros.
  public static func pool(
    _ wide: [Float], seed: [Float], _ shape: Shape, isMaximum: Bool
  ) -> (y: [Double], dx: [Double]) {
    var y: [Double] = []
    var dx = [Double](repeating: 0, count: shape.wideCount)
    let window = Double(shape.kernel.0 * shape.kernel.1)
    for plane in 0..<shape.batch * shape.wideChannels {
      for i in 0..<shape.narrow.0 {
        for j in 0..<shape.narrow.1 {
          var places: [Int] = []
          for u in 0..<shape.kernel.0 {
            for v in 0..<shape.kernel.1 {
              let (r, c) = (
                i * shape.stride.0 + u - shape.padding.0, j * shape.stride.1 + v - shape.padding.1
              )
              guard r >= 0, r < shape.wide.0, c >= 0, c < shape.wide.1 else { continue }
              places.append((plane * shape.wide.0 + r) * shape.wide.1 + c)
            }
          }
          let gradient = Double(seed[y.count])
          if isMaximum {
            var best = places[0]
            for place in places where wide[place] > wide[best] { best = place }
            y.append(Double(wide[best]))
            dx[best] += gradient
          } else {
            y.append(places.reduce(0) { $0 + Double(wide[$1]) } / window)
            for place in places { dx[place] += gradient / window }
          }
        }
      }
    }
    return (y, dx)
  }

  /// Batch normalisation by the statistics of the batch, its gradients, and the statistics (variance unbiased).
  public static func batchNorm(
    _ x: [Float], seed: [Float], scale: [Float], shift: [Float], batch: Int, epsilon: Double
  ) -> (
    y: [Double], dx: [Double], dscale: [Double], dshift: [Double], mean: [Double],
    variance: [Double]
  ) {
    let channels = scale.count
    let positions = x.count / batch / channels
    let count = Double(batch * positions)
    var y = [Double](repeating: 0, count: x.count)
    var dx = y
    var (dscale, dshift, means, variances): ([Double], [Double], [Double], [Double]) = (
      [], [], [], []
    )
    for c in 0..<channels {
      let places = (0..<batch).flatMap { n in
        (0..<positions).map { (n * channels + c) * positions + $0 }
      }
      let mean = places.reduce(0) { $0 + Double(x[$1]) } / count
      let variance = places.reduce(0) { $0 + pow(Double(x[$1]) - mean, 2) } / count
      let deviation = (variance + epsilon).squareRoot()
      let normal = places.map { (Double(x[$0]) - mean) / deviation }
      let sum = places.reduce(0) { $0 + Double(seed[$1]) }
      let product = zip(places, normal).reduce(0) { $0 + Double(seed[$1.0]) * $1.1 }
      for (place, z) in zip(places, normal) {
        y[place] = Double(scale[c]) * z + Double(shift[c])
        dx[place] =
          Double(scale[c]) / deviation * (Double(seed[place]) - sum / count - z * product / count)
      }
      dscale.append(product)
      dshift.append(sum)
      means.append(mean)
      variances.append(count > 1 ? variance * count / (count - 1) : variance)
    }
    return (y, dx, dscale, dshift, means, variances)
  }

  /// Minus the log-probability of each label under softmax, and its gradient by the logits.
  public static func softmaxCrossEntropy(
    _ logits: [Float], labels: [Int32]
  ) -> (losses: [Double], dx: [Double]) {
    let classes = logits.count / labels.count
    var losses: [Double] = []
    var dx: [Double] = []
    for (n, label) in labels.enumerated() {
      let row = logits[n * classes..<(n + 1) * classes].map(Double.init)
      let top = row.max()!
      let total = row.reduce(0) { $0 + Foundation.exp($1 - top) }
      losses.append(Foundation.log(total) + top - row[Int(label)])
      for (c, x) in row.enumerated() {
        dx.append(Foundation.exp(x - top) / total - (c == Int(label) ? 1 : 0))
      }
    }
    return (losses, dx)
  }
}
