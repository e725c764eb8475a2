import Compute
import Harness
import Methods
import Networks

/// Draws networks from the Kronecker-factored Laplace approximation around a trained classifier.
struct FitLaplace: Recipe {
  typealias Product = Members
  static let name = "fit-laplace"
  static let version = 1

  var start: Ref<Members>
  var pictures: PictureSource
  var network: String
  /// Training pictures that curvature is measured on.
  var curvaturePictures: Int
  var batch: Int
  /// The L2 penalty of the training: the prior's precision is N times it.
  var decay: Double
  /// What draws deviate by, in standard deviations of the posterior.
  var noiseScale: Double
  var draws: Int

  var datasets: [String] { [pictures.dataset] }
  var estimatedSeconds: Double? {
    // Outer products of patches cost some twenty times the pass.
    TrainingCost.pass(network).map { 20 * $0 * Double(curvaturePictures) }
  }

  func run(_ context: TrialContext) throws {
    let set = try pictures.load(context, side: 32).training
    let named = try NamedNetwork.known(network, classes: set.classCount)
    let stream = RandomStream(seed: context.seed, "fit-laplace")
    let laplace = KroneckerLaplace(named.network)
    let program = laplace.program(batch: batch)
    let parameters = ParameterSet(program.parameters)
    try parameters.load(from: context.onlyMember(start))
    var generator = stream.child("pictures").generator
    let count = min(curvaturePictures, set.count)
    let chosen = permutation(set.count, using: &generator).prefix(count).map(Int.init)
    var curvature = laplace.none
    for begin in stride(from: 0, to: count, by: batch) {
      try context.throwIfInterrupted()
      let part = Array(chosen[begin..<min(begin + batch, count)])
      program.bind("x", try set.inputs(part, side: 32, scaling: named.scaling, threads: 1))
      laplace.add(
        to: &curvature, parameters, with: program, examples: part.count,
        stream: stream.child("labels").child(begin))
      context.progress(Double(begin + part.count) / Double(count))
    }
    let posterior = try laplace.posterior(
      curvature, trainingPictures: set.count, priorPrecision: Double(set.count) * decay)
    for draw in 0..<draws {
      let drawn = parameters.copy()
      posterior.addDraw(
        to: drawn, scale: noiseScale, stream: stream.child("draw").child(draw))
      try context.writeMember(draw, drawn, network: network)
    }
  }
}
