import Compute
import Files
import Foundation
import Networks
import Testing

/// A file below the folder that `BENCH_DATA` names, if both are there.
private func dataFile(_ path: String) -> URL? {
  guard let folder = ProcessInfo.processInfo.environment["BENCH_DATA"] else { return nil }
  let url = URL(fileURLWithPath: folder).appendingPathComponent(path)
  return FileManager.default.fileExists(atPath: url.path) ? url : nil
}
private let weights = dataFile("cifar10-resnet20/resnet20.safetensors")
private let pictures = dataFile("cifar-10-batches-bin/test_batch.bin")

@Suite struct PublishedResNetTests {
  @Test func parametersAreNamedAsInPublishedFiles() {
    let entries = ResNet.resNet20.predictionProgram(batch: 1).parameters.entries
    let shapes = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.shape) })
    var expected = [
      "conv1.weight": [16, 3, 3, 3], "linear.weight": [10, 64], "linear.bias": [10],
    ]
    func norm(_ name: String, _ channels: Int) {
      for part in ["weight", "bias", "running_mean", "running_var"] {
        expected["\(name).\(part)"] = [channels]
      }
    }
    norm("bn1", 16)
    var before = 16
    for (stage, width) in [(1, 16), (2, 32), (3, 64)] {
      for block in 0..<3 {
        for convolution in [1, 2] {
          let name = "layer\(stage).\(block)."
          expected["\(name)conv\(convolution).weight"] = [width, before, 3, 3]
          norm("\(name)bn\(convolution)", width)
          before = width
        }
      }
    }
    #expect(shapes == expected)
  }

  /// Published: 91.73 % on the test set, 827 errors.
  @Test(.enabled(if: weights != nil && pictures != nil))
  func publishedWeightsScoreWhatTheirAuthorReports() throws {
    let network = ResNet.resNet20
    let plain = ParameterSet(network.predictionProgram(batch: 1).parameters)
    try plain.load(from: try #require(weights))
    let program = network.folded.predictionProgram(batch: 500)
    let set = ParameterSet(program.parameters)
    network.fold(plain, into: set)

    let records = try Bytes.read(try #require(pictures))
    #expect(records.count == 10_000 * 3073)
    let mean: [Float] = [0.485, 0.456, 0.406]
    let deviation: [Float] = [0.229, 0.224, 0.225]
    var errors = 0
    for start in stride(from: 0, to: 10_000, by: 500) {
      var x: [Float] = []
      x.reserveCapacity(500 * 3072)
      for n in start..<start + 500 {
        for c in 0..<3 {
          for p in 0..<1024 {
            x.append((Float(records[n * 3073 + 1 + c * 1024 + p]) / 255 - mean[c]) / deviation[c])
          }
        }
      }
      program.bind("x", x)
      program.run(set, mode: .evaluation)
      let log = program.read("logProbabilities")
      for n in 0..<500 {
        let row = log[n * 10..<(n + 1) * 10]
        let label = Int(records[(start + n) * 3073])
        if row[row.startIndex + label] < row.max()! { errors += 1 }
      }
    }
    #expect(errors == 827)
  }
}
