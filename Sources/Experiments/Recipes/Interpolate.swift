import Compute
import Harness
import Methods
import Metrics

/// How good a probe is on the way from mean embeddings to others, `(1 − α) mean + α other`: those of whole pictures, and of one random
/// view each (thesis, Fig. 8).
struct Interpolate: Recipe {
  static let name = "interpolate"
  static let version = 1

  var embeddings: Ref<Embeddings>
  var probes: Ref<Probes>
  var trainedOn: ProbeTable
  /// Views that the mean is over.
  var size: Int
  /// Places on the way, 0 to 1.
  var shares: [Double]

  /// Products of small matrices.
  var estimatedSeconds: Double? { 0.1 * Double(shares.count) }

  func run(_ context: TrialContext) throws {
    let means = try EmbeddedPictures(embeddings, Embed.name(of: size), context)
    let name = trainedOn == .mean ? "probe-\(Embed.name(of: size))" : "probe-central.npy"
    let probe = try LinearProbe(
      probes, name, features: means.scored.table.columns, context)
    for (towards, file) in [("central", "central.npy"), ("single", "single.npy")] {
      let other = try EmbeddedPictures(embeddings, file, context)
      for share in shares {
        try context.throwIfInterrupted()
        let table = Matrix(
          rows: means.scored.table.rows, columns: means.scored.table.columns,
          zip(means.scored.table.elements, other.scored.table.elements).map {
            Float(1 - share) * $0 + Float(share) * $1
          })
        let scores = PredictionScores(
          PredictionTable(
            logits: probe.logits(table), classes: probe.biases.count, labels: means.scored.labels))
        let at = ["towards": towards, "alpha": "\(share)"]
        try context.record(
          "linear_eval_top1", 100 - scores[.testError], unit: "%", coordinates: at)
        try context.record("negative_ll", -scores[.logLikelihood], unit: "nats", coordinates: at)
      }
    }
  }
}
