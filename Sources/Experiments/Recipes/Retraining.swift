import Compute
import Foundation
import Harness
import Methods
import Networks

/// What methods have in common that make a trained network sparse by training it further.
struct Retraining: Codable, Sendable {
  var dataset: String
  var split: DigitData.Split
  var network: String
  /// The dense network to start from.
  var start: Ref<Weights>
  var batch: Int
  var epochs: Int
  /// The optimiser's rate: `rate` until `holdEpochs`, then linearly to zero at `epochs`.
  var rate: Double
  var holdEpochs: Double
  /// L2 penalty added to every gradient.
  var decay: Double

  /// A training in progress.
  struct Run {
    let program: Program
    let parameters: ParameterSet
    let trainer: EpochTrainer
    let stream: RandomStream
    /// Training objects.
    let objects: Int
  }

  /// Trains with a method and records its pruned network: after every epoch, and as the result.
  ///
  /// - Parameters:
  ///   - stream: what the random streams are called.
  ///   - prepare: what is to be done once, given the dense network.
  ///   - epoch: trains one epoch at a rate and returns its mean loss; takes what `prepare` returned.
  func run<Method: Sparsifying, Prepared>(
    _ context: TrialContext, stream name: String, method: (Architecture) -> Method,
    optimiser: (ParameterLayout) -> any Optimiser = { Adam($0) },
    prepare: (Method, ParameterSet) -> Prepared,
    epoch: (Method, Run, Prepared, Int, Double) throws -> Double
  ) throws {
    let data = try context.digits(dataset, split)
    let architecture = try Architecture.known(network, for: data)
    let stream = RandomStream(seed: context.seed, name)
    let method = method(architecture)
    let scorer = Scorer(architecture, rows: data.scored)
    try context.load(start, into: scorer)
    let prepared = prepare(method, scorer.parameters)
    let program = method.trainingProgram(batch: batch, threads: 1)
    let parameters = method.start(program, from: scorer.parameters)
    let trainer = EpochTrainer(
      program: program, parameters: parameters, data: data.training, batch: batch, stream: stream,
      optimiser: optimiser(program.parameters))
    let run = Run(
      program: program, parameters: parameters, trainer: trainer, stream: stream,
      objects: data.training.rows.count)
    let schedule = Schedule.linearToZero(start: rate, hold: holdEpochs, end: Double(epochs))
    try context.train(trainer, epochs: epochs) { index in
      let loss = try epoch(method, run, prepared, index, schedule.value(Double(index)))
      method.pruned(parameters, into: scorer.parameters)
      let summary = PrunedScore(scorer, architecture)
      let at = ["epoch": "\(index + 1)"]
      try context.record("training_loss", loss, unit: "nats", coordinates: at)
      try summary.record(in: context, at: at)
      return summary.note
    }
    method.pruned(parameters, into: scorer.parameters)
    try context.finish(scorer, architecture, dataset: dataset)
    for layer in architecture.weighted {
      for (kind, name) in [("kept_weights", "weight"), ("kept_biases", "bias")]
      where layer.hasBias || name == "weight" {
        let kept = scorer.parameters["\(layer.name).\(name)"].filter { $0 != 0 }.count
        try context.record(kind, Double(kept), unit: "count", coordinates: ["layer": layer.name])
      }
    }
  }
}
