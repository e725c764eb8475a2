import Compute

/// Networks of the tests, with every kind of layer and noise between them.
enum Net: String, CaseIterable, Sendable {
  case leNet300, leNet5, sparse, clustered, batchNormal, autoencoder

  static let batch = 100
  var features: Int { self == .leNet300 || self == .sparse ? 784 : 1 * 16 * 16 }

  /// The training program; a tap `logits` of what the network says.
  func program(
    batch: Int = Net.batch, threads: Int, path: KernelPath = .current
  ) -> Program {
    Program(batch: batch, threads: threads, path: path) { t in
      func layer(_ x: Value, _ name: String, _ outputs: Int) -> Value {
        dense(
          x.flattened, t.parameter("\(name).weight", [outputs, x.count]),
          bias: t.parameter("\(name).bias", [outputs]))
      }
      func convolution(
        _ x: Value, _ name: String, _ channels: Int, _ kernel: Int,
        _ geometry: ConvolutionGeometry = .init()
      ) -> Value {
        conv2d(
          x, t.parameter("\(name).weight", [channels, x.shape[0], kernel, kernel]),
          bias: t.parameter("\(name).bias", [channels]), geometry)
      }
      func normal(_ x: Value, _ name: String) -> Value {
        batchNorm(
          x, scale: t.parameter("\(name).scale", [x.shape[0]]),
          shift: t.parameter("\(name).shift", [x.shape[0]]),
          runningMean: t.parameter("\(name).mean", [x.shape[0]], role: .statistic),
          runningVariance: t.parameter("\(name).variance", [x.shape[0]], role: .statistic))
      }
      let x = t.input("x", self == .leNet300 || self == .sparse ? [784] : [1, 16, 16])
      func classify(_ logits: Value) -> Value {
        t.tap("logits", logits)
        return mean(softmaxCrossEntropy(logits, t.labels("labels")))
      }
      switch self {
      case .leNet300:
        return classify(layer(relu(layer(relu(layer(x, "a", 300)), "b", 100)), "c", 10))
      case .leNet5:
        let first = relu(maxPool2d(convolution(x, "a", 20, 3), kernel: 2))
        let second = relu(maxPool2d(convolution(first, "b", 50, 3), kernel: 2))
        return classify(layer(dropout(relu(layer(second, "c", 50)), rate: 0.5), "d", 10))
      case .sparse:
        var divergence: Value?
        func sparse(_ x: Value, _ name: String, _ outputs: Int) -> Value {
          let weight = t.parameter("\(name).weight", [outputs, x.count])
          let logVariance = t.parameter("\(name).logVariance", [outputs, x.count])
          let term = logUniformDivergence(weight, logVariance: logVariance)
          divergence = divergence.map { $0 + term } ?? term
          return sampleGaussian(
            mean: dense(
              x, keptMean(weight, logVariance: logVariance, threshold: 3),
              bias: t.parameter("\(name).bias", [outputs])),
            variance: dense(square(x), exp(logVariance)))
        }
        let loss = classify(sparse(relu(sparse(x, "a", 64)), "b", 10))
        return loss + scaled(divergence!, by: t.scalar("share"))
      case .clustered:
        func clustered(_ x: Value, _ name: String, _ outputs: Int) -> (Value, energy: Value) {
          let weight = t.parameter("\(name).weight", [outputs, x.count])
          let mask = t.parameter("\(name).mask", [outputs, x.count], role: .frozen)
          let energy = mixtureEnergy(
            weight, zeroShare: 0.9, zeroLogPrecision: t.parameter("zeroLogPrecision", [1]),
            means: t.parameter("means", [5]), logPrecisions: t.parameter("logPrecisions", [5]),
            logits: t.parameter("logits", [5]))
          return (dense(x, straightThroughMask(weight, by: mask)), energy)
        }
        let (hidden, first) = clustered(x.flattened, "a", 37)
        let (scores, second) = clustered(relu(hidden), "b", 10)
        return classify(scores) + scaled(first + second, by: t.scalar("share"))
      case .batchNormal:
        let first = relu(normal(convolution(x, "a", 8, 3, .init(padding: 1)), "na"))
        let inner = relu(normal(convolution(first, "b", 8, 3, .init(padding: 1)), "nb"))
        let block = relu(normal(convolution(inner, "c", 8, 3, .init(padding: 1)), "nc") + first)
        let narrow = relu(
          normal(convolution(block, "d", 16, 3, .init(stride: 2, padding: 1)), "nd"))
        return classify(layer(globalAveragePool(narrow), "e", 10))
      case .autoencoder:
        let hidden = relu(convolution(x, "a", 6, 3, .init(stride: 2, padding: 1)))
        let code = sampleGaussian(
          mean: layer(hidden, "mean", 4), variance: exp(layer(hidden, "variance", 4)))
        let grid = relu(layer(code, "up", 6 * 8 * 8)).reshaped([6, 8, 8])
        let logits = convTranspose2d(
          grid, t.parameter("b.weight", [6, 1, 4, 4]), bias: t.parameter("b.bias", [1]),
          .init(stride: 2, padding: 1))
        t.tap("logits", logits)
        return mean(binaryCrossEntropy(logits: logits, target: sigmoid(x)))
      }
    }
  }

  /// Parameters at the start of training.
  func start(_ layout: ParameterLayout) -> ParameterSet {
    let set = ParameterSet(layout)
    for entry in layout.entries {
      var generator = RandomStream(seed: 1, entry.name).generator
      if entry.name.hasSuffix("logVariance") {
        set[entry.name] = [Float](repeating: -6, count: entry.count)
      } else if entry.name.hasSuffix("scale")
        || (entry.role == .statistic && entry.name.hasSuffix("variance"))
      {
        set[entry.name] = [Float](repeating: 1, count: entry.count)
      } else if entry.name.hasSuffix("mask") {
        set[entry.name] = (0..<entry.count).map { $0 % 3 == 0 ? 0 : 1 }
      } else if entry.role == .trainable {
        set[entry.name] = numbers(entry.count, &generator, scale: 0.08)
      }
    }
    return set
  }

  /// Rows and labels to train on.
  var data: (table: RowTable, labels: [Int32]) {
    var generator = RandomStream(seed: 2, "data").generator
    let x = numbers(500 * features, &generator)
    return (
      RowTable(floats: x, features: features), (0..<500).map { _ in Int32(generator.next() % 10) }
    )
  }

  /// Binds the batch of a step; sizes differ from step to step.
  func bind(_ program: Program, _ data: (table: RowTable, labels: [Int32]), rows: ArraySlice<Int32>)
  {
    program.bind("x", data.table, rows: rows)
    if self != .autoencoder { program.bind(labels: "labels", data.labels, rows: rows) }
    if self == .sparse || self == .clustered { program.bind("share", 0.01) }
  }
}

/// A hash of every parameter, bit by bit (FNV-1a).
func hash(_ set: ParameterSet) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for entry in set.layout.entries {
    for value in set[entry.name] { hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01b3 }
  }
  return hash
}
