import Compute
import Testing

/// The fast kernels against plain loops in double precision, over random shapes. A failure names its shape.
struct ReferenceTests {
  static let paths = KernelPath.allCases.filter(\.isAvailable)
  static let batches = [1, 5, 16, 17, 33, 100]

  /// Rounding of float32 sums of K products, as a share of the largest result.
  private func tolerance(_ terms: Int) -> Double { (8 + 2 * Double(terms).squareRoot()) * 0x1p-23 }

  private func pick<T>(_ choices: [T], _ generator: inout Philox) -> T {
    choices[Int(generator.next() % UInt64(choices.count))]
  }

  /// A shape with a bounded number of products, so that the plain loops stay quick.
  private func shape(_ index: Int, _ generator: inout Philox) -> Reference.Shape {
    while true {
      let shape = Reference.Shape(
        batch: Self.batches[index % Self.batches.count],
        wideChannels: pick([1, 1, 2, 3, 5, 8, 13, 16, 24], &generator),
        narrowChannels: pick([1, 2, 3, 7, 10, 12, 13, 16, 25], &generator),
        wide: (
          pick([1, 2, 3, 5, 6, 8, 11, 14], &generator), pick([1, 2, 4, 5, 7, 9, 12], &generator)
        ),
        kernel: (
          pick([1, 2, 3, 3, 5, 7], &generator), pick([1, 2, 3, 3, 4, 5, 5, 7, 11], &generator)
        ),
        stride: (pick([1, 1, 2, 3], &generator), pick([1, 1, 2, 3], &generator)),
        padding: (pick([0, 0, 1, 2, 4], &generator), pick([0, 0, 1, 2, 5], &generator)))
      let fits =
        shape.wide.0 + 2 * shape.padding.0 >= shape.kernel.0
        && shape.wide.1 + 2 * shape.padding.1 >= shape.kernel.1
        && shape.padding.0 < shape.kernel.0 && shape.padding.1 < shape.kernel.1
      let products =
        shape.narrowCount * shape.wideChannels * shape.kernel.0 * shape.kernel.1
      if fits && products < 400_000 { return shape }
    }
  }

  /// Layers of sparse weights: densities from nothing to everything, batches that end within a block.
  @Test(arguments: paths)
  func sparseLayers(_ path: KernelPath) {
    var generator = RandomStream(seed: 17, "sparse").generator
    for index in 0..<90 {
      var shape = shape(index, &generator)
      if index % 3 == 0 {
        // A dense layer is a convolution whose kernel covers the whole input.
        shape = Reference.Shape(
          batch: shape.batch, wideChannels: shape.wideChannels,
          narrowChannels: shape.narrowChannels, wide: shape.wide, kernel: shape.wide,
          stride: (1, 1), padding: (0, 0))
      } else {
        shape = Reference.Shape(
          batch: shape.batch, wideChannels: shape.wideChannels,
          narrowChannels: shape.narrowChannels,
          wide: (shape.wide.0 + shape.kernel.0, shape.wide.1 + shape.kernel.1),
          kernel: shape.kernel, stride: shape.stride, padding: (0, 0))
      }
      let isDense = index % 3 == 0
      let density = pick([0, 0.02, 0.2, 1], &generator)
      let isRectified = index % 2 == 1
      let weight = numbers(shape.weightCount, &generator).map {
        generator.uniform() < density ? $0 : 0
      }
      let places = weight.indices.filter { weight[$0] != 0 }
      let sparse = SparseWeight(
        shape: isDense
          ? [shape.narrowChannels, shape.weightCount / shape.narrowChannels]
          : [shape.narrowChannels, shape.wideChannels, shape.kernel.0, shape.kernel.1],
        places: places.map(Int32.init), values: places.map { weight[$0] })
      let bias = numbers(shape.narrowChannels, &generator)
      let capacity = shape.batch + pick([0, 3, 40], &generator)
      let program = Program(batch: capacity, threads: 1 + index % 2, path: path) { t in
        let x = t.input("x", [shape.wideChannels, shape.wide.0, shape.wide.1])
        let bias = t.parameter("bias", [shape.narrowChannels])
        let y =
          isDense
          ? sparseDense(x.flattened, sparse, bias: bias)
          : sparseConv2d(x, sparse, bias: bias, .init(stride: shape.stride, padding: (0, 0)))
        t.tap("y", isRectified ? relu(y) : y)
        return nil
      }
      let x = numbers(shape.wideCount, &generator)
      let set = ParameterSet(program.parameters)
      set["bias"] = bias
      program.bind("x", x)
      program.run(set, mode: .evaluation, examples: shape.batch)
      let y = Reference.adding(
        bias: bias, to: Reference.convolution(x, weight, shape), batch: shape.batch)
      expectClose(
        program.read("y"), isRectified ? y.map { max(0, $0) } : y,
        tolerance(shape.weightCount / shape.narrowChannels),
        "sparse layer on \(path), \(shape), density \(density)",
        largest: y.map { abs($0) }.max())
    }
  }

  /// Plain and transposed convolutions: output, gradients of input, weight, bias; with a fused rectifier, and with
  /// everything used twice, so that gradients accumulate.
  @Test(arguments: paths)
  func convolutions(_ path: KernelPath) {
    var generator = RandomStream(seed: 17, "convolutions").generator
    for index in 0..<150 {
      checkConvolution(index, shape(index, &generator), path, &generator)
    }
  }

  /// Kernels of 3 and 5 with every padding over rows of every width up to 14, where tiles reach over the borders.
  @Test(arguments: paths)
  func borders(_ path: KernelPath) {
    var generator = RandomStream(seed: 18, "borders").generator
    var index = 0
    for kernel in [3, 5] {
      for padding in 0..<kernel {
        for width in 1...14 where width + 2 * padding >= kernel {
          let shape = Reference.Shape(
            batch: Self.batches[index % 4], wideChannels: 1 + index % 11,
            narrowChannels: 1 + index % 12,
            wide: (pick([kernel - padding, 5, 7], &generator), width), kernel: (kernel, kernel),
            stride: (pick([1, 1, 2], &generator), 1), padding: (padding, padding))
          checkConvolution(index, shape, path, &generator)
          checkConvolution(index + 1, shape, path, &generator)
          index += 1
        }
      }
    }
  }

  /// One of them: transposed, rectified, twice and on how many threads, as `index` says.
  private func checkConvolution(
    _ index: Int, _ shape: Reference.Shape, _ path: KernelPath, _ generator: inout Philox
  ) {
    let isTransposed = index % 2 == 1
    let isRectified = index % 3 == 1
    let isTwice = index % 3 == 2
    let threads = 1 + index % 4 / 2
    let capacity = shape.batch + pick([0, 0, 3, 40], &generator)
    let from = isTransposed ? shape.narrow : shape.wide
    let (fromChannels, toChannels) =
      isTransposed
      ? (shape.narrowChannels, shape.wideChannels) : (shape.wideChannels, shape.narrowChannels)
    let geometry = ConvolutionGeometry(
      stride: shape.stride, padding: shape.padding,
      outputPadding: (
        shape.wide.0 - (shape.narrow.0 - 1) * shape.stride.0 + 2 * shape.padding.0
          - shape.kernel.0,
        shape.wide.1 - (shape.narrow.1 - 1) * shape.stride.1 + 2 * shape.padding.1
          - shape.kernel.1
      ))
    let program = Program(batch: capacity, threads: threads, path: path) { t in
      let x = t.input("x", [fromChannels, from.0, from.1], differentiable: true)
      t.tap("x", x)
      let weight = t.parameter(
        "weight", [shape.narrowChannels, shape.wideChannels, shape.kernel.0, shape.kernel.1])
      let bias = t.parameter("bias", [toChannels])
      func layer() -> Value {
        let y =
          isTransposed
          ? convTranspose2d(x, weight, bias: bias, geometry)
          : conv2d(x, weight, bias: bias, geometry)
        return isRectified ? relu(y) : y
      }
      let y = isTwice ? layer() + layer() : layer()
      t.tap("y", y)
      return mean(sumFeatures(y * t.input("seed", y.shape)))
    }
    let set = ParameterSet(program.parameters)
    let weight = numbers(shape.weightCount, &generator, scale: 0.3)
    let bias = numbers(toChannels, &generator)
    let x = numbers(isTransposed ? shape.narrowCount : shape.wideCount, &generator)
    var seed = numbers(isTransposed ? shape.wideCount : shape.narrowCount, &generator)
    set["weight"] = weight
    set["bias"] = bias
    program.bind("x", x)
    program.bind("seed", seed)
    program.run(set, mode: .training, examples: shape.batch, backward: true)

    let place =
      "\(isTransposed ? "transposed " : "")convolution on \(path), \(shape), capacity \(capacity), \(threads) threads"
      + (isRectified ? ", rectified" : "") + (isTwice ? ", twice" : "")
    let linear =
      isTransposed
      ? Reference.transposedConvolution(x, weight, shape)
      : Reference.convolution(x, weight, shape)
    var y = Reference.adding(bias: bias, to: linear, batch: shape.batch)
    let largest = y.map { abs($0) }.max()!
    let found = program.read("y")
    if isRectified {
      y = y.map { max(0, $0) }
      seed = zip(seed, found).map { $1 > 0 ? $0 : 0 }
    }
    let times = isTwice ? 2.0 : 1
    let (wide, narrow) = isTransposed ? (seed, x) : (x, seed)
    let dx =
      isTransposed
      ? Reference.convolution(seed, weight, shape)
      : Reference.transposedConvolution(seed, weight, shape)
    let dweight = Reference.weightGradient(wide, narrow, shape)
    let dbias = Reference.channelSums(seed, batch: shape.batch, channels: toChannels)
    let factor = Float(shape.batch)
    let taps = shape.kernel.0 * shape.kernel.1
    expectClose(
      found, y.map { $0 * times }, tolerance(fromChannels * taps), "y: \(place)",
      largest: times * largest)
    expectClose(
      program.readGradient("x").map { $0 * factor }, dx.map { $0 * times },
      tolerance(toChannels * taps), "dx: \(place)")
    let sums = seed.count / toChannels
    expectClose(
      set.gradient("weight").map { $0 * factor }, dweight.map { $0 * times }, tolerance(sums),
      "dweight: \(place)")
    expectClose(
      set.gradient("bias").map { $0 * factor }, dbias.map { $0 * times }, 2 * tolerance(sums),
      "dbias: \(place)")
  }

  /// Depthwise convolutions, with odd zeros on the far side: output, gradients of input, weight, bias; with a fused
  /// rectifier, and with everything used twice.
  @Test(arguments: paths)
  func depthwiseConvolutions(_ path: KernelPath) {
    var generator = RandomStream(seed: 22, "depthwise").generator
    for index in 0..<150 {
      let channels = pick([1, 2, 3, 5, 17], &generator)
      let far = (pick([0, 0, 1, 2], &generator), pick([0, 0, 1, 3], &generator))
      var shape = self.shape(index, &generator)
      shape = Reference.Shape(
        batch: shape.batch, wideChannels: channels, narrowChannels: channels, wide: shape.wide,
        kernel: shape.kernel, stride: shape.stride, padding: shape.padding, farPadding: far)
      shape.isDepthwise = true
      let isRectified = index % 3 == 1
      let isTwice = index % 3 == 2
      let threads = 1 + index % 4 / 2
      let capacity = shape.batch + pick([0, 0, 3, 40], &generator)
      let geometry = ConvolutionGeometry(
        stride: shape.stride, padding: shape.padding, farPadding: far)
      let program = Program(batch: capacity, threads: threads, path: path) { t in
        let x = t.input("x", [channels, shape.wide.0, shape.wide.1], differentiable: true)
        t.tap("x", x)
        let weight = t.parameter("weight", [channels, 1, shape.kernel.0, shape.kernel.1])
        let bias = t.parameter("bias", [channels])
        func layer() -> Value {
          let y = depthwiseConv2d(x, weight, bias: bias, geometry)
          return isRectified ? relu(y) : y
        }
        let y = isTwice ? layer() + layer() : layer()
        t.tap("y", y)
        return mean(sumFeatures(y * t.input("seed", y.shape)))
      }
      let set = ParameterSet(program.parameters)
      let weight = numbers(shape.weightCount, &generator, scale: 0.3)
      let bias = numbers(channels, &generator)
      let x = numbers(shape.wideCount, &generator)
      var seed = numbers(shape.narrowCount, &generator)
      set["weight"] = weight
      set["bias"] = bias
      program.bind("x", x)
      program.bind("seed", seed)
      program.run(set, mode: .training, examples: shape.batch, backward: true)
      let place =
        "depthwise on \(path), \(shape), far \(far), capacity \(capacity), \(threads) threads"
        + (isRectified ? ", rectified" : "") + (isTwice ? ", twice" : "")
      var y = Reference.adding(
        bias: bias, to: Reference.convolution(x, weight, shape), batch: shape.batch)
      let largest = y.map { abs($0) }.max()!
      let found = program.read("y")
      if isRectified {
        y = y.map { max(0, $0) }
        seed = zip(seed, found).map { $1 > 0 ? $0 : 0 }
      }
      let times = isTwice ? 2.0 : 1
      let factor = Float(shape.batch)
      let taps = shape.kernel.0 * shape.kernel.1
      let sums = seed.count / channels
      expectClose(
        found, y.map { $0 * times }, tolerance(taps), "y: \(place)", largest: times * largest)
      expectClose(
        program.readGradient("x").map { $0 * factor },
        Reference.transposedConvolution(seed, weight, shape).map { $0 * times }, tolerance(taps),
        "dx: \(place)")
      expectClose(
        set.gradient("weight").map { $0 * factor },
        Reference.weightGradient(x, seed, shape).map { $0 * times }, tolerance(sums),
        "dweight: \(place)")
      // One channel's numbers may cancel: the sums on the way are as large as a random walk.
      let walk = (seed.reduce(0) { $0 + Double($1) * Double($1) } / Double(channels)).squareRoot()
      let dbias = Reference.channelSums(seed, batch: shape.batch, channels: channels).map {
        $0 * times
      }
      expectClose(
        set.gradient("bias").map { $0 * factor }, dbias, 2 * tolerance(sums), "dbias: \(place)",
        largest: max(times * walk, dbias.map { abs($0) }.max()!))
    }
  }

  /// A program that only predicts lets convolutions hold their outputs to 0…6 themselves: to the same bits.
  @Test(arguments: paths)
  func rectifiersToSixAreApplied(_ path: KernelPath) {
    var generator = RandomStream(seed: 23, "six").generator
    let weights = (numbers(6 * 5 * 9, &generator), numbers(6 * 9, &generator))
    let bias = numbers(6, &generator, scale: 3)
    let x = numbers(19 * 5 * 7 * 8, &generator, scale: 2)
    func run(isFused: Bool) -> [Float] {
      let program = Program(batch: 19, threads: 2, path: path) { t in
        let bias = t.parameter("bias", [6])
        func six(_ name: String, _ y: Value) -> Value {
          // What is tapped stays as it is.
          if !isFused { t.tap(name, y) }
          return relu6(y)
        }
        let geometry = ConvolutionGeometry(padding: 1)
        let plain = six(
          "plain",
          conv2d(
            t.input("x", [5, 7, 8]), t.parameter("plain", [6, 5, 3, 3]), bias: bias, geometry))
        let own = six(
          "own", depthwiseConv2d(plain, t.parameter("own", [6, 1, 3, 3]), bias: bias, geometry))
        t.tap("both", concatenate([plain, own]))
        return nil
      }
      let set = ParameterSet(program.parameters)
      (set["plain"], set["own"], set["bias"]) = (weights.0, weights.1, bias)
      program.bind("x", x)
      program.run(set, mode: .evaluation)
      return program.read("both")
    }
    let fused = run(isFused: true)
    #expect(fused.map(\.bitPattern) == run(isFused: false).map(\.bitPattern))
    #expect(fused.min() == 0 && fused.max() == 6)
    #expect(fused.contains { $0 > 0 && $0 < 6 })
  }

  /// Dense layers are convolutions of a single position.
  @Test(arguments: paths)
  func denseLayers(_ path: KernelPath) {
    var generator = RandomStream(seed: 18, "dense").generator
    // Weight gradients take 128 examples at a time.
    let batches = Self.batches + [128, 129, 145, 260]
    for index in 0..<120 {
      let batch = batches[index % batches.count]
      let inputs = pick([1, 2, 7, 15, 16, 17, 31, 48, 100, 129, 131, 260], &generator)
      let outputs = pick([1, 2, 3, 10, 12, 13, 24, 25, 50, 65], &generator)
      let isRectified = index % 3 == 1
      let isTwice = index % 3 == 2
      let threads = 1 + index % 3
      let capacity = batch + pick([0, 0, 3, 40], &generator)
      let shape = Reference.Shape(
        batch: batch, wideChannels: inputs, narrowChannels: outputs, wide: (1, 1), kernel: (1, 1),
        stride: (1, 1), padding: (0, 0))
      let program = Program(batch: capacity, threads: threads, path: path) { t in
        let x = t.input("x", [inputs], differentiable: true)
        t.tap("x", x)
        let (weight, bias) = (
          t.parameter("weight", [outputs, inputs]), t.parameter("bias", [outputs])
        )
        func layer() -> Value {
          let y = dense(x, weight, bias: bias)
          return isRectified ? relu(y) : y
        }
        let y = isTwice ? layer() + layer() : layer()
        t.tap("y", y)
        return mean(sumFeatures(y * t.input("seed", y.shape)))
      }
      let set = ParameterSet(program.parameters)
      let (weight, bias) = (
        numbers(outputs * inputs, &generator, scale: 0.3), numbers(outputs, &generator)
      )
      let x = numbers(batch * inputs, &generator)
      var seed = numbers(batch * outputs, &generator)
      set["weight"] = weight
      set["bias"] = bias
      program.bind("x", x)
      program.bind("seed", seed)
      program.run(set, mode: .training, examples: batch, backward: true)
      let place =
        "dense \(inputs) to \(outputs), batch \(batch) of \(capacity), \(threads) threads on \(path)"
        + (isRectified ? ", rectified" : "") + (isTwice ? ", twice" : "")
      var y = Reference.adding(
        bias: bias, to: Reference.convolution(x, weight, shape), batch: batch)
      let largest = y.map { abs($0) }.max()!
      let found = program.read("y")
      if isRectified {
        y = y.map { max(0, $0) }
        seed = zip(seed, found).map { $1 > 0 ? $0 : 0 }
      }
      let times = isTwice ? 2.0 : 1
      let factor = Float(batch)
      expectClose(
        found, y.map { $0 * times }, tolerance(inputs), "y: \(place)", largest: times * largest)
      expectClose(
        program.readGradient("x").map { $0 * factor },
        Reference.transposedConvolution(seed, weight, shape).map { $0 * times }, tolerance(outputs),
        "dx: \(place)")
      expectClose(
        set.gradient("weight").map { $0 * factor },
        Reference.weightGradient(x, seed, shape).map { $0 * times }, tolerance(batch),
        "dweight: \(place)")
      expectClose(
        set.gradient("bias").map { $0 * factor },
        Reference.channelSums(seed, batch: batch, channels: outputs).map { $0 * times },
        2 * tolerance(batch), "dbias: \(place)")
    }
  }

  @Test(arguments: paths, [true, false])
  func pools(_ path: KernelPath, _ isMaximum: Bool) {
    var generator = RandomStream(seed: 19, "pools").generator
    for index in 0..<90 {
      var shape: Reference.Shape
      repeat {
        let kernel = pick([1, 2, 2, 3, 4], &generator)
        let stride = pick([1, 2, 2, 3, kernel], &generator)
        let padding = pick([0, 0, kernel / 2], &generator)
        let channels = pick([1, 2, 5], &generator)
        shape = Reference.Shape(
          batch: Self.batches[index % Self.batches.count], wideChannels: channels,
          narrowChannels: channels,
          wide: (pick([2, 3, 4, 5, 8, 9], &generator), pick([2, 3, 4, 6, 7], &generator)),
          kernel: (kernel, kernel), stride: (stride, stride), padding: (padding, padding))
      } while shape.narrow.0 < 1 || shape.narrow.1 < 1
        || (shape.padding.0 > 0 && shape.padding.0 >= shape.kernel.0)
      let isTwice = index % 4 == 3
      let kernel = shape.kernel.0
      let (stride, padding) = (shape.stride.0, shape.padding.0)
      let program = Program(batch: shape.batch + index % 5, threads: 1 + index % 2, path: path) {
        t in
        let x = t.input(
          "x", [shape.wideChannels, shape.wide.0, shape.wide.1], differentiable: true)
        t.tap("x", x)
        func layer() -> Value {
          isMaximum
            ? maxPool2d(x, kernel: kernel, stride: stride, padding: padding)
            : averagePool2d(x, kernel: kernel, stride: stride, padding: padding)
        }
        let y = isTwice ? layer() + layer() : layer()
        t.tap("y", y)
        return mean(sumFeatures(y * t.input("seed", y.shape)))
      }
      // Few different numbers in every second case: most windows have ties.
      let x =
        index % 2 == 0
        ? numbers(shape.wideCount, &generator)
        : (0..<shape.wideCount).map { _ in Float(generator.next() % 3) - 1 }
      let seed = numbers(shape.narrowCount, &generator)
      program.bind("x", x)
      program.bind("seed", seed)
      program.run(
        ParameterSet(program.parameters), mode: .training, examples: shape.batch, backward: true)
      let place =
        "\(isMaximum ? "max" : "average") pool on \(path), \(shape)\(isTwice ? ", twice" : "")"
      let (y, dx) = Reference.pool(x, seed: seed, shape, isMaximum: isMaximum)
      let times = isTwice ? 2.0 : 1
      expectClose(program.read("y"), y.map { $0 * times }, 1e-6, "y: \(place)")
      expectClose(
        program.readGradient("x").map { $0 * Float(shape.batch) }, dx.map { $0 * times }, 2e-6,
        "dx: \(place)")
    }
  }

  @Test(arguments: paths)
  func batchNorms(_ path: KernelPath) {
    var generator = RandomStream(seed: 20, "norm").generator
    for index in 0..<60 {
      let batch = Self.batches[index % Self.batches.count]
      let channels = pick([1, 2, 3, 16, 17], &generator)
      let sides = (pick([1, 2, 5], &generator), pick([1, 3, 4], &generator))
      let isRectified = index % 2 == 1
      let count = batch * channels * sides.0 * sides.1
      if count / channels < 4 { continue }  // too few numbers: gradients cancel to rounding
      let program = Program(batch: batch + index % 7, threads: 1 + index % 3, path: path) { t in
        let x = t.input("x", [channels, sides.0, sides.1], differentiable: true)
        t.tap("x", x)
        let normal = batchNorm(
          x, scale: t.parameter("scale", [channels]), shift: t.parameter("shift", [channels]),
          runningMean: t.parameter("mean", [channels], role: .statistic),
          runningVariance: t.parameter("variance", [channels], role: .statistic))
        let y = isRectified ? relu(normal) : normal
        t.tap("y", y)
        return mean(sumFeatures(y * t.input("seed", y.shape)))
      }
      let set = ParameterSet(program.parameters)
      let (scale, shift) = (numbers(channels, &generator), numbers(channels, &generator))
      let x = numbers(count, &generator, scale: 2).map { $0 + 1 }
      var seed = numbers(count, &generator)
      set["scale"] = scale
      set["shift"] = shift
      set["variance"] = [Float](repeating: 1, count: channels)
      program.bind("x", x)
      program.bind("seed", seed)
      program.run(set, mode: .training, examples: batch, backward: true)
      let found = program.read("y")
      if isRectified { seed = zip(seed, found).map { $1 > 0 ? $0 : 0 } }
      let truth = Reference.batchNorm(
        x, seed: seed, scale: scale, shift: shift, batch: batch, epsilon: 1e-5)
      let place =
        "batch norm on \(path), batch \(batch), \(channels) channels of \(sides.0)x\(sides.1)\(isRectified ? ", rectified" : "")"
      let factor = Float(batch)
      let limit = 2 * tolerance(count / channels)
      expectClose(found, isRectified ? truth.y.map { max(0, $0) } : truth.y, limit, "y: \(place)")
      expectClose(
        program.readGradient("x").map { $0 * factor }, truth.dx, 2 * limit, "dx: \(place)")
      expectClose(
        set.gradient("scale").map { $0 * factor }, truth.dscale, 2 * limit, "dscale: \(place)")
      expectClose(
        set.gradient("shift").map { $0 * factor }, truth.dshift, 2 * limit, "dshift: \(place)")
      expectClose(set["mean"], truth.mean.map { 0.1 * $0 }, limit, "running mean: \(place)")
      expectClose(
        set["variance"], truth.variance.map { 0.9 + 0.1 * $0 }, limit, "running variance: \(place)")
    }
  }

  @Test(arguments: paths, batches)
  func crossEntropies(_ path: KernelPath, _ batch: Int) {
    var generator = RandomStream(seed: 21, "loss").generator
    for (classes, scale) in [(2, 1.0), (10, 1), (17, 1), (10, 40), (100, 5)] {
      let program = Program(batch: batch + 2, path: path) { t in
        let x = t.input("x", [classes], differentiable: true)
        t.tap("x", x)
        let losses = softmaxCrossEntropy(x, t.labels("labels"))
        t.tap("losses", losses)
        return mean(losses)
      }
      let x = numbers(batch * classes, &generator, scale: scale)
      let labels = (0..<batch).map { _ in Int32(generator.next() % UInt64(classes)) }
      program.bind("x", x)
      program.bind(labels: "labels", labels)
      program.run(
        ParameterSet(program.parameters), mode: .training, examples: batch, backward: true)
      let truth = Reference.softmaxCrossEntropy(x, labels: labels)
      let place = "batch \(batch), \(classes) classes, logits of \(scale), on \(path)"
      expectClose(program.read("losses"), truth.losses, tolerance(classes), "loss: \(place)")
      let average = truth.losses.reduce(0, +) / Double(batch)
      #expect(abs(program.lossNumber - average) < tolerance(classes) * max(1, average), "\(place)")
      expectClose(
        program.readGradient("x").map { $0 * Float(batch) }, truth.dx, tolerance(classes),
        "dx: \(place)")
    }
  }
}
