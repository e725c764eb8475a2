import Compute
import Files
import Harness
import Methods
import Metrics

/// Linear probes: product files `probe-central.npy`, or `probe-mean-001.npy` and on, `[features + 1, classes]`, biases last.
enum Probes {}

/// Which embeddings a probe is fitted on.
enum ProbeTable: String, Codable, Sendable, CaseIterable {
  /// Those of whole pictures, whatever it is tested on.
  case central
  /// Means over as many views as it is tested on.
  case mean
}

/// Fits linear probes to embeddings of training pictures and tests them on those of test pictures: whole ones, and means over each number
/// of views.
///
/// The L2 penalty is the one whose probe has the highest likelihood on validation pictures; then those join the training pictures.
struct ProbeEmbeddings: Recipe {
  typealias Product = Probes
  static let name = "probe-embeddings"
  static let version = 1

  var embeddings: Ref<Embeddings>
  var trainedOn: ProbeTable
  /// Numbers of views, as they were averaged over.
  var sizes: [Int]
  /// L2 penalties to choose from, falling; for features whose root mean square deviation is one.
  var decays: [Double]

  /// A fit to some thousand pictures; little beside what embedding them takes, whatever their number.
  var estimatedSeconds: Double? { 0.1 * Double(sizes.count * decays.count) }

  func run(_ context: TrialContext) throws {
    let central = try EmbeddedPictures(embeddings, "central.npy", context)
    switch trainedOn {
    case .central:
      let probe = try fit(central, context, at: ["method": Self.central])
      try write(probe, "probe-central.npy", context)
      try record(probe, central, context, at: ["method": Self.central, "n": "1"])
      for size in sizes {
        let means = try EmbeddedPictures(embeddings, Embed.name(of: size), context)
        try record(probe, means, context, at: ["method": Self.mean, "n": "\(size)"])
      }
    case .mean:
      for (index, size) in sizes.enumerated() {
        try context.throwIfInterrupted()
        let means = try EmbeddedPictures(embeddings, Embed.name(of: size), context)
        let probe = try fit(means, context, at: ["method": Self.mean, "n": "\(size)"])
        try write(probe, "probe-\(Embed.name(of: size))", context)
        try record(probe, means, context, at: ["method": Self.mean, "n": "\(size)"])
        context.progress(Double(index + 1) / Double(sizes.count))
      }
    }
  }

  /// Values of the coordinate `method`, as the reference numbers call them.
  static let central = "central_crop"
  static let mean = "mean_embedding"

  private func fit(
    _ set: EmbeddedPictures, _ context: TrialContext, at place: [String: String]
  ) throws -> LinearProbe {
    // One number for all features: a probe of scaled features is one of the features themselves under another penalty.
    let unit = deviation(set.training.table)
    let tuning = ProbeTraining(
      scaled(set.training.table, by: 1 / unit), labels: set.training.labels, classes: set.classes)
    var best: (decay: Double, likelihood: Double, probe: LinearProbe)?
    var last: LinearProbe?
    for decay in decays {
      let fit = try tuning.fit(decay: decay, from: last)
      last = fit.probe
      let scores = scores(
        fit.probe, scaled(set.validation.table, by: 1 / unit), set.validation.labels)
      if scores[.logLikelihood] > best?.likelihood ?? -.infinity {
        best = (decay, scores[.logLikelihood], fit.probe)
      }
    }
    guard let best else { preconditionFailure("decays: none") }
    let all = set.fitted
    let fit = try ProbeTraining(
      scaled(all.table, by: 1 / unit), labels: all.labels, classes: set.classes
    ).fit(decay: best.decay, from: best.probe)
    guard fit.isConverged else {
      throw TrialFailure.other(
        "probe with L2 \(best.decay): expected convergence, found none after \(fit.evaluations) evaluations"
      )
    }
    try context.record("l2", best.decay, coordinates: place)
    try context.record("probe_loss", fit.loss, unit: "nats", coordinates: place)
    try context.record(
      "probe_evaluations", Double(fit.evaluations), unit: "count", coordinates: place)
    var probe = fit.probe
    for entry in probe.weights.elements.indices { probe.weights.elements[entry] /= unit }
    return probe
  }

  private func scores(
    _ probe: LinearProbe, _ table: Matrix<Float>, _ labels: [Int32]
  ) -> PredictionScores {
    PredictionScores(
      PredictionTable(
        logits: probe.logits(table), classes: probe.biases.count, labels: labels))
  }

  private func record(
    _ probe: LinearProbe, _ set: EmbeddedPictures, _ context: TrialContext,
    at place: [String: String]
  ) throws {
    let scores = scores(probe, set.scored.table, set.scored.labels)
    try context.record(
      "linear_eval_top1", 100 - scores[.testError], unit: "%", coordinates: place)
    try context.record("negative_ll", -scores[.logLikelihood], unit: "nats", coordinates: place)
  }

  private func write(_ probe: LinearProbe, _ name: String, _ context: TrialContext) throws {
    try NPY(
      probe.weights.elements + probe.biases,
      shape: [probe.weights.rows + 1, probe.weights.columns]
    ).write(to: context.productURL(name))
  }

  /// Root of the mean variance of columns.
  private func deviation(_ table: Matrix<Float>) -> Double {
    var (sums, squares) = (
      [Double](repeating: 0, count: table.columns), [Double](repeating: 0, count: table.columns)
    )
    for (place, value) in table.elements.enumerated() {
      sums[place % table.columns] += Double(value)
      squares[place % table.columns] += Double(value) * Double(value)
    }
    let count = Double(table.rows)
    let variance = zip(sums, squares).reduce(0.0) {
      $0 + max($1.1 / count - $1.0 * $1.0 / (count * count), 0)
    }
    return max((variance / Double(table.columns)).squareRoot(), 1e-12)
  }

  private func scaled(_ table: Matrix<Float>, by factor: Double) -> Matrix<Float> {
    let factor = Float(factor)
    return Matrix(rows: table.rows, columns: table.columns, table.elements.map { factor * $0 })
  }
}

extension LinearProbe {
  /// Reads a probe of a `ProbeEmbeddings` trial.
  ///
  /// - Throws: `HarnessError.malformed` for what that trial cannot have written.
  init(_ ref: Ref<Probes>, _ name: String, features: Int, _ context: TrialContext) throws {
    let npy = try NPY.read(context.input(ref).url(name))
    guard npy.shape.count == 2, npy.shape[0] == features + 1, npy.shape[1] > 0 else {
      throw HarnessError.malformed(
        file: name, line: nil, expected: "a probe [\(features + 1), classes]",
        found: "\(npy.shape)")
    }
    let (numbers, classes) = (npy.doubles(), npy.shape[1])
    self.init(
      weights: Matrix(rows: features, columns: classes, Array(numbers[..<(features * classes)])),
      biases: Array(numbers[(features * classes)...]))
  }
}
