import Compute
import Files
import Foundation
import Harness
import Networks

/// Pictures that an autoencoder drew while it learned: product file `samples.npy`, bytes `[steps, pictures, H, W]`.
enum DrawnPictures {}

/// Trains the convolutional variational autoencoder of MNIST, whose convolutions start from given kernels, measures
/// its bound every few steps and lets it draw (Atanov et al. 2019, Fig. 4 and 6).
struct TrainAutoencoder: Recipe {
  typealias Product = DrawnPictures
  static let name = "train-autoencoder"
  static let version = 1

  var dataset: String
  /// Length of the code.
  var latent: Int
  var method: InitialKernels
  /// The learned prior of those convolutions, transposed ones too, that start from it; none for `xavier`.
  var priors: [String: Ref<TrainedKernelPrior>]
  var batch: Int
  /// Adam's rate, the same throughout.
  var rate: Double
  /// Steps after which the bound is measured, rising; the last one ends the training.
  var scores: [Int]
  /// Test images it is measured on, the same for every trial; all where the data set has no more.
  var scored: Int
  /// Steps after which it draws, rising, and how many pictures: always from the same codes.
  var draws: [Int]
  var pictures: Int

  var datasets: [String] { [dataset] }
  var estimatedSeconds: Double? {
    let training = 6 * batch * (scores.last ?? 0)
    return Double(ConvVAE.mnist(latent: latent).multiplyAdds)
      * Double(training + 2 * scored * scores.count) / TrainingCost.operationsPerSecond
  }

  func run(_ context: TrialContext) throws {
    let data = try context.digits(dataset, .test, pixels: .unit)
    let network = ConvVAE.mnist(latent: latent)
    let length = network.input.reduce(1, *)
    guard data.training.table.features == length else {
      throw HarnessError.wrongType(
        setting: "dataset", expected: "pictures of \(length) numbers",
        found: "\(dataset), which has \(data.training.table.features)")
    }
    let stream = RandomStream(seed: context.seed, "train-autoencoder")
    let program = network.trainingProgram(batch: batch)
    let parameters = ParameterSet(program.parameters)
    Initialiser.xavierNormal.fill(parameters, stream: stream.child("init"))
    let convolutions = program.parameters.entries.filter { $0.shape.count == 4 }
      .map { String($0.name.dropLast(".weight".count)) }
    try method.fill(
      parameters, layers: convolutions.filter { priors[$0] != nil }, priors: priors, context,
      stream: stream.child("kernels"))
    let stretch = TrainFromKernels.stretch(between: scores + draws)
    let trainer = EpochTrainer(
      program: program, parameters: parameters, data: data.training, batch: batch,
      stepsPerEpoch: stretch, stream: stream)
    let measured = data.scored.some(scored)
    let drawing = network.decodingProgram(batch: pictures)
    let drawingParameters = ParameterSet(drawing.parameters)
    var generator = stream.child("codes").generator
    drawing.bind("z", (0..<pictures * latent).map { _ in Float(generator.normal()) })

    var drawn: [UInt8] = []
    try context.train(
      trainer, epochs: (scores.last ?? 0) / stretch, called: "stretch", hasCheckpoints: false
    ) { epoch in
      let loss = try trainer.runEpoch(rate: rate)
      let step = (epoch + 1) * stretch
      let at = ["step": "\(step)"]
      if draws.contains(step) {
        drawingParameters.copyValues(from: parameters)
        drawing.run(drawingParameters, mode: .evaluation)
        let pixels = drawing.read("pixels")
        drawn += pixels.map { UInt8(($0 * 255).rounded()) }
        let sum = pixels.reduce(0.0) { $0 + Double($1) }
        try context.record("mean_pixel", sum / Double(pixels.count), coordinates: at)
      }
      guard scores.contains(step) else { return String(format: "bound %.2f nats", -loss) }
      let noise = stream.child("scored").child(step).key
      let (bound, divergence) = score(program, parameters, measured, noise: noise)
      try context.record("training_elbo", -loss, unit: "nats", coordinates: at)
      try context.record("elbo", bound, unit: "nats", coordinates: at)
      try context.record("kl", divergence, unit: "nats", coordinates: at)
      return String(format: "bound %.2f nats", bound)
    }
    try NPY(drawn, shape: [draws.count, pictures] + network.input.dropFirst())
      .write(to: context.productURL(Self.samples))
  }

  /// Name of the product file.
  static let samples = "samples.npy"

  /// Mean bound of pictures, with one code drawn for each, and the divergence in it.
  private func score(
    _ program: Program, _ parameters: ParameterSet, _ data: TrainingRows, noise: UInt64
  ) -> (bound: Double, divergence: Double) {
    var sums = (bound: 0.0, divergence: 0.0)
    for start in stride(from: 0, to: data.rows.count, by: batch) {
      let rows = data.rows[start..<min(start + batch, data.rows.count)]
      program.bind("x", data.table, rows: rows)
      program.run(
        parameters, mode: .sampling, examples: rows.count, noise: noise, index: UInt32(start))
      sums.bound -= program.lossNumber * Double(rows.count)
      sums.divergence += program.number("kl") * Double(rows.count)
    }
    let count = Double(data.rows.count)
    return (sums.bound / count, sums.divergence / count)
  }
}
