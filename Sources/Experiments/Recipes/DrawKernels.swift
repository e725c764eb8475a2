import Compute
import Files
import Foundation
import Harness
import Networks

/// Records kernels that a prior was learned from, their codes, and samples of the prior, number by number, so that a
/// report can draw them.
struct DrawKernels: Recipe {
  static let name = "draw-kernels"
  static let version = 1

  var prior: Ref<TrainedKernelPrior>
  /// Source kernels and samples to record.
  var count: Int

  var estimatedSeconds: Double? { 1 }

  func run(_ context: TrialContext) throws {
    let (vae, set) = try context.kernelPrior(prior)
    let source = try context.sourceKernels(prior)
    let stream = RandomStream(seed: context.seed, "draw-kernels")
    let length = vae.size * vae.size
    let total = source.numbers.count / length
    let taken = min(count, total)
    var generator = stream.child("source").generator
    let chosen = permutation(total, using: &generator).prefix(taken).flatMap {
      source.numbers[Int($0) * length..<(Int($0) + 1) * length]
    }
    let samples = vae.samples(taken, from: set, stream: stream.child("samples"))
    for (name, numbers) in [("source", chosen), ("sample", samples)] {
      var norms = 0.0
      for kernel in 0..<taken {
        var squares = 0.0
        for pixel in 0..<length {
          let number = Double(numbers[kernel * length + pixel])
          squares += number * number
          try context.record(
            "kernel_weight", number,
            coordinates: ["set": name, "kernel": "\(kernel)", "pixel": "\(pixel)"])
        }
        norms += squares.squareRoot() / Double(taken)
      }
      try context.record("mean_norm", norms, coordinates: ["set": name])
    }
    let coding = vae.encodingProgram(batch: taken)
    coding.bind("x", chosen)
    coding.run(set, mode: .evaluation)
    for (place, number) in coding.read("mean").enumerated() {
      try context.record(
        "code", Double(number),
        coordinates: [
          "set": "source", "kernel": "\(place / vae.latent)", "axis": "\(place % vae.latent + 1)",
        ])
    }
  }
}

/// The kernels that a trial of `DrawKernels` recorded.
struct DrawnKernels {
  /// `[kernel][pixel]`.
  let numbers: [[Double]]
  /// Height and width.
  let size: Int

  /// Those of a set; nil where there are none.
  init?(_ report: ReportData, set: String) {
    var kernels: [Int: [Int: Double]] = [:]
    for row in report.results.rows(metric: "kernel_weight", where: ["set": set]) {
      guard let kernel = row.columns["kernel"].flatMap(Int.init),
        let pixel = row.columns["pixel"].flatMap(Int.init)
      else { continue }
      kernels[kernel, default: [:]][pixel] = row.value
    }
    numbers = kernels.sorted { $0.key < $1.key }.map { _, pixels in
      pixels.sorted { $0.key < $1.key }.map(\.value)
    }
    guard let length = numbers.first?.count, numbers.allSatisfy({ $0.count == length }) else {
      return nil
    }
    size = Int(Double(length).squareRoot().rounded())
    guard size * size == length else { return nil }
  }
}
