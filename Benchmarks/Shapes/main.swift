import Compute
import Datasets
import Files
import Foundation
import Images
import Networks

// Makes the files of `shapes-mini`, and measures how hard the set is.
//
//     bench-shapes write FOLDER    writes train.bin.gz and test.bin.gz, prints what the catalogue says of them
//     bench-shapes score [SEED]    trains a linear model and a ResNet-8, prints their accuracy on the test part

func fail(_ words: String) -> Never {
  FileHandle.standardError.write(Data("bench-shapes: \(words)\n".utf8))
  exit(2)
}

func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

func write(to folder: URL) throws {
  for part in ShapesMini.Part.allCases {
    let bytes = Gzip.compress(ShapesMini.records(0..<part.count, of: part))
    try AtomicFile.write(bytes, to: folder.appendingPathComponent(part.file))
    say("\(part.file) bytes: \(bytes.count) sha256: \(Digest.sha256(of: bytes))")
  }
}

/// Pictures and labels of a part.
struct Examples {
  var pictures: [Picture]
  var labels: [Int32]

  init(_ part: ShapesMini.Part) {
    pictures = (0..<part.count).map { ShapesMini.picture($0, of: part) }
    labels = (0..<part.count).map { Int32(ShapesMini.label($0).rawValue) }
  }

  /// The bytes as numbers about zero.
  var table: RowTable {
    RowTable(
      bytes: pictures.flatMap(\.planes), features: 3072, scale: 1 / 64,
      shift: [Float](repeating: -2, count: 3072))
  }
}

/// Percent of right answers.
func accuracy(
  of set: ParameterSet, _ program: Program, on examples: Examples
) -> Double {
  let other = ParameterSet(program.parameters)
  other.copyValues(from: set)
  let table = examples.table
  let rows = (0..<Int32(examples.labels.count)).map { $0 }
  var right = 0
  for start in stride(from: 0, to: rows.count, by: program.capacity) {
    let some = rows[start..<min(start + program.capacity, rows.count)]
    program.bind("x", table, rows: some)
    program.run(other, mode: .evaluation, examples: some.count)
    let scores = program.read("logProbabilities")
    for (index, row) in some.enumerated() {
      let own = scores[(10 * index)..<(10 * index + 10)]
      let best = own.indices.max { own[$0] < own[$1] }! - 10 * index
      right += best == Int(examples.labels[Int(row)]) ? 1 : 0
    }
  }
  return 100 * Double(right) / Double(rows.count)
}

/// Trains for some epochs, every picture seen through `view`, at rates that fall to zero along half a cosine.
func train(
  _ program: Program, _ set: ParameterSet, _ optimiser: any Optimiser, on examples: Examples,
  epochs: Int, rate: Double, decay: Double, stream: RandomStream,
  view: (Picture, inout Philox) -> Picture
) {
  let batch = program.capacity
  for epoch in 0..<epochs {
    var generator = stream.child("epoch").child(epoch).generator
    let order = permutation(examples.labels.count, using: &generator)
    var seen = examples
    seen.pictures = examples.pictures.map { view($0, &generator) }
    let table = seen.table
    for start in stride(from: 0, to: order.count, by: batch) {
      let rows = order[start..<min(start + batch, order.count)]
      let progress = (Double(epoch) + Double(start) / Double(order.count)) / Double(epochs)
      program.bind("x", table, rows: rows)
      program.bind(labels: "labels", examples.labels, rows: rows)
      program.run(
        set, mode: .training, examples: rows.count, noise: 0, index: 0, backward: true)
      optimiser.update(
        set, rate: rate * (1 + cos(.pi * progress)) / 2, decay: decay, on: program, rateOf: nil)
    }
  }
}

func score(seed: UInt64) {
  let stream = RandomStream(seed: seed, "bench-shapes")
  let (training, testing) = (Examples(.train), Examples(.test))
  func report(_ name: String, _ set: ParameterSet, _ program: Program) {
    say(
      String(
        format: "%@: %.1f %% of the training part, %.1f %% of the test part", name,
        accuracy(of: set, program, on: training), accuracy(of: set, program, on: testing)))
  }

  let linear = Architecture(
    name: "linear", input: [3072], classes: 10, layers: [.dense("linear", 10)])
  let softmax = linear.trainingProgram(batch: 100)
  let weights = ParameterSet(softmax.parameters)
  for decay in [0, 0.03] {
    Initialiser.normal001.fill(weights, stream: stream.child("linear"))
    train(
      softmax, weights, Adam(softmax.parameters), on: training, epochs: 40, rate: 0.001,
      decay: decay, stream: stream.child("linear")
    ) { picture, _ in picture }
    report("linear model, penalty \(decay)", weights, linear.predictionProgram(batch: 100))
  }

  let network = ResNet(blocks: 1)
  let program = network.trainingProgram(batch: 100)
  let set = ParameterSet(program.parameters)
  Initialiser.heNormal.fill(set, stream: stream.child("resnet8"))
  train(
    program, set, SGD(program.parameters, momentum: 0.9, nesterov: true), on: training,
    epochs: 40, rate: 0.1, decay: 0.0005, stream: stream.child("resnet8")
  ) { picture, generator in CropAndFlip().apply(to: picture, using: &generator) }
  report("ResNet-8, 40 epochs with crop and flip", set, network.predictionProgram(batch: 100))
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch (arguments.first, arguments.count) {
case ("write", 2):
  do {
    try write(to: URL(fileURLWithPath: arguments[1]))
  } catch { fail("\(error)") }
case ("score", 1): score(seed: 1)
case ("score", 2):
  guard let seed = UInt64(arguments[1]) else { fail("\(arguments[1]): expected a seed") }
  score(seed: seed)
default: fail("expected write FOLDER, or score [SEED]")
}
