import Compute
import Harness
import Methods
import Networks

/// Averages the iterates of a training: their mean (SWA), or draws from the Gaussian they make (SWAG); running statistics of
/// normalisations are computed anew for each network.
struct AverageWeights: Recipe {
  typealias Product = Members
  static let name = "average-weights"
  static let version = 1

  /// In the order in which training passed them.
  var iterates: [Ref<Members>]
  var pictures: PictureSource
  var network: String
  /// Networks drawn; the mean alone where 0.
  var draws: Int
  /// Deviations that the Gaussian remembers, and the scale of its covariance.
  var rank: Int
  var scale: Double
  var batch: Int

  var datasets: [String] { [pictures.dataset] }
  var estimatedSeconds: Double? {
    TrainingCost.pass(network).map { $0 * Double(pictures.trainingPictures * max(1, draws)) }
  }

  func run(_ context: TrialContext) throws {
    let set = try pictures.load(context, side: 32).training
    let named = try NamedNetwork.known(network, classes: set.classCount)
    let program = named.network.trainingProgram(batch: min(batch, set.count))
    let parameters = ParameterSet(program.parameters)
    var average = WeightAverage(rank: rank)
    for iterate in iterates {
      try parameters.load(from: context.onlyMember(iterate))
      average.add(parameters)
    }
    let stream = RandomStream(seed: context.seed, "average-weights")
    let inputs = try set.inputs(0..<set.count, side: 32, scaling: named.scaling, threads: 1)
    let size = inputs.count / set.count
    for draw in 0..<max(1, draws) {
      try context.throwIfInterrupted()
      if draws == 0 {
        average.fillMean(parameters)
      } else {
        average.fillDraw(parameters, scale: scale, stream: stream.child(draw))
      }
      named.network.refreshStatistics(of: parameters, with: program, count: set.count) {
        program, rows in
        program.bind("x", Array(inputs[rows.lowerBound * size..<rows.upperBound * size]))
      }
      try context.writeMember(draw, parameters, network: network)
      context.progress(Double(draw + 1) / Double(max(1, draws)))
    }
  }
}
