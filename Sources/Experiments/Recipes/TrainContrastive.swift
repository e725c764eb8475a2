import Compute
import Datasets
import Harness
import Images
import Methods
import Networks

/// Trains the features of a picture network without labels, by SimCLR.
///
/// Product: the network; its last dense layer is as it was drawn, and the projection is left out.
struct TrainContrastive: Recipe {
  typealias Product = Members
  static let name = "train-contrastive"
  static let version = 1

  /// Only the training pictures are read, and not their labels.
  var pictures: PictureSource
  var network: String
  var epochs: Int
  /// Pictures of a step; twice as many views are told apart.
  var batch: Int
  /// Adam's rate at the start; a cosine to zero.
  var rate: Double
  /// L2 penalty added to every gradient.
  var decay: Double
  var temperature: Double
  /// Numbers that views are compared by.
  var projection: Int
  /// Strength of the colour jitter.
  var strength: Double

  var datasets: [String] { [pictures.dataset] }
  var estimatedSeconds: Double? {
    // Making a view takes about as long as a fifth of the smallest network's step.
    TrainingCost.pass(network).map {
      2 * Double(pictures.trainingPictures * epochs) * (3 * $0 + 5e-5)
    }
  }

  func run(_ context: TrialContext) throws {
    let side = 32
    let set = try pictures.load(context, side: side).training
    guard set.count >= batch else {
      throw TrialFailure.data(
        "\(pictures.dataset): expected at least a batch of \(batch) pictures, found \(set.count)")
    }
    let named = try NamedNetwork.known(network, classes: set.classCount)
    let stream = RandomStream(seed: context.seed, "train-contrastive")
    let learning = ContrastiveLearning(
      named.network, projection: projection, temperature: Float(temperature))
    let program = learning.trainingProgram(pictures: batch)
    program.bind(labels: "partners", ContrastiveLearning.partners(pictures: batch))
    let parameters = ParameterSet(program.parameters)
    Initialiser.heNormal.fill(parameters, stream: stream.child("init"))
    let view = ContrastiveView(size: side, strength: strength)
    let trainer = EpochTrainer(
      program: program, parameters: parameters,
      data: TrainingRows(
        table: RowTable(floats: Array(repeating: 0, count: set.count), features: 1),
        labels: set.labels, rows: (0..<Int32(set.count)).map { $0 }),
      batch: batch, examplesPerRow: 2, leavesOutRest: true, stream: stream,
      optimiser: Adam(program.parameters)
    ) { program, rows, stream in
      program.bind(
        "x",
        try set.inputs(
          rows.flatMap { [Int($0), Int($0)] }, side: side, scaling: named.scaling, threads: 1
        ) { picture, place in
          var generator = stream.child(place).generator
          return view.apply(to: picture, using: &generator)
        })
    }
    let schedule = Schedule.cosineCycles(start: rate, cycle: Double(epochs))
    try context.train(trainer, epochs: epochs) { epoch in
      let loss = try trainer.runEpoch(schedule: schedule, decay: decay)
      try context.record(
        "training_loss", loss, unit: "nats", coordinates: ["epoch": "\(epoch + 1)"])
      return String(format: "loss %.3f", loss)
    }
    let kept = ParameterSet(named.network.parameters)
    kept.copyValues(from: parameters)
    try context.writeMember(0, kept, network: network)
  }
}
