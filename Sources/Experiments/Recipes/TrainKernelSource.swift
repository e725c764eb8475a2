import Compute
import Files
import Foundation
import Harness
import Networks

/// Trains a network whose kernels a prior is learned from: cross-entropy + penalty · Σ (weights of convolutions)²
/// (Atanov et al. 2019, appendix). Product file `weights.safetensors`.
struct TrainKernelSource: Recipe {
  typealias Product = Weights
  static let name = "train-kernel-source"
  static let version = 1

  var dataset: String
  var network: String
  var batch: Int
  var epochs: Int
  /// Adam's rate, linearly to zero.
  var rate: Double
  /// λ of λ Σ w².
  var penalty: Double

  var datasets: [String] { [dataset] }
  var estimatedSeconds: Double? {
    TrainingCost(network: network, dataset: dataset, epochs: epochs).seconds
  }

  func run(_ context: TrialContext) throws {
    let data = try context.digits(dataset, .test, pixels: .unit)
    let architecture = try Architecture.known(network, for: data)
    let stream = RandomStream(seed: context.seed, "train-kernel-source")
    let convolutions = architecture.weighted.filter { $0.shape.count == 4 }
    let program = Program(batch: batch) { t in
      let logits = architecture.forward(t.input("x", architecture.input)) { $0.apply($1, in: t) }
      let crossEntropy = mean(softmaxCrossEntropy(logits, t.labels("labels")))
      return convolutions.reduce(crossEntropy) { loss, layer in
        loss + Float(penalty) * sum(square(t.parameter("\(layer.name).weight", layer.shape)))
      }
    }
    let parameters = ParameterSet(program.parameters)
    Initialiser.xavierNormal.fill(parameters, architecture, stream: stream.child("init"))
    let trainer = EpochTrainer(
      program: program, parameters: parameters, data: data.training, batch: batch, stream: stream)
    let scorer = Scorer(architecture, rows: data.scored)
    let schedule = Schedule.linearToZero(start: rate, hold: 0, end: Double(epochs))
    try context.train(trainer, epochs: epochs) { epoch in
      let loss = try trainer.runEpoch(rate: schedule.value(Double(epoch)))
      try context.record(
        "training_loss", loss, unit: "nats", coordinates: ["epoch": "\(epoch + 1)"])
      return String(format: "loss %.4f", loss)
    }
    scorer.parameters.copyValues(from: parameters)
    try context.record("test_error", scorer.score().testError, unit: "%")
    try parameters.save(
      to: context.productURL("weights.safetensors"),
      metadata: ["network": network, "dataset": dataset])
  }
}
