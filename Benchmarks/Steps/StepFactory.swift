import Compute
import Foundation
import Methods
import Networks

/// Builds the steps by name.
enum StepFactory {
  static let names = ["svd-lenet5", "svd-lenet300", "lenet5", "lenet300"]

  static func make(_ name: String, threads: Int) -> (() -> Void)? {
    switch name {
    case "lenet300": classifier(.leNet300, threads)
    case "lenet5": classifier(.leNet5, threads)
    case "svd-lenet300": sparse(.leNet300, threads)
    case "svd-lenet5": sparse(.leNet5, threads)
    default: nil
    }
  }

  /// 10,000 random rows of 784 bytes and labels, gathered in random batches of 100.
  struct Digits {
    let table: RowTable
    let labels: [Int32]
    private var order: [Int32]
    private var place = 0

    init() {
      var generator = RandomStream(seed: 1, "benchmark").generator
      let bytes = (0..<10_000 * 784).map { _ in UInt8.random(in: 0...255, using: &generator) }
      table = RowTable(
        bytes: bytes, features: 784, scale: 1 / 256, shift: Array(repeating: -0.5, count: 784))
      labels = (0..<10_000).map { _ in Int32.random(in: 0..<10, using: &generator) }
      order = permutation(10_000, using: &generator)
    }
    mutating func next(_ count: Int) -> ArraySlice<Int32> {
      if place + count > order.count { place = 0 }
      defer { place += count }
      return order[place..<place + count]
    }
  }

  static func classifier(_ architecture: Architecture, _ threads: Int) -> () -> Void {
    let program = architecture.trainingProgram(batch: 100, threads: threads)
    let set = ParameterSet(program.parameters)
    Initialiser.heNormal.fill(set, architecture, stream: RandomStream(seed: 1, "init"))
    let adam = Adam(program.parameters)
    var digits = Digits()
    return {
      let rows = digits.next(100)
      program.bind("x", digits.table, rows: rows)
      program.bind(labels: "labels", digits.labels, rows: rows)
      program.run(set, mode: .training, backward: true)
      adam.update(set, rate: 1e-3, on: program)
    }
  }

  static func sparse(_ architecture: Architecture, _ threads: Int) -> () -> Void {
    let method = SparseVariationalDropout(architecture)
    let program = method.trainingProgram(batch: 100, threads: threads)
    let set = method.start(program, initialiser: .heNormal, stream: RandomStream(seed: 1, "init"))
    let adam = Adam(program.parameters)
    var digits = Digits()
    var index: UInt32 = 0
    program.bind("klShare", 1.0 / 60_000)
    return {
      let rows = digits.next(100)
      program.bind("x", digits.table, rows: rows)
      program.bind(labels: "labels", digits.labels, rows: rows)
      program.run(set, mode: .training, noise: 1, index: index, backward: true)
      adam.update(set, rate: 1e-3, on: program)
      index += 1
    }
  }
}
