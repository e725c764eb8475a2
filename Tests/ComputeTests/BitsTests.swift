import Compute
import Testing

/// Equal seeds give equal bits, whatever the threads, the capacity and the company a row keeps.
struct BitsTests {
  static let paths = KernelPath.allCases.filter(\.isAvailable)
  static let sizes = [100, 37, 16, 1, 99]

  /// Twenty steps of Adam over batches of unequal size.
  private func train(_ net: Net, threads: Int, path: KernelPath, capacity: Int = Net.batch)
    -> UInt64
  {
    let program = net.program(batch: capacity, threads: threads, path: path)
    let set = net.start(program.parameters)
    let adam = Adam(program.parameters)
    let data = net.data
    var order = RandomStream(seed: 4, "order").generator
    for step in 0..<20 {
      let rows = permutation(500, using: &order).prefix(Self.sizes[step % Self.sizes.count])
      net.bind(program, data, rows: rows)
      program.run(
        set, mode: .training, examples: rows.count, noise: 9, index: UInt32(step), backward: true)
      adam.update(set, rate: 1e-3, on: program)
    }
    #expect(set.isFinite)
    return hash(set)
  }

  @Test(arguments: Net.allCases, paths)
  func threadsAndCapacityDoNotMatter(_ net: Net, _ path: KernelPath) {
    let one = train(net, threads: 1, path: path)
    #expect(train(net, threads: 1, path: path) == one, "run again")
    #expect(train(net, threads: 2, path: path) == one, "2 threads")
    #expect(train(net, threads: 3, path: path) == one, "3 threads")
    #expect(train(net, threads: 2, path: path, capacity: 130) == one, "capacity 130")
  }

  /// A convolution that adds another value while it writes gives the bits of a sum of its own. A tapped value cannot be
  /// fused away.
  @Test(arguments: paths) func sumsMayBeFused(_ path: KernelPath) {
    func program(tapsTerms: Bool) -> Program {
      Program(batch: 20, path: path) { trace in
        let x = trace.input("x", [3, 7, 6])
        let geometry = ConvolutionGeometry(padding: 1)
        let first = conv2d(x, trace.parameter("first", [13, 3, 3, 3]), geometry)
        let short = conv2d(
          x, trace.parameter("short", [13, 3, 1, 1]), bias: trace.parameter("bias", [13]))
        let block = relu(first + short)
        let second = conv2d(block, trace.parameter("second", [13, 13, 3, 3]), geometry)
        let sum = second + block
        if tapsTerms {
          for (name, value) in [("a", first), ("b", short), ("c", second)] {
            trace.tap(name, value)
          }
        }
        trace.tap("block", block)
        trace.tap("sum", sum)
        return nil
      }
    }
    let fused = program(tapsTerms: false), plain = program(tapsTerms: true)
    let set = ParameterSet(fused.parameters)
    var generator = RandomStream(seed: 6, "fused").generator
    for entry in fused.parameters.entries {
      set[entry.name] = numbers(entry.count, &generator, scale: 1)
    }
    for rows in [20, 3] {
      let x = numbers(rows * 3 * 7 * 6, &generator, scale: 1)
      for program in [fused, plain] {
        program.bind("x", x)
        program.run(set, mode: .evaluation, examples: rows)
      }
      for name in ["block", "sum"] { #expect(fused.read(name) == plain.read(name), "\(name)") }
      #expect(Set(fused.read("sum")).count > rows * 100)
    }
  }

  /// A program that only predicts lets values share memory whose lives do not overlap: the same bits as where every
  /// value is kept, in less memory.
  @Test(arguments: paths)
  func sharedPlacesChangeNothing(_ path: KernelPath) {
    func program(keepsAll: Bool) -> Program {
      Program(batch: 37, threads: 2, path: path) { t in
        var count = 0
        func kept(_ value: Value) -> Value {
          count += 1
          if keepsAll { t.tap("value \(count)", value) }
          return value
        }
        let geometry = ConvolutionGeometry(padding: 1)
        func layer(_ name: String, _ x: Value) -> Value {
          kept(conv2d(x, t.parameter(name, [6, x.shape[0], 3, 3]), geometry))
        }
        let x = kept(t.input("x", [3, 8, 8]))
        let first = kept(relu(layer("a", x)))
        let second = kept(sigmoid(layer("b", first)))
        let early = kept(maxPool2d(second, kernel: 2))
        let third = kept(layer("c", second) + kept(tanh(first)))
        let both = kept(concatenate([third, second]))
        let middle = kept(both[channels: 3..<9] * third)
        t.tap("middle", middle)
        let late = kept(averagePool2d(kept(elu(layer("d", middle))), kernel: 2))
        t.tap("end", kept(globalAveragePool(late + early)))
        return nil
      }
    }
    let sparing = program(keepsAll: false), plain = program(keepsAll: true)
    #expect(sparing.bytes < plain.bytes * 2 / 3)
    let set = ParameterSet(sparing.parameters)
    var generator = RandomStream(seed: 7, "places").generator
    for entry in set.layout.entries {
      set[entry.name] = numbers(entry.count, &generator, scale: 0.5)
    }
    for rows in [37, 4, 18] {
      let x = numbers(rows * 192, &generator, scale: 1)
      for program in [sparing, plain] {
        program.bind("x", x)
        program.run(set, mode: .evaluation, examples: rows)
      }
      for name in ["middle", "end"] {
        #expect(
          sparing.read(name).map(\.bitPattern) == plain.read(name).map(\.bitPattern), "\(name)")
      }
      #expect(Set(sparing.read("end")).count == rows * 6)
    }
  }

  /// In evaluation a row's result is its own: alone, in a batch of 5 or of 100, anywhere in it.
  @Test(arguments: Net.allCases, paths)
  func rowsAreAloneInEvaluation(_ net: Net, _ path: KernelPath) {
    let program = net.program(threads: 2, path: path)
    let set = net.start(program.parameters)
    let data = net.data
    func logits(_ rows: [Int32]) -> [[Float]] {
      net.bind(program, data, rows: rows[...])
      program.run(set, mode: .evaluation, examples: rows.count)
      let all = program.read("logits")
      let width = all.count / rows.count
      return (0..<rows.count).map { Array(all[$0 * width..<($0 + 1) * width]) }
    }
    let whole = logits(Array(0..<100))
    for rows in [[7], [0, 1, 2, 3, 4], [99, 50, 3], Array(20..<53)] as [[Int32]] {
      for (row, found) in zip(rows, logits(rows)) {
        #expect(found == whole[Int(row)], "row \(row) of \(rows.count)")
      }
    }
  }

  /// While noise is drawn too, later rows leave earlier ones as they are.
  @Test(arguments: [Net.leNet5, .sparse, .autoencoder], paths)
  func laterRowsDoNotMoveEarlierOnes(_ net: Net, _ path: KernelPath) {
    let program = net.program(threads: 1, path: path)
    let set = net.start(program.parameters)
    let data = net.data
    func logits(_ rows: [Int32]) -> [Float] {
      net.bind(program, data, rows: rows[...])
      program.run(set, mode: .sampling, examples: rows.count, noise: 3, index: 8)
      return program.read("logits")
    }
    let whole = logits(Array(0..<100))
    for count in [1, 5, 17, 64] {
      #expect(
        logits(Array(0..<Int32(count))).elementsEqual(whole.prefix(whole.count / 100 * count)))
    }
    let other = logits(Array(0..<10) + Array(200..<290))
    #expect(other.prefix(whole.count / 10) == whole.prefix(whole.count / 10))
    #expect(logits(Array(0..<100)) == whole)
  }

  /// Evaluation is what sampling would be without deviation: at log variances of -80 nothing is left of the noise.
  @Test(arguments: paths)
  func evaluationIsTheMean(_ path: KernelPath) {
    let net = Net.sparse
    let program = net.program(threads: 1, path: path)
    let set = net.start(program.parameters)
    for name in ["a", "b"] {
      set["\(name).logVariance"] = set["\(name).logVariance"].map { _ in -80 }
      // Means far from zero: kept whatever the variance.
      set["\(name).weight"] = set["\(name).weight"].map { $0 + 0.01 }
    }
    let data = net.data
    net.bind(program, data, rows: Array(0..<100)[...])
    program.run(set, mode: .evaluation)
    let still = program.read("logits")
    program.run(set, mode: .sampling, noise: 1)
    // sqrt(1e-8) = 1e-4 of noise is left at each of the two layers by the formula.
    expectClose(program.read("logits"), still, 2e-3, "sampling without variance")
    program.run(set, mode: .evaluation, noise: 5, index: 7)
    #expect(program.read("logits") == still)
  }

  /// Results of different instruction sets agree to rounding, not to the bit.
  @Test(arguments: Net.allCases)
  func pathsAgree(_ net: Net) {
    let data = net.data
    var first: [Float] = []
    for path in Self.paths {
      let program = net.program(threads: 1, path: path)
      let set = net.start(program.parameters)
      net.bind(program, data, rows: Array(0..<100)[...])
      program.run(set, mode: .training, noise: 5, backward: true)
      let gradients = program.parameters.entries.filter { $0.role == .trainable }
        .flatMap { set.gradient($0.name) }
      if first.isEmpty { first = gradients } else { expectClose(gradients, first, 2e-4, "\(path)") }
    }
  }
}
