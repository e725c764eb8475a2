import Compute
import Datasets
import Files
import Foundation
import Metrics
import Networks

/// A published network scored on a data set.
public struct Evaluation: Sendable {
  /// Networks by name: those of He et al. (2016) for CIFAR, by their number of layers.
  public static let networks = ["resnet8", "resnet20", "resnet32", "resnet56"]

  /// Its logits, `[N, classes]`.
  public let logits: [Float]
  /// Classes it tells apart.
  public let classes: Int
  /// Share of wrong answers in percent; the first of equal classes counts as the answer.
  public let error: Double
  /// Mean of −log p(label), in nats.
  public let negativeLogLikelihood: Double
  /// Records that were answered wrongly.
  public let wrong: Int

  /// The residual network of a name for a number of classes; `nil` where nobody has the name.
  static func network(_ name: String, classes: Int) -> ResNet? {
    guard networks.contains(name), let layers = Int(name.dropFirst("resnet".count)) else {
      return nil
    }
    return ResNet(blocks: (layers - 2) / 6, classes: classes)
  }

  /// Scores a network with weights from a file.
  ///
  /// Pixels are (byte / 255 − mean) / deviation with the constants of ImageNet, as the published networks want them.
  ///
  /// - Parameters:
  ///   - name: one of `networks`.
  ///   - threads: on which it runs; the numbers do not depend on it.
  ///   - progress: called with the number of records scored so far.
  /// - Throws: `WeightsError`.
  public init(
    _ name: String, weights: URL, on dataset: ImageDataset, threads: Int,
    progress: (Int) -> Void = { _ in }
  ) throws(WeightsError) {
    guard let network = Evaluation.network(name, classes: dataset.classCount) else {
      preconditionFailure("network: not one of those known by name")
    }
    precondition(dataset.shape == network.input, "dataset: of another shape")
    let plain = ParameterSet(network.predictionProgram(batch: 1).parameters)
    try plain.load(from: weights)
    let program = network.folded.predictionProgram(batch: 256, threads: threads)
    let set = ParameterSet(program.parameters)
    network.fold(plain, into: set)

    let area = dataset.height * dataset.width
    let tables = zip([0.485, 0.456, 0.406] as [Float], [0.229, 0.224, 0.225] as [Float]).map {
      mean, deviation in (0..<256).map { (Float($0) / 255 - mean) / deviation }
    }
    var logits: [Float] = []
    var log: [Float] = []
    var start = 0
    while start < dataset.count {
      let end = min(start + 256, dataset.count)
      var x: [Float] = []
      x.reserveCapacity((end - start) * 3 * area)
      for record in start..<end {
        for (index, byte) in dataset.record(record).enumerated() {
          x.append(tables[index / area][Int(byte)])
        }
      }
      program.bind("x", x)
      program.run(set, mode: .evaluation, examples: end - start)
      logits += program.read("logits")
      log += program.read("logProbabilities")
      start = end
      progress(start)
    }
    let score = Score(
      logProbabilities: log, classes: dataset.classCount, labels: dataset.labels)
    self.logits = logits
    classes = dataset.classCount
    error = score.testError
    negativeLogLikelihood = score.negativeLogLikelihood
    wrong = Int((score.testError * Double(dataset.count) / 100).rounded())
  }
}
