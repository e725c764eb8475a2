import Compute
import Files
import Foundation
import Harness
import Metrics
import Networks

/// Predicts pictures, clean or corrupted, as the views of a policy, with one or several networks.
///
/// Product: `Predictions` of half precision, `[V, M, N, C]`; corrupted pictures stand one form after the other, N = forms · pictures.
struct PredictViews: Recipe {
  typealias Product = Predictions
  static let name = "predict-views"
  static let version = 1

  /// Networks of ours; else one of published weights, by the set of files that holds them.
  var members: [Ref<Members>]
  var weights: String?
  var network: String
  var pictures: ScoredPictures
  var views: PolicyViews
  /// Views of each picture; which they are depends on the seed, the network's number, the view's, the form's and the picture's.
  var count: Int

  var datasets: [String] {
    var names = pictures.datasets + views.datasets
    if let weights { names.append(weights) }
    return names
  }
  var estimatedSeconds: Double? {
    guard let network = NamedNetwork(network, classes: 10)?.network else { return nil }
    let shown = Double(pictures.first * pictures.forms * count * max(1, members.count))
    // Making a view takes some 0.05 ms, and depthwise convolutions as long again as what is counted.
    let share = network.input[1] > 64 ? 6.0 : 2.0
    return shown
      * (share * Double(network.multiplyAdds) / TrainingCost.operationsPerSecond + 5e-5)
  }

  func run(_ context: TrialContext) throws {
    let files: [URL]
    if let weights {
      guard let file = try context.data({ try $0.files(weights)["weights"] }) else {
        throw TrialFailure.data("\(weights): expected a file weights, found none")
      }
      files = [file]
    } else {
      files = try members.flatMap { try context.members($0) }
    }
    let classes = try pictures.load(context).classNames.count
    let named = try NamedNetwork.known(network, classes: classes)
    let side = named.network.input[1]
    let shown = try views.resolved(context)
    precondition(count > 0, "count: no view")
    let program = named.network.folded.predictionProgram(batch: side > 64 ? 16 : 128)
    let networks = try files.map { file in
      let plain = ParameterSet(named.network.parameters)
      // PyTorch counts batches beside its running statistics; they take no part.
      try plain.load(from: file, ignored: { $0.hasSuffix(".num_batches_tracked") })
      let folded = ParameterSet(program.parameters)
      named.network.fold(plain, into: folded)
      return folded
    }
    let stream = RandomStream(seed: context.seed, "predict-views")
    var rows: [[Float16]] = Array(repeating: [], count: count * files.count)
    var labels: [Int32] = []
    var form = 0
    try pictures.eachForm(context, side: side) { set in
      for (member, parameters) in networks.enumerated() {
        for number in 0..<count {
          try context.throwIfInterrupted()
          let own = stream.child(member).child(form).child(number)
          rows[number * files.count + member] += try predict(
            set, named, program, parameters, shown, number, own)
          context.progress(
            (Double(form) + Double(member * count + number + 1) / Double(count * files.count))
              / Double(pictures.forms))
        }
      }
      labels += set.labels
      form += 1
    }
    try NPY(
      shape: [count, files.count, labels.count, classes], elementType: .f2,
      bytes: LittleEndian.encode(Array(rows.joined()))
    ).write(to: context.productURL("log_probabilities.npy"))
    try NPY(labels, shape: [labels.count]).write(to: context.productURL("labels.npy"))
  }

  private func predict(
    _ set: some LabelledPictures, _ named: NamedNetwork, _ program: Program,
    _ parameters: ParameterSet, _ views: ResolvedViews, _ number: Int, _ stream: RandomStream
  ) throws -> [Float16] {
    let side = named.network.input[1]
    let count = set.labels.count
    var log: [Float16] = []
    log.reserveCapacity(count * named.network.classes)
    for start in stride(from: 0, to: count, by: program.capacity) {
      let part = start..<min(start + program.capacity, count)
      program.bind(
        "x",
        try set.inputs(part, side: side, scaling: named.scaling, threads: 1) { picture, place in
          var generator = stream.child(start + place).generator
          return views.view(number, of: picture, side: side, using: &generator)
        })
      program.run(parameters, mode: .evaluation, examples: part.count)
      log += program.read("logProbabilities").map { Float16($0) }
    }
    return log
  }
}

/// The mean prediction of several networks, view by view, `[V, 1, N, C]`: an ensemble that is searched and scored as one network.
struct AverageNetworks: Recipe {
  typealias Product = Predictions
  static let name = "average-networks"
  static let version = 1

  var predictions: [Ref<Predictions>]

  func run(_ context: TrialContext) throws {
    let samples = try ViewSamples(predictions, context)
    var log: [Float16] = []
    for view in samples.views { log += view.map { Float16($0) } }
    try NPY(
      shape: [samples.views.count, 1, samples.labels.count, samples.classes], elementType: .f2,
      bytes: LittleEndian.encode(log)
    ).write(to: context.productURL("log_probabilities.npy"))
    try NPY(samples.labels, shape: [samples.labels.count])
      .write(to: context.productURL("labels.npy"))
  }
}

/// Predictions view by view: of each, the mean over all networks.
struct ViewSamples {
  /// log of the mean probabilities of each view, `[N, C]`.
  let views: [[Float]]
  let labels: [Int32]
  let classes: Int

  /// Reads the products of trials; views beyond the fewest that any of them has are left out.
  ///
  /// - Throws: `HarnessError.malformed` where they are not of the same pictures.
  init(_ predictions: [Ref<Predictions>], _ context: TrialContext) throws {
    let samples = try EnsembleSamples(predictions, context)
    let networks = try predictions.map {
      try NPY.read(context.input($0).url("log_probabilities.npy")).shape[1]
    }.reduce(0, +)
    labels = samples.labels
    classes = samples.classes
    let size = samples.labels.count * samples.classes
    views = stride(from: 0, to: samples.tables.count, by: networks).map { start in
      if networks == 1 { return Array(samples.tables[start]) }
      var average = EnsembleAverage(entries: size)
      for table in samples.tables[start..<start + networks] {
        average.add(logProbabilities: Array(table))
      }
      return average.logProbabilities.map { Float($0) }
    }
  }
}
