import Compute
import Harness
import Methods
import Networks

/// Fits a Gaussian with a variance of its own for every weight around a trained classifier, and draws networks from it.
struct TrainFactorised: Recipe {
  typealias Product = Members
  static let name = "train-factorised"
  static let version = 1

  var start: Ref<Members>
  var pictures: PictureSource
  var network: String
  var batch: Int
  var epochs: Int
  /// Rate of the means, linearly to zero, with momentum and decay; Adam's of every log σ.
  var rate: Double
  var momentum: Double
  var decay: Double
  var deviationRate: Double
  var initialLogDeviation: Double
  /// β, what the divergence of variances counts.
  var divergenceShare: Double
  var draws: Int
  var view: RandomView

  var datasets: [String] { [pictures.dataset] }
  var estimatedSeconds: Double? {
    TrainingCost.pass(network).map { 3 * $0 * Double(pictures.trainingPictures * epochs) }
  }

  func run(_ context: TrialContext) throws {
    let set = try pictures.load(context, side: 32).training
    let named = try NamedNetwork.known(network, classes: set.classCount)
    let stream = RandomStream(seed: context.seed, "train-factorised")
    // Weight decay is the prior's part of the means: 1 / s² = N · decay.
    let posterior = FactorisedPosterior(
      named.network, priorVariance: 1 / (Double(set.count) * decay))
    let program = posterior.trainingProgram(batch: batch)
    let plain = ParameterSet(named.network.parameters)
    try plain.load(from: context.onlyMember(start))
    let parameters = posterior.start(program, from: plain, logDeviation: initialLogDeviation)
    let trainer = EpochTrainer(
      program: program, parameters: parameters, pictures: set, scaling: named.scaling, view: view,
      batch: batch, stream: stream,
      optimiser: SGDWithAdam(
        program.parameters, momentum: momentum, adamRate: deviationRate,
        isAdams: FactorisedPosterior.isDeviation))
    program.bind("klShare", divergenceShare)
    let schedule = Schedule.linearToZero(start: rate, hold: 0, end: Double(epochs))
    try context.train(trainer, epochs: epochs) { epoch in
      let loss = try trainer.runEpoch(schedule: schedule, decay: decay)
      let at = ["epoch": "\(epoch + 1)"]
      try context.record("training_loss", loss, unit: "nats", coordinates: at)
      let deviations = parameters.layout.entries.map(\.name)
        .filter(FactorisedPosterior.isDeviation).flatMap { parameters[$0] }
      let mean = deviations.reduce(0) { $0 + Double($1) } / Double(deviations.count)
      try context.record("mean_log_deviation", mean, coordinates: at)
      return String(format: "loss %.3f, mean log deviation %.2f", loss, mean)
    }
    for draw in 0..<draws {
      posterior.fillDraw(plain, from: parameters, stream: stream.child("draw").child(draw))
      try context.writeMember(draw, plain, network: network)
    }
  }
}
