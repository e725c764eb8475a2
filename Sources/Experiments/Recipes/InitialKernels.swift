import Compute
import Foundation
import Harness
import Methods
import Networks

/// Where the convolutions of a network start from, with the names of the reference numbers (Atanov et al. 2019,
/// Fig. 3, 4 and 6).
enum InitialKernels: String, Codable, Sendable, CaseIterable {
  /// Samples of the deep weight prior: means of decoded codes.
  case dwp
  /// Kernels of source networks, drawn at random.
  case filters
  case xavier

  /// What reports call it.
  var title: String {
    switch self {
    case .dwp: "deep weight prior"
    case .filters: "learned kernels"
    case .xavier: "Xavier"
    }
  }

  /// Replaces weights `[·, ·, K, K]` by kernels drawn one by one, a stream for each layer; `xavier` leaves them as they
  /// are.
  ///
  /// - Throws: `TrialFailure.other` for a layer without a prior or with one of other kernels, and what reading a prior throws.
  func fill(
    _ set: ParameterSet, layers: [String], priors: [String: Ref<TrainedKernelPrior>],
    _ context: TrialContext, stream: RandomStream
  ) throws {
    guard self != .xavier else { return }
    for layer in layers {
      guard let ref = priors[layer] else {
        throw TrialFailure.other("\(layer): no prior was learned for this layer")
      }
      let shape = set.layout["\(layer).weight"].shape
      let kernels = try kernels(shape[0] * shape[1], ref, context, stream: stream.child(layer))
      guard shape[2...] == [kernels.size, kernels.size] else {
        throw TrialFailure.other(
          "\(layer): expected kernels \(shape[2]) x \(shape[3]), found a prior of \(kernels.size) x \(kernels.size)"
        )
      }
      set["\(layer).weight"] = kernels.numbers
    }
  }

  private func kernels(
    _ count: Int, _ ref: Ref<TrainedKernelPrior>, _ context: TrialContext, stream: RandomStream
  ) throws -> (numbers: [Float], size: Int) {
    if self == .dwp {
      let (vae, set) = try context.kernelPrior(ref)
      return (vae.samples(count, from: set, stream: stream), vae.size)
    }
    let source = try context.sourceKernels(ref)
    let length = source.size * source.size
    let known = source.numbers.count / length
    var generator = stream.generator
    let numbers = (0..<count).flatMap { _ in
      let kernel = Int(generator.uniform() * Double(known))
      return source.numbers[kernel * length..<(kernel + 1) * length]
    }
    return (numbers, source.size)
  }
}
