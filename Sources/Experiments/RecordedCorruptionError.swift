import Harness
import Images
import Metrics

/// AlexNet's error on ImageNet-C in percent, mean over the five severities: what the mean corruption error divides by.
///
/// Source: github.com/SamsungLabs/gps-augment, `notebooks/ood_visualize_imagenet.ipynb`, after Hendrycks and Dietterich 2019.
enum AlexNetErrors {
  static let mean: [Corruption: Double] = [
    .gaussianNoise: 88.6428, .shotNoise: 89.4468, .impulseNoise: 92.264, .defocusBlur: 81.988,
    .glassBlur: 82.6268, .motionBlur: 78.5948, .zoomBlur: 79.836, .snow: 86.6816, .frost: 82.6572,
    .fog: 81.9324, .brightness: 56.4592, .contrast: 85.3204, .elasticTransform: 64.6056,
    .pixelate: 71.784, .jpegCompression: 60.65,
  ]
}

/// The mean corruption errors of ImageNet-C that follow from recorded accuracies.
public struct RecordedCorruptionError: Hashable, Sendable {
  /// Network and strategy, as recorded.
  public var network, method: String
  /// Number of views.
  public var views: Int
  /// In percent of AlexNet's.
  public var meanCorruptionError: Double

  /// One for every network, strategy and number of views that all 15 corruptions and five severities are recorded of, in the order of the
  /// records; accuracies that are recorded twice count with their mean.
  public static func all(_ references: References) -> [RecordedCorruptionError] {
    struct Row: Hashable {
      var network, method: String
      var views: Int
    }
    var order: [Row] = []
    var accuracies: [Row: [Corruption: [Int: [Double]]]] = [:]
    for reference in references.references where reference.metric == "top1_accuracy" {
      let place = reference.place
      guard let network = place["network"], let method = place["method"],
        let views = place["n"].flatMap(Int.init),
        let severity = place["severity"].flatMap(Int.init),
        let corruption = place["corruption"].flatMap(Corruption.init(rawValue:))
      else { continue }
      let row = Row(network: network, method: method, views: views)
      if accuracies[row] == nil { order.append(row) }
      accuracies[row, default: [:]][corruption, default: [:]][severity, default: []]
        .append(reference.printed.value)
    }
    return order.compactMap { row in
      let errors = Corruption.benchmark.compactMap { corruption -> [Double]? in
        let known = accuracies[row]?[corruption] ?? [:]
        let severities = (1...5).compactMap { known[$0].map { 100 - mean($0) } }
        return severities.count == 5 ? severities : nil
      }
      guard errors.count == Corruption.benchmark.count else { return nil }
      return RecordedCorruptionError(
        network: row.network, method: row.method, views: row.views,
        meanCorruptionError: Metrics.meanCorruptionError(
          errors, baseline: Corruption.benchmark.map { AlexNetErrors.mean[$0] ?? 100 }))
    }
  }
}
