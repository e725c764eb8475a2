import Compute
import Files
import Foundation
import Harness
import Images
import Metrics

/// Errors of the mean prediction of growing numbers of views on corrupted pictures, and their mean over corruptions.
///
/// Product file `errors.npy.gz`: what each picture adds to `mu_ce` at each size, in percent, `[sizes, N]`; its mean over pictures is the number.
struct ScoreForms: Recipe {
  /// The errors.
  enum Product {}
  static let name = "score-forms"
  static let version = 1

  /// Of the same pictures in different corruptions; of several networks the mean counts.
  var predictions: [[Ref<Predictions>]]
  /// The corruptions of each of `predictions`, in order.
  var corruptions: [[Corruption]]
  var severities: [Int]
  /// Numbers of views; those beyond what there is are left out.
  var sizes: [Int]
  /// Errors by which those of each corruption are divided before the mean is taken, in percent; none for the mean of plain errors.
  var baseline: [Double]?

  func run(_ context: TrialContext) throws {
    let all = corruptions.flatMap(\.self)
    precondition(
      predictions.count == corruptions.count && !all.isEmpty, "corruptions: one list each")
    precondition(baseline.map { $0.count == all.count } ?? true, "baseline: one each")
    // [size][corruption][severity][picture]
    var wrong: [Int: [[[Bool]]]] = [:]
    var done = 0
    for (refs, names) in zip(predictions, corruptions) {
      let samples = try ViewSamples(refs, context)
      let forms = names.count * severities.count
      guard samples.labels.count % forms == 0 else {
        throw HarnessError.malformed(
          file: "labels.npy", line: nil, expected: "pictures in \(forms) forms",
          found: "\(samples.labels.count) rows")
      }
      let count = samples.labels.count / forms
      var sums = [Double](repeating: 0, count: samples.labels.count * samples.classes)
      for (index, view) in samples.views.enumerated() {
        try context.throwIfInterrupted()
        for (place, log) in view.enumerated() { sums[place] += exp(Double(log)) }
        guard sizes.contains(index + 1) else { continue }
        let rows = samples.labels.indices.map { row -> Bool in
          let start = row * samples.classes
          var answer = 0
          for column in 1..<samples.classes where sums[start + column] > sums[start + answer] {
            answer = column
          }
          return answer != Int(samples.labels[row])
        }
        wrong[index + 1, default: []] += names.indices.map { corruption in
          severities.indices.map { severity in
            let start = (corruption * severities.count + severity) * count
            return Array(rows[start..<start + count])
          }
        }
      }
      done += 1
      context.progress(Double(done) / Double(predictions.count))
    }
    var kept: [Float] = []
    var pictures = 0
    for size in wrong.keys.sorted() {
      guard let table = wrong[size], table.count == all.count else { continue }
      var errors: [[Double]] = []
      for (corruption, rows) in zip(all, table) {
        errors.append(rows.map { 100 * Double($0.count { $0 }) / Double($0.count) })
        for (severity, error) in zip(severities, errors[errors.count - 1]) {
          try context.record(
            "corrupted_error", error, unit: "%",
            coordinates: [
              "corruption": corruption.rawValue, "severity": "\(severity)", "n": "\(size)",
            ])
        }
      }
      let at = ["n": "\(size)"]
      try context.record(
        "mu_ce", unnormalisedMeanCorruptionError(errors), unit: "%", coordinates: at)
      if let baseline {
        try context.record(
          "mce", meanCorruptionError(errors, baseline: baseline), unit: "%", coordinates: at)
      }
      pictures = table[0][0].count
      kept += (0..<pictures).map { picture in
        Float(
          mean(
            zip(table, all.indices).map { rows, corruption in
              100 * mean(rows.map { $0[picture] ? 1 : 0 })
                * (baseline.map { 100 / $0[corruption] } ?? 1)
            }))
      }
    }
    guard pictures > 0 else { throw TrialFailure.data("sizes: none of them was predicted") }
    try AtomicFile.write(
      Gzip.compress(NPY(kept, shape: [kept.count / pictures, pictures]).encoded()),
      to: context.productURL("errors.npy.gz"))
  }
}

/// By how much the mean corruption error of one strategy lies below another's, with intervals over pictures.
struct CompareForms: Recipe {
  static let name = "compare-forms"
  static let version = 1

  /// Whose error is to be lower, and the one it is compared with: at the same number of views, or with its only one.
  var first: Ref<ScoreForms.Product>
  var second: Ref<ScoreForms.Product>
  /// Resamples of the pictures.
  var replicates: Int

  func run(_ context: TrialContext) throws {
    func errors(_ ref: Ref<ScoreForms.Product>) throws -> [Int: [Double]] {
      let trial = try context.input(ref)
      let npy = try NPY.parse(
        Gzip.decompress(file: trial.url("errors.npy.gz"), limit: 1 << 26), path: "errors.npy")
      let sizes = Set(
        trial.measurements.filter { $0.metric == "mu_ce" }
          .compactMap { $0.coordinates["n"].flatMap(Int.init) }
      ).sorted()
      guard npy.shape.count == 2, npy.shape[0] == sizes.count else {
        throw HarnessError.malformed(
          file: "errors.npy.gz", line: nil, expected: "\(sizes.count) rows", found: "\(npy.shape)")
      }
      let numbers = npy.doubles()
      let count = npy.shape[1]
      return Dictionary(
        uniqueKeysWithValues: sizes.enumerated().map { row, size in
          (size, Array(numbers[row * count..<(row + 1) * count]))
        })
    }
    let (own, other) = (try errors(first), try errors(second))
    let stream = RandomStream(seed: context.seed, "compare-forms")
    for size in own.keys.sorted() {
      guard let mine = own[size],
        let theirs = other[size] ?? (other.count == 1 ? other.values.first : nil),
        mine.count == theirs.count
      else { continue }
      var generator = stream.child(size).generator
      try context.record(
        gain: zip(mine, theirs).map { $1 - $0 }, "corruption_gain", unit: "%",
        coordinates: ["n": "\(size)"], replicates: replicates, using: &generator)
    }
  }
}
