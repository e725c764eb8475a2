import Compute
import Files
import Harness
import Networks

/// Log-probabilities of networks on views of pictures: product file `log_probabilities.npy`, `[V, M, N, C]` for V views of every
/// picture and M networks, and `labels.npy` `[N]`.
enum Predictions {}

/// Predicts the scored pictures with every network of an ensemble, once per network and view.
struct PredictMembers: Recipe {
  typealias Product = Predictions
  static let name = "predict-members"
  static let version = 1

  var members: [Ref<Members>]
  var pictures: PictureSource
  var network: String
  /// Dropout's rate, where the network is sampled anew for every view.
  var dropout: Double?
  var view: RandomView
  /// Views of each picture; which they are depends on the seed, the network's number, the view's and the picture's.
  var views: Int

  var datasets: [String] { [pictures.dataset] }
  var estimatedSeconds: Double? {
    TrainingCost.pass(network).map { $0 * Double(pictures.scoredPictures * views * members.count) }
  }

  func run(_ context: TrialContext) throws {
    let set = try pictures.load(context, side: 32).scored
    let named = try NamedNetwork.known(network, classes: set.classCount, dropout: dropout)
    let files = try members.flatMap { try context.members($0) }
    let samples = dropout != nil
    // A network that is not sampled has one prediction of the whole picture.
    precondition(views > 0 && (views == 1 || samples || view != .central), "views: more than one")
    let shown = samples ? named.network : named.network.folded
    let program = shown.predictionProgram(batch: 128)
    let plain = ParameterSet(named.network.parameters)
    let parameters = ParameterSet(program.parameters)
    let stream = RandomStream(seed: context.seed, "predict-members")
    var rows: [[Float]] = Array(repeating: [], count: views * files.count)
    for (member, file) in files.enumerated() {
      try plain.load(from: file)
      if samples {
        parameters.copyValues(from: plain)
      } else {
        named.network.fold(plain, into: parameters)
      }
      for number in 0..<views {
        try context.throwIfInterrupted()
        let own = stream.child(member).child(number)
        var log: [Float] = []
        log.reserveCapacity(set.count * named.network.classes)
        for start in stride(from: 0, to: set.count, by: program.capacity) {
          let part = start..<min(start + program.capacity, set.count)
          let view = view
          program.bind(
            "x",
            try set.inputs(part, side: 32, scaling: named.scaling, threads: 1) { picture, place in
              var generator = own.child(start + place).generator
              return view.view(of: picture, side: 32, using: &generator)
            })
          program.run(
            parameters, mode: samples ? .sampling : .evaluation, examples: part.count,
            noise: own.child("noise").key, index: UInt32(start))
          log += program.read("logProbabilities")
        }
        rows[number * files.count + member] = log
        context.progress(
          Double(member * views + number + 1) / Double(views * files.count))
      }
    }
    try NPY(
      Array(rows.joined()), shape: [views, files.count, set.count, named.network.classes]
    ).write(to: context.productURL("log_probabilities.npy"))
    try NPY(set.labels, shape: [set.count]).write(to: context.productURL("labels.npy"))
  }
}
