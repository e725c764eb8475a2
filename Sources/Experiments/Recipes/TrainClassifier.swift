import Compute
import Datasets
import Files
import Foundation
import Harness
import Images
import Networks

/// Networks of one shape that predict together, product files `member-000.safetensors` and on.
enum Members {}

/// Trains a picture classifier by gradient descent, from the start or on from another training to a later epoch of the same or
/// another schedule; ensembles of one training's snapshots are chains of such trials.
///
/// Product: its weights, and `state.safetensors`, from which others go on.
struct TrainClassifier: Recipe {
  typealias Product = Members
  static let name = "train-classifier"
  static let version = 1

  var pictures: PictureSource
  var network: String
  var dropout: Double?
  /// The training that this one goes on from, and the epoch at which that ended.
  var start: Ref<Members>?
  var from: Int
  /// The epoch at which this one ends, counted from the start of the first.
  var until: Int
  var batch: Int
  /// The learning rate over these epochs.
  var schedule: Schedule
  var momentum: Double
  /// L2 penalty added to every gradient.
  var decay: Double
  /// Whether every step adds noise of deviation sqrt(2 rate) / steps of an epoch to the weights (cSGLD, Zhang et al. 2020).
  var isLangevin: Bool
  var view: RandomView
  /// What is done to pictures before that; nothing where it is left out.
  var augmentation: TrainingAugmentation?

  var datasets: [String] { [pictures.dataset] }
  var estimatedSeconds: Double? {
    TrainingCost.pass(network).map { 3 * $0 * Double(pictures.trainingPictures * (until - from)) }
  }

  func run(_ context: TrialContext) throws {
    let side = 32
    let parts = try pictures.load(context, side: side)
    let named = try NamedNetwork.known(
      network, classes: parts.training.classCount, dropout: dropout)
    let stream = RandomStream(seed: context.seed, "train-classifier")
    let program = named.network.trainingProgram(batch: batch)
    let parameters = ParameterSet(program.parameters)
    Initialiser.heNormal.fill(parameters, stream: stream.child("init"))
    let trainer = EpochTrainer(
      program: program, parameters: parameters, pictures: parts.training, scaling: named.scaling,
      view: view, augmentation: augmentation, batch: batch, stream: stream,
      optimiser: SGD(program.parameters, momentum: momentum))
    if let start {
      try trainer.restore(Bytes.read(context.input(start).url("state.safetensors")))
    }
    precondition(trainer.epoch == from && from < until, "from: where the other training ended")
    try context.train(trainer, epochs: until) { epoch in
      let noise = stream.child("Langevin").child(epoch)
      let loss = try trainer.runEpoch(
        schedule: schedule, decay: decay,
        afterStep: isLangevin
          ? { step, rate in
            let deviation = (2 * rate).squareRoot() / Double(trainer.stepsPerEpoch)
            parameters.addNoise(deviation, stream: noise.child(step))
          } : nil)
      try context.record(
        "training_loss", loss, unit: "nats", coordinates: ["epoch": "\(epoch + 1)"])
      return String(format: "loss %.3f", loss)
    }
    try context.writeMember(0, parameters, network: network)
    try AtomicFile.write(trainer.state(), to: context.productURL("state.safetensors"))
  }
}

/// Random transforms in training, drawn anew for every picture: those of `RandAugment`, with the signs of magnitudes turned as in the
/// authors' training.
struct TrainingAugmentation: Codable, Sendable {
  /// How many, with replacement; none leaves pictures as they are.
  var transforms: Int
  /// Their largest magnitude.
  var magnitude: Double

  func view(of picture: Picture, using generator: inout some RandomNumberGenerator) -> Picture {
    var drawn = RandAugment(transforms: transforms, magnitude: magnitude)
      .subPolicy(using: &generator).turningSigns(using: &generator)
    // Crop and flip are the view's business.
    drawn.cropsAndFlips = false
    return drawn.view(of: picture, family: .cifar, using: &generator)
  }
}

extension EpochTrainer {
  /// A trainer on random views of pictures.
  convenience init(
    program: Program, parameters: ParameterSet, pictures: ImageDataset, scaling: PixelScaling,
    view: RandomView, augmentation: TrainingAugmentation? = nil, batch: Int,
    stream: RandomStream, optimiser: any Optimiser
  ) {
    let side = pictures.width
    self.init(
      program: program, parameters: parameters,
      data: TrainingRows(
        table: RowTable(floats: Array(repeating: 0, count: pictures.count), features: 1),
        labels: pictures.labels, rows: (0..<Int32(pictures.count)).map { $0 }),
      batch: batch, stream: stream, optimiser: optimiser
    ) { program, rows, stream in
      program.bind(
        "x",
        try pictures.inputs(rows.map(Int.init), side: side, scaling: scaling, threads: 1) {
          picture, place in
          var generator = stream.child(place).generator
          let drawn = augmentation?.view(of: picture, using: &generator) ?? picture
          return view.view(of: drawn, side: side, using: &generator)
        })
    }
  }
}

extension ParameterSet {
  /// Adds independent normal noise to every trainable parameter.
  func addNoise(_ deviation: Double, stream: RandomStream) {
    for entry in layout.entries where entry.role == .trainable {
      var generator = stream.child(entry.name).generator
      self[entry.name] = self[entry.name].map { $0 + Float(deviation * generator.normal()) }
    }
  }
}

extension TrialContext {
  /// Writes a network of a trial's product.
  func writeMember(_ index: Int, _ set: ParameterSet, network: String) throws {
    let name = "member-" + String(repeating: "0", count: max(0, 3 - "\(index)".count)) + "\(index)"
    try set.save(to: productURL("\(name).safetensors"), metadata: ["network": network])
  }

  /// The files of networks of a trial's product, in order.
  func members(_ ref: Ref<Members>) throws -> [URL] {
    let trial = try input(ref)
    return try trial.manifest.files.map(\.name).filter { $0.hasPrefix("member-") }.sorted()
      .map { try trial.url($0) }
  }

  /// The only network of a trial's product.
  func onlyMember(_ ref: Ref<Members>) throws -> URL {
    try input(ref).url("member-000.safetensors")
  }
}
