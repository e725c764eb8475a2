import ArgumentParser
import Compute
import Experiments
import Files
import Foundation
import Harness
import Metrics
import Reports

/// `bench score`.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Scores anyone's predictions: likelihood, calibration, Brier, selective error.",
    discussion: """
      Predictions are an npy file of [N, C] logits (log-probabilities are logits too)
      or probabilities; of [S, N, C] for an ensemble, whose probabilities are
      averaged. Labels are N integers. Rows, columns and members are counted from 0.

      Every score stands twice: as the predictions are, and calibrated by test-time
      cross-validation (Ashukha et al. 2020): 5 times the rows are halved, the
      temperature is fitted on one half and the other is scored with it.
      Intervals are of 90 %, by bootstrap over rows.

        bench score --logits logits.npy --labels labels.npy
        bench score --probabilities ensemble.npy --labels labels.npy --json
      """)

  @Option(help: "File of logits, npy of [N, C] or [S, N, C].") var logits: String?
  @Option(help: "File of probabilities, npy of [N, C] or [S, N, C].") var probabilities: String?
  @Option(help: "File of labels, npy of [N] integers.") var labels: String
  @Option(help: "Seed of the halves and of the bootstrap.") var seed: UInt64 = 0
  @Option(help: "Resamples for the intervals; 0 for none.") var resamples = 1000
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    if (logits == nil) == (probabilities == nil) {
      throw ValidationError("Give either --logits or --probabilities.")
    }
    if !(0...100_000).contains(resamples) {
      throw ValidationError("--resamples: expected 0 to 100000, found \(resamples)")
    }
  }

  private struct File: Encodable {
    var name: String
    var sha256: String
  }
  private struct Document: Encodable {
    var schema = 1
    var kind: String
    var predictions: File
    var labels: File
    var members: Int
    var records: Int
    var classes: Int
    var seed: UInt64
    var repeats: Int
    var resamples: Int
    var level: Double
    var temperatures: [Double]
    var numbers: [JSONOutput.Number]
  }

  private static let level = 0.90

  func run() throws {
    let kind: PredictionFiles.Kind = logits == nil ? .probabilities : .logits
    let name = logits ?? probabilities ?? ""
    let (file, labelFile) = (URL(fileURLWithPath: name), URL(fileURLWithPath: labels))
    let files = try PredictionFiles(kind, file, labels: labelFile)
    let table = files.table
    let stream = RandomStream(seed: seed, "score")
    var generator = stream.child("resamples").generator
    let report = ScoreReport(
      table, splits: CalibrationSplits(count: table.count, stream: stream.child("halves")),
      resamples: resamples == 0
        ? nil : Resamples(count: table.count, replicates: resamples, using: &generator),
      level: Self.level)
    if json {
      return try JSONOutput.show(
        Document(
          kind: kind.rawValue, predictions: try Self.listed(file),
          labels: try Self.listed(labelFile), members: files.members, records: table.count,
          classes: table.classes, seed: seed, repeats: CalibrationSplits.repeats,
          resamples: resamples, level: Self.level, temperatures: report.temperatures,
          numbers: Self.numbers(report)))
    }
    print(
      "\(file.lastPathComponent), \(kind.rawValue) of \(table.count) rows and \(table.classes) classes"
        + (files.shape.count == 3 ? ", mean of \(files.members) members" : ""))
    print(
      "seed \(seed)"
        + (resamples == 0 ? "" : ", \(resamples) resamples, intervals of 90 %") + "\n")
    print(Self.table(report).text(width: Console.tableColumns), terminator: "")
  }

  private static func listed(_ url: URL) throws -> File {
    File(name: url.lastPathComponent, sha256: try Digest.sha256(file: url).hex)
  }

  private static func numbers(_ report: ScoreReport) -> [JSONOutput.Number] {
    func number(_ name: String, _ estimate: ScoreReport.Estimate, _ unit: String)
      -> JSONOutput.Number
    {
      .init(
        metric: name, value: estimate.value, low: estimate.interval?.low,
        high: estimate.interval?.high, unit: unit)
    }
    return report.lines.map { number($0.metric.rawValue, $0.plain, $0.metric.unit) }
      + report.lines.map {
        number("calibrated_" + $0.metric.rawValue, $0.calibrated, $0.metric.unit)
      }
      + [.init(metric: "temperature", value: mean(report.temperatures), unit: "")]
  }

  private static func title(_ metric: PredictionMetric) -> String {
    switch metric {
    case .testError: "error (%)"
    case .logLikelihood: "LL (nats)"
    case .brier: "Brier"
    case .ece: "ECE"
    case .tace: "TACE"
    case .sce: "SCE"
    case .aurc: "AURC"
    }
  }

  private static func table(_ report: ScoreReport) -> Table {
    let temperatures = report.temperatures
    var table = Table(
      columns: [
        TableColumn("score"), TableColumn("as it is", .number), TableColumn("interval", .number),
        TableColumn("calibrated", .number), TableColumn("interval", .number),
      ],
      note: String(
        format: "temperature %.3f in the mean, %.3f to %.3f over halves", mean(temperatures),
        temperatures.min() ?? .nan, temperatures.max() ?? .nan))
    for line in report.lines {
      let format = line.metric == .testError ? "%.2f" : "%.4f"
      func cells(_ estimate: ScoreReport.Estimate) -> [TableCell] {
        [
          .text(String(format: format, estimate.value)),
          estimate.interval.map {
            .text(String(format: "\(format) … \(format)", $0.low, $0.high))
          } ?? .none,
        ]
      }
      table.append([.text(title(line.metric))] + cells(line.plain) + cells(line.calibrated))
    }
    return table
  }
}
