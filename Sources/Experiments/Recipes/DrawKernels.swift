import Compute
import Files
import Foundation
import Harness
import Metrics
import Networks

/// Kernels that a prior was learned from, their codes, and samples of the prior, for a report to draw: product files
/// `source.npy` and `sample.npy`, `[count, K, K]`, and `codes.npy`, the means of r(z|w), `[count, latent]`.
struct DrawKernels: Recipe {
  static let name = "draw-kernels"
  static let version = 2
  static let codes = "codes.npy"

  /// Which kernels.
  enum Kind: String {
    /// Those the prior was learned from.
    case source
    /// Means of decoded codes z ∼ N(0, I).
    case sample

    var file: String { "\(rawValue).npy" }
  }

  var prior: Ref<TrainedKernelPrior>
  /// Source kernels and samples to take.
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
    for (kind, numbers) in [(Kind.source, chosen), (.sample, samples)] {
      let kernels = NPY(numbers, shape: [taken, vae.size, vae.size])
      try kernels.write(to: context.productURL(kind.file))
      let norms = stride(from: 0, to: numbers.count, by: length).map { start in
        numbers[start..<start + length].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      }
      try context.record("mean_norm", mean(norms), coordinates: ["set": kind.rawValue])
    }
    let coding = vae.encodingProgram(batch: taken)
    coding.bind("x", chosen)
    coding.run(set, mode: .evaluation)
    try NPY(coding.read("mean"), shape: [taken, vae.latent])
      .write(to: context.productURL(Self.codes))
  }
}

/// The kernels that a trial of `DrawKernels` left.
struct DrawnKernels {
  /// `[kernel][pixel]`.
  let numbers: [[Double]]
  /// Height and width.
  let size: Int

  /// Those of a kind; nil where no trial left them.
  ///
  /// - Throws: `FileError`, `HarnessError.malformed`.
  init?(_ report: ReportData, _ kind: DrawKernels.Kind) throws {
    guard let npy = try report.array(kind.file, axes: 3) else { return nil }
    size = npy.shape[2]
    let length = npy.shape[1] * size
    let all = npy.floats().map { Double($0) }
    numbers = stride(from: 0, to: all.count, by: length).map { Array(all[$0..<$0 + length]) }
  }
}

extension ReportData {
  /// The array of a product, with so many axes; nil where no trial left one.
  ///
  /// - Throws: `FileError`, `HarnessError.malformed`.
  func array(_ name: String, axes: Int) throws -> NPY? {
    guard let url = products.first(where: { $0.name == name })?.url else { return nil }
    let npy = try NPY.read(url)
    guard npy.elementType == .f4, npy.shape.count == axes, npy.count > 0 else {
      throw HarnessError.malformed(
        file: name, line: nil, expected: "numbers with \(axes) axes", found: "\(npy.shape)")
    }
    return npy
  }
}
