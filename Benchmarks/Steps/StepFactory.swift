import Compute
import Foundation
import Methods
import Networks

/// One step to be measured.
struct BenchmarkStep {
  let program: Program
  let run: () -> Void
}

/// Builds the steps by name; Benchmarks/README.md says what each of them does.
enum StepFactory {
  static let names = [
    "svd-lenet5", "svd-lenet300", "lenet5", "lenet300", "conv-vae", "resnet8-train",
    "resnet20-train", "resnet20-infer", "lstm", "dwp-step",
  ]
  static let rate = 1e-4

  static func make(_ name: String, threads: Int) -> BenchmarkStep? {
    switch name {
    case "lenet300": classifier(.leNet300, threads)
    case "lenet5": classifier(.leNet5, threads)
    case "svd-lenet300": sparse(.leNet300, threads)
    case "svd-lenet5": sparse(.leNet5, threads)
    case "conv-vae": autoencoder(threads)
    case "resnet8-train": residual(threads, blocks: 1)
    case "resnet20-train": residual(threads, blocks: 3)
    case "resnet20-infer": prediction(threads)
    case "lstm": recurrent(threads)
    case "dwp-step": inference(threads)
    default: nil
    }
  }

  /// Random rows and labels, gathered in random batches.
  struct Examples {
    let table: RowTable
    let labels: [Int32]
    private var order: [Int32]
    private var place = 0

    init(_ table: RowTable, classes: Int32 = 10) {
      var generator = RandomStream(seed: 1, "labels").generator
      self.table = table
      labels = (0..<table.rows).map { _ in Int32.random(in: 0..<classes, using: &generator) }
      order = permutation(table.rows, using: &generator)
    }
    /// 10,000 rows of 784 bytes.
    static func digits(isCentred: Bool) -> Examples {
      let shift = Array(repeating: Float(-0.5), count: 784)
      return Examples(
        RowTable(
          bytes: randomBytes(10_000 * 784), features: 784, scale: 1 / 255,
          shift: isCentred ? shift : nil))
    }
    /// 4,096 rows of 3 x 32 x 32 bytes.
    static func colours() -> Examples {
      Examples(
        RowTable(
          bytes: randomBytes(4096 * 3072), features: 3072, scale: 1 / 64,
          shift: Array(repeating: -2, count: 3072)))
    }
    private static func randomBytes(_ count: Int) -> [UInt8] {
      var generator = SystemRandomNumberGenerator()
      return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    mutating func next(_ count: Int) -> ArraySlice<Int32> {
      if place + count > order.count { place = 0 }
      defer { place += count }
      return order[place..<place + count]
    }
  }

  /// A training step of Adam on inputs `x` and, where the program has them, `labels`.
  private static func training(
    _ program: Program, _ set: ParameterSet, _ data: Examples, hasLabels: Bool = true
  ) -> BenchmarkStep {
    let adam = Adam(program.parameters)
    var data = data
    var index: UInt32 = 0
    return BenchmarkStep(program: program) {
      let rows = data.next(program.capacity)
      program.bind("x", data.table, rows: rows)
      if hasLabels { program.bind(labels: "labels", data.labels, rows: rows) }
      program.run(set, mode: .training, noise: 1, index: index, backward: true)
      adam.update(set, rate: rate, on: program)
      index += 1
    }
  }

  private static func start(_ program: Program) -> ParameterSet {
    let set = ParameterSet(program.parameters)
    Initialiser.heNormal.fill(set, stream: RandomStream(seed: 1, "init"))
    return set
  }

  private static func classifier(_ architecture: Architecture, _ threads: Int) -> BenchmarkStep {
    let program = architecture.trainingProgram(batch: 100, threads: threads)
    return training(program, start(program), .digits(isCentred: true))
  }

  private static func sparse(_ architecture: Architecture, _ threads: Int) -> BenchmarkStep {
    let method = SparseVariationalDropout(architecture)
    let program = method.trainingProgram(batch: 100, threads: threads)
    let set = method.start(
      program, initialiser: .heNormal, stream: RandomStream(seed: 1, "init"))
    program.bind("klShare", 1.0 / 60_000)
    return training(program, set, .digits(isCentred: true))
  }

  private static func inference(_ threads: Int) -> BenchmarkStep {
    let priors = ["conv1": KernelVAE.paper(size: 7), "conv2": KernelVAE.paper(size: 5)]
    let method = KernelInference(
      .dwpConvNet, priors: priors.mapValues { .implicit($0, trainsEncoder: false) }, subset: 512)
    let program = method.trainingProgram(batch: 128, threads: threads)
    let set = method.start(
      program, stream: RandomStream(seed: 1, "init"),
      priors: priors.mapValues { ($0, start($0.trainingProgram(batch: 1))) })
    program.bind("klShare", 1.0 / 1000)
    var examples = Examples.digits(isCentred: false)
    let adam = Adam(program.parameters)
    let kernels = RandomStream(seed: 1, "kernels")
    var index: UInt32 = 0
    return BenchmarkStep(program: program) {
      let rows = examples.next(128)
      program.bind("x", examples.table, rows: rows)
      program.bind(labels: "labels", examples.labels, rows: rows)
      method.bindKernels(program, stream: kernels.child(Int(index)))
      program.run(set, mode: .training, noise: 1, index: index, backward: true)
      adam.update(set, rate: rate, on: program)
      index += 1
    }
  }

  private static func autoencoder(_ threads: Int) -> BenchmarkStep {
    let program = ConvVAE.mnist().trainingProgram(batch: 100, threads: threads)
    return training(program, start(program), .digits(isCentred: false), hasLabels: false)
  }

  private static func residual(_ threads: Int, blocks: Int) -> BenchmarkStep {
    let program = ResNet(blocks: blocks, shortcut: .projected)
      .trainingProgram(batch: 128, threads: threads)
    return training(program, start(program), .colours())
  }

  private static func prediction(_ threads: Int) -> BenchmarkStep {
    let network = ResNet(shortcut: .projected)
    let set = start(network.predictionProgram(batch: 1))
    let program = network.folded.logitsProgram(batch: 128, threads: threads)
    let folded = ParameterSet(program.parameters)
    network.fold(set, into: folded)
    var data = Examples.colours()
    return BenchmarkStep(program: program) {
      program.bind("x", data.table, rows: data.next(128))
      program.run(folded, mode: .evaluation)
    }
  }

  private static func recurrent(_ threads: Int) -> BenchmarkStep {
    let model = LSTMLanguageModel(inputs: 128, hidden: 128, symbols: 128, steps: 64)
    let program = model.trainingProgram(batch: 64, threads: threads)
    let set = start(program)
    var generator = RandomStream(seed: 1, "sequences").generator
    let numbers = (0..<1024 * 64 * 128).map { _ in Float.random(in: -2...2, using: &generator) }
    var data = Examples(RowTable(floats: numbers, features: 64 * 128), classes: 128)
    let labels = (0..<64).map { _ in
      (0..<1024).map { _ in Int32.random(in: 0..<128, using: &generator) }
    }
    let names = (0..<64).map { "labels\($0)" }
    let adam = Adam(program.parameters)
    return BenchmarkStep(program: program) {
      let rows = data.next(64)
      program.bind("x", data.table, rows: rows)
      for (name, labels) in zip(names, labels) { program.bind(labels: name, labels, rows: rows) }
      program.run(set, mode: .training, backward: true)
      adam.update(set, rate: rate, on: program)
    }
  }
}
