import Compute
import Datasets
import Files
import Foundation
import Harness
import Images
import Networks

/// Predicts photos, or enlarged small pictures, with one network on the middle or on random resized crops of each.
struct PredictPhotos: Recipe {
  typealias Product = Predictions
  static let name = "predict-photos"
  static let version = 1

  /// Photos; or a set of small pictures, `enlargement` times as large.
  var dataset: String
  var enlargement: Int
  /// Only the first so many.
  var photos: Int
  var network: String
  /// The set of files that holds published weights; else a training of ours.
  var weights: String?
  var trained: Ref<Members>?
  var view: RandomView
  /// The first of the views and how many: so that many of them are several trials.
  var firstView: Int
  var views: Int

  var datasets: [String] { [dataset] + (weights.map { [$0] } ?? []) }
  var estimatedSeconds: Double? {
    // Depthwise convolutions and the photos' way to the network take as long as what is counted.
    TrainingCost.pass(network, classes: 1000).map { 3 * $0 * Double(photos * views) }
  }

  func run(_ context: TrialContext) throws {
    let (set, published) = try context.data {
      library throws -> (any LabelledPictures, URL?) in
      let file = try weights.map { try library.files($0)["weights"] } ?? nil
      if enlargement > 1 {
        let small = try library.load(dataset, split: "test")
        return (
          Enlarged(small.range(0..<min(photos, small.count)).inColour(side: 32), by: enlargement),
          file
        )
      }
      let all = try library.photos(dataset, split: "test")
      return (all.prefix(min(photos, all.labels.count)), file)
    }
    guard let url = try published ?? trained.map({ try context.onlyMember($0) }) else {
      throw TrialFailure.data("\(weights ?? network): expected a file weights, found none")
    }
    try predict(set, weights: url, context)
  }

  private func predict(
    _ set: some LabelledPictures, weights: URL, _ context: TrialContext
  ) throws {
    let classes = set.classNames.count
    let named = try NamedNetwork.known(network, classes: classes)
    let side = named.network.input[1]
    let plain = ParameterSet(named.network.parameters)
    // PyTorch counts batches beside its running statistics; they take no part.
    try plain.load(from: weights, ignored: { $0.hasSuffix(".num_batches_tracked") })
    let program = named.network.folded.predictionProgram(batch: side > 64 ? 16 : 128)
    let parameters = ParameterSet(program.parameters)
    named.network.fold(plain, into: parameters)
    let stream = RandomStream(seed: context.seed, "predict-photos")
    let count = set.labels.count
    var log: [Float] = []
    log.reserveCapacity(views * count * classes)
    for number in firstView..<firstView + views {
      let own = stream.child(number)
      for start in stride(from: 0, to: count, by: program.capacity) {
        try context.throwIfInterrupted()
        let part = start..<min(start + program.capacity, count)
        let view = view
        program.bind(
          "x",
          try set.inputs(part, side: side, scaling: named.scaling, threads: 1) { picture, place in
            var generator = own.child(start + place).generator
            return view.view(of: picture, side: side, using: &generator)
          })
        program.run(parameters, mode: .evaluation, examples: part.count)
        log += program.read("logProbabilities")
        context.progress(
          (Double(number - firstView) + Double(part.upperBound) / Double(count)) / Double(views))
      }
    }
    try NPY(log, shape: [views, 1, count, classes])
      .write(to: context.productURL("log_probabilities.npy"))
    try NPY(set.labels, shape: [count]).write(to: context.productURL("labels.npy"))
  }
}

/// Small pictures, each so many times as wide and as high.
struct Enlarged: LabelledPictures {
  let small: ImageDataset
  let factor: Int

  init(_ small: ImageDataset, by factor: Int) {
    self.small = small
    self.factor = factor
  }

  var labels: [Int32] { small.labels }
  var classNames: [String] { small.classNames }
  var files: [ImageDataset.UsedFile] { small.files }

  func picture(_ index: Int) throws(DataError) -> Picture {
    try small.picture(index).resized(
      width: factor * small.width, height: factor * small.height, .bilinear)
  }
}
