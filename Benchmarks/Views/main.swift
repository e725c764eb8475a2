import Compute
import Datasets
import Experiments
import Foundation
import Images
import Networks

// Test-time augmentation from pictures to mean predictions: pictures, 10 random crops and flips each, normalised, through
// ResNet-20. Prints the milliseconds of a block for each line on standard input, after `ready`; views-peers.py measures it in turns.
//
//     bench-views [--threads 2] [--pictures 1000]

/// Generated pictures, kept in memory.
struct Shapes: LabelledPictures {
  let pictures: [Picture]
  let labels: [Int32]
  let classNames = ShapeClass.allCases.map { "\($0)" }
  let files: [ImageDataset.UsedFile] = []

  init(count: Int) {
    pictures = (0..<count).map { ShapesMini.picture($0, of: .test) }
    labels = (0..<count).map { Int32(ShapesMini.label($0).rawValue) }
  }

  func picture(_ index: Int) throws(DataError) -> Picture { pictures[index] }
}

/// The work of one block.
struct Block {
  let pictures: Shapes
  let views = 10
  let network = ResNet.resNet20
  let program: Program
  let set: ParameterSet
  let threads: Int

  init(pictures count: Int, threads: Int) {
    pictures = Shapes(count: count)
    self.threads = threads
    program = network.folded.predictionProgram(batch: 250, threads: threads)
    let plain = ParameterSet(network.parameters)
    Initialiser.heNormal.fill(plain, stream: RandomStream(seed: 1, "weights"))
    set = ParameterSet(program.parameters)
    network.fold(plain, into: set)
  }

  /// The mean prediction of every picture, `[N, classes]`.
  func predict(_ stream: RandomStream) throws -> [Float] {
    let count = pictures.labels.count
    var mean = [Float](repeating: 0, count: count * network.classes)
    for view in 0..<views {
      let own = stream.child(view)
      for start in stride(from: 0, to: count, by: program.capacity) {
        let part = start..<min(start + program.capacity, count)
        program.bind(
          "x",
          try pictures.inputs(part, side: 32, scaling: .cifar, threads: threads) { picture, place in
            var generator = own.child(start + place).generator
            return RandomView.cropAndFlip.view(of: picture, side: 32, using: &generator)
          })
        program.run(set, mode: .evaluation, examples: part.count)
        for (place, log) in program.read("logProbabilities").enumerated() {
          mean[start * network.classes + place] += exp(log) / Float(views)
        }
      }
    }
    return mean
  }
}

func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

var threads = 2
var pictures = 1000
var arguments = CommandLine.arguments.dropFirst()
while let name = arguments.popFirst() {
  guard ["--threads", "--pictures"].contains(name),
    let number = arguments.popFirst().flatMap({ Int($0) }),
    number > 0
  else {
    FileHandle.standardError.write(
      Data("bench-views: \(name): expected --threads N or --pictures N\n".utf8))
    exit(64)
  }
  if name == "--threads" { threads = number } else { pictures = number }
}
let block = Block(pictures: pictures, threads: threads)
_ = try block.predict(RandomStream(seed: 0, "warm"))
say("ready")
var number = 0
while readLine() != nil {
  number += 1
  let begin = ContinuousClock.now
  let mean = try block.predict(RandomStream(seed: UInt64(number), "views"))
  let time = begin.duration(to: .now)
  precondition(mean.allSatisfy { $0 >= 0 && $0 <= 1.001 }, "predictions are no probabilities")
  say(String(format: "%.3f", time / .milliseconds(1)))
}
