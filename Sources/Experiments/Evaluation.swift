import Compute
import Datasets
import Files
import Foundation
import Images
import Metrics
import Networks

/// A network with given weights scored on labelled pictures.
public struct Evaluation: Sendable {
  /// Its logits, `[N, classes]`; the logarithm of the mean prediction where a policy makes several views.
  public let logits: [Float]
  /// Classes it tells apart.
  public let classes: Int
  /// Share of wrong answers in percent; the first of equal classes counts as the answer.
  public let error: Double
  /// Share of pictures in percent whose class is among the five likeliest.
  public let top5Accuracy: Double
  /// Mean of −log p(label), in nats.
  public let negativeLogLikelihood: Double
  /// Pictures that were answered wrongly.
  public let wrong: Int

  /// The data set that holds published weights of a network, and the id of their file there.
  public static func publishedWeights(_ network: String) -> (dataset: String, file: String)? {
    switch network {
    case "resnet20": ("cifar10-resnet20", "weights")
    case "efficientnet-lite0": ("efficientnet-lite0", "weights")
    default: nil
    }
  }

  /// How a policy shows pictures: as so many views each, whose predictions are averaged.
  public struct Views: Sendable {
    /// The policy.
    public var policy: Policy
    /// Views of each picture; behind the policy's last sub-policy comes its first again.
    public var count: Int
    /// Of the random draws; each picture and view has its own.
    public var seed: UInt64

    /// Views by a policy.
    public init(_ policy: Policy, count: Int, seed: UInt64 = 0) {
      precondition(count > 0, "count: must be positive")
      (self.policy, self.count, self.seed) = (policy, count, seed)
    }
  }

  /// Scores a network with weights from a file.
  ///
  /// - Parameters:
  ///   - named: a network for as many classes as the pictures have.
  ///   - scaling: what becomes of pixels; the network's own where it is `nil`.
  ///   - views: how pictures are shown; each once and whole where it is `nil`.
  ///   - threads: on which it runs; the numbers do not depend on it.
  ///   - progress: called with the number of pictures scored so far.
  /// - Throws: `WeightsError`, `DataError`.
  public init(
    _ named: NamedNetwork, weights: URL, on pictures: some LabelledPictures,
    scaling: PixelScaling? = nil, views: Views? = nil, threads: Int,
    progress: (Int) -> Void = { _ in }
  ) throws {
    let network = named.network
    precondition(
      network.classes == pictures.classNames.count, "network: of other classes than the pictures")
    let plain = ParameterSet(network.parameters)
    // PyTorch counts batches beside its running statistics; they take no part.
    try plain.load(from: weights, ignored: { $0.hasSuffix(".num_batches_tracked") })
    let side = network.input[1]
    let program = network.folded.predictionProgram(batch: side > 64 ? 16 : 128, threads: threads)
    let set = ParameterSet(program.parameters)
    network.fold(plain, into: set)

    let labels = pictures.labels
    var logits: [Float] = []
    var log: [Float] = []
    var start = 0
    while start < labels.count {
      let end = min(start + program.capacity, labels.count)
      let range = start..<end
      if let views {
        let mean = try Self.mean(views, range) { number, draws in
          let policy = views.policy
          program.bind(
            "x",
            try pictures.inputs(
              range, side: side, scaling: scaling ?? named.scaling, threads: threads
            ) { picture, place in
              var generator = draws.child(range.lowerBound + place).generator
              return policy.view(number, of: picture, side: side, using: &generator)
            })
          program.run(set, mode: .evaluation, examples: range.count)
          return program.read("logProbabilities")
        }
        logits += mean
        log += mean
      } else {
        program.bind(
          "x",
          try pictures.inputs(
            range, side: side, scaling: scaling ?? named.scaling, threads: threads))
        program.run(set, mode: .evaluation, examples: range.count)
        logits += program.read("logits")
        log += program.read("logProbabilities")
      }
      start = end
      progress(start)
    }
    let score = Score(logProbabilities: log, classes: network.classes, labels: labels)
    self.logits = logits
    classes = network.classes
    error = score.testError
    top5Accuracy = score.accuracy(within: 5)
    negativeLogLikelihood = score.negativeLogLikelihood
    wrong = Int((score.testError * Double(labels.count) / 100).rounded())
  }

  /// The logarithm of the mean prediction over views of some pictures; `predict` gives log-probabilities of one view.
  private static func mean(
    _ views: Views, _ range: Range<Int>, predict: (Int, RandomStream) throws -> [Float]
  ) throws -> [Float] {
    let stream = RandomStream(seed: views.seed, "evaluate")
    var average: EnsembleAverage?
    for number in 0..<views.count {
      let log = try predict(number, stream.child(number))
      if average == nil { average = EnsembleAverage(entries: log.count) }
      average?.add(logProbabilities: log)
    }
    return average?.logProbabilities.map { Float($0) } ?? []
  }
}
