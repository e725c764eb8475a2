import Harness
import Metrics

/// The features that results speak of, by their factors.
struct EmbeddingSources {
  /// One network's features.
  struct Source: Hashable {
    let features, network, width: String

    var place: [String: String] { ["features": features, "network": network, "width": width] }
    /// Name in tables and legends.
    var title: String {
      switch network {
      case "efficientnet-lite0": "EfficientNet-Lite0, \(features)"
      default: "\(features) \(width)"
      }
    }
  }

  let results: Results
  /// What was measured, supervised first, narrow before wide.
  let all: [Source]

  init(_ results: Results, metric: String = "linear_eval_top1") {
    self.results = results
    var seen: Set<Source> = []
    var found: [Source] = []
    for row in results.rows(metric: metric) {
      guard let features = row.columns["features"], let network = row.columns["network"],
        let width = row.columns["width"]
      else { continue }
      let source = Source(features: features, network: network, width: width)
      if seen.insert(source).inserted { found.append(source) }
    }
    all = found.sorted {
      // Ours first, by features and width.
      ($0.network == "efficientnet-lite0" ? 1 : 0, $1.features, $0.width)
        < ($1.network == "efficientnet-lite0" ? 1 : 0, $0.features, $1.width)
    }
  }

  /// Where the accuracy on whole pictures stands: that of probes fitted on whole pictures.
  static func central(_ source: Source) -> [String: String] {
    source.place.merging(["trained_on": "central", "method": ProbeEmbeddings.central]) { a, _ in a }
  }

  /// Where that on means over views stands.
  static func mean(_ source: Source, _ trainedOn: ProbeTable, _ n: Int) -> [String: String] {
    source.place.merging([
      "trained_on": trainedOn.rawValue, "method": ProbeEmbeddings.mean, "n": "\(n)",
    ]) { a, _ in a }
  }

  /// Numbers of views, ascending.
  var sizes: [Int] {
    results.distinct(
      "n", metric: "linear_eval_top1", where: ["method": ProbeEmbeddings.mean]
    ).compactMap(Int.init).sorted()
  }

  /// Accuracy on means over views less that on whole pictures, by seed.
  func gains(_ source: Source, _ trainedOn: ProbeTable, _ n: Int) -> [UInt64: Double] {
    let whole = Dictionary(
      results.values(metric: "linear_eval_top1", where: Self.central(source)).map {
        ($0.seed, $0.value)
      }
    ) { first, _ in first }
    var gains: [UInt64: Double] = [:]
    for (seed, value) in results.values(
      metric: "linear_eval_top1", where: Self.mean(source, trainedOn, n))
    {
      if let own = whole[seed] { gains[seed] = value - own }
    }
    return gains
  }
}
