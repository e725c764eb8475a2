import Compute
import Files
import Foundation
import Harness
import Methods
import Networks

/// A prior of one layer's kernels: product files `vae.safetensors`, and the kernels it was learned from, `kernels.npy`
/// `[N, K, K]`.
enum TrainedKernelPrior {}

/// Collects the kernels of a layer from source networks and trains the autoencoder that is their prior.
///
/// Beside its bound on kernels held out stands the density of a Gaussian fitted to the same ones: an autoencoder below it has
/// found less structure than first and second moments hold.
struct FitKernelPrior: Recipe {
  typealias Product = TrainedKernelPrior
  static let name = "fit-kernel-prior"
  static let version = 2

  var sources: [Ref<Weights>]
  var layer: String
  /// Height and width of the kernels, channels and codes of the autoencoder.
  var size: Int
  var hidden: Int
  var latent: Int
  /// Kernels of a smaller norm are left out.
  var minimumNorm: Double
  /// At most so many kernels are taken, a tenth of them to measure the bound with.
  var kernels: Int
  var batch: Int
  var epochs: Int
  /// Adam's rate, linearly to zero.
  var rate: Double

  /// With as many kernels as may be taken.
  var estimatedSeconds: Double? {
    6 * Double(autoencoder.multiplyAdds) * Double(kernels) * Double(epochs)
      / TrainingCost.operationsPerSecond
  }

  var autoencoder: KernelVAE { KernelVAE(size: size, hidden: hidden, latent: latent) }

  func run(_ context: TrialContext) throws {
    let stream = RandomStream(seed: context.seed, "fit-kernel-prior")
    var found = SourceKernels(size: size)
    var all = 0
    for source in sources {
      let url = try context.input(source).url("weights.safetensors")
      let name = "\(layer).weight"
      let file = try SafetensorsFile.read(url)
      guard let tensor = file[name], let weight = tensor.floats else {
        throw WeightsError.missing(path: url.lastPathComponent, name: name)
      }
      guard tensor.shape.count == 4, Array(tensor.shape[2...]) == [size, size] else {
        throw WeightsError.shape(
          path: url.lastPathComponent, name: name,
          expected: Array(tensor.shape.prefix(2)) + [size, size], found: tensor.shape)
      }
      all += weight.count / (size * size)
      found.append(weight, minimumNorm: minimumNorm)
    }
    let chosen = found.sample(kernels, stream: stream.child("kernels"))
    guard chosen.count >= 20 else {
      throw TrialFailure.other(
        "\(layer): \(found.count) of \(all) kernels have a norm of at least \(minimumNorm), expected 20 or more"
      )
    }
    try context.record("kernels_found", Double(all), unit: "count")
    try context.record("kernels_kept", Double(found.count), unit: "count")

    let held = chosen.count / 10
    let table = RowTable(floats: chosen.numbers, features: size * size)
    let rows = (0..<Int32(chosen.count)).map { $0 }
    let none = [Int32](repeating: 0, count: chosen.count)
    let training = TrainingRows(table: table, labels: none, rows: Array(rows[held...]))
    let program = autoencoder.trainingProgram(batch: batch)
    let parameters = ParameterSet(program.parameters)
    Initialiser.xavierNormal.fill(parameters, stream: stream.child("init"))
    let trainer = EpochTrainer(
      program: program, parameters: parameters, data: training, batch: batch, stream: stream)
    let schedule = Schedule.linearToZero(start: rate, hold: 0, end: Double(epochs))
    try context.train(trainer, epochs: epochs) { epoch in
      let loss = try trainer.runEpoch(rate: schedule.value(Double(epoch)))
      // Held-out kernels with fresh codes: an estimate of the bound, not of log p(w).
      var total = 0.0
      for start in stride(from: 0, to: held, by: batch) {
        let part = rows[start..<min(start + batch, held)]
        program.bind("x", table, rows: part)
        program.run(
          parameters, mode: .sampling, examples: part.count,
          noise: stream.child("held out").child(epoch).key, index: UInt32(start))
        total += program.lossNumber * Double(part.count)
      }
      let at = ["epoch": "\(epoch + 1)"]
      try context.record("training_bound", -loss, unit: "nats", coordinates: at)
      try context.record("bound", -total / Double(held), unit: "nats", coordinates: at)
      if epoch + 1 == epochs { try context.record("bound", -total / Double(held), unit: "nats") }
      return String(format: "bound %.2f nats", -total / Double(held))
    }
    try parameters.save(
      to: context.productURL("vae.safetensors"), metadata: ["layer": layer, "size": "\(size)"])
    // What a rival prior is fitted to is what this one was.
    let learned = Array(chosen.numbers[(held * size * size)...])
    try context.record(
      "gaussian_log_density",
      try KernelGaussian(fitting: learned, size: size * size)
        .logDensity(of: Array(chosen.numbers[..<(held * size * size)])), unit: "nats")
    try NPY(learned, shape: [chosen.count - held, size, size])
      .write(to: context.productURL("kernels.npy"))
  }
}

extension TrialContext {
  /// The autoencoder of a prior, with its numbers.
  func kernelPrior(_ ref: Ref<TrainedKernelPrior>) throws -> (vae: KernelVAE, set: ParameterSet) {
    let url = try input(ref).url("vae.safetensors")
    let file = try SafetensorsFile.read(url)
    // The shape of the first layer, the head of the codes and the metadata say all there is to know.
    guard let size = file.metadata["size"].flatMap(Int.init), size == 5 || size == 7,
      let hidden = file["encoder.conv1.weight"]?.shape.first,
      let latent = file["encoder.mean.weight"]?.shape.first
    else { throw WeightsError.missing(path: url.lastPathComponent, name: "encoder.conv1.weight") }
    let vae = KernelVAE(size: size, hidden: hidden, latent: latent)
    let set = ParameterSet(vae.trainingProgram(batch: 1).parameters)
    try set.load(file, path: url.lastPathComponent)
    return (vae, set)
  }

  /// The source kernels of a prior, `[N, K, K]`.
  func sourceKernels(_ ref: Ref<TrainedKernelPrior>) throws -> (numbers: [Float], size: Int) {
    let npy = try NPY.read(input(ref).url("kernels.npy"))
    guard npy.shape.count == 3, npy.shape[1] == npy.shape[2] else {
      throw HarnessError.malformed(
        file: "kernels.npy", line: nil, expected: "kernels [N, K, K]", found: "\(npy.shape)")
    }
    return (npy.floats(), npy.shape[1])
  }
}
