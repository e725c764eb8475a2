import Foundation
import Harness
import Metrics
import Networks
import Reports

/// What the numbers of Table 1 depend on where paper and code leave a choice: means of removed weights kept or
/// zeroed while training, the two schedules of the learning rate, from scratch or from the dense network.
struct SparseVDVariants: Experiment {
  static let id = "sparse-vd-variants"

  struct Settings: Codable, Sendable {
    var dataset: String
    /// `test`, or `validation` to make a choice: a part of the training images is held out and scored instead.
    var split: DigitData.Split
    var batch: Int
    /// Seeds on each network; 0 leaves the network out.
    var leNet300Seeds: Int
    var leNet5Seeds: Int
    var denseEpochs: Int
    var denseRate: Double
    var denseHoldEpochs: Double
    var denseDecay: Double
    var leNet300Epochs: Int
    var leNet5Epochs: Int
    var rate: Double
    var initialLogVariance: Double
    var warmUpFrom: Double
    var warmUpTo: Double
  }

  func plan(_ settings: Settings, tier: Tier, into plan: inout PlanBuilder) throws {
    for network in [Architecture.leNet300, .leNet5] {
      let isConvolutional = network.name == Architecture.leNet5.name
      let seeds = isConvolutional ? settings.leNet5Seeds : settings.leNet300Seeds
      let epochs = isConvolutional ? settings.leNet5Epochs : settings.leNet300Epochs
      guard seeds > 0 else { continue }
      for seed in 1...UInt64(seeds) {
        let dense = try plan.add(
          TrainDense(
            dataset: settings.dataset, split: settings.split, network: network.name,
            initialiser: .xavierNormal,
            batch: settings.batch, epochs: settings.denseEpochs, rate: settings.denseRate,
            holdEpochs: settings.denseHoldEpochs, decay: settings.denseDecay),
          seed: seed)
        for zeroes in [true, false] {
          for halfHeld in [false, true] {
            for fromDense in [false, true] {
              try plan.add(
                TrainSparse(
                  dataset: settings.dataset, split: settings.split, network: network.name,
                  start: fromDense ? dense : nil, initialiser: .normal001,
                  initialLogVariance: settings.initialLogVariance, zeroesRemovedMeans: zeroes,
                  batch: settings.batch, epochs: epochs, rate: settings.rate,
                  holdEpochs: halfHeld ? Double(epochs / 2) : 0, logVarianceRate: 1,
                  warmUpFrom: settings.warmUpFrom, warmUpTo: settings.warmUpTo),
                seed: seed,
                factors: [
                  "dataset": settings.dataset, "network": network.name, "method": "sparse_vd",
                  "removed_means": zeroes ? "zeroed" : "kept",
                  "schedule": halfHeld ? "held_then_linear" : "linear",
                  "start": fromDense ? "dense" : "scratch",
                ])
            }
          }
        }
      }
    }
  }

  func present(_ report: ReportData, into folder: URL) throws {
    var table = Table(
      title: report.definition.title,
      columns: [
        TableColumn("Network"), TableColumn("Removed means"), TableColumn("Schedule"),
        TableColumn("Start"), TableColumn("Error", unit: "%", .number),
        TableColumn("Sparsity per layer", unit: "%"), TableColumn("|W| / |W≠0|", .number),
      ], note: "Mean ± standard deviation over seeds.")
    var panels: [Panel] = []
    var notes: [String] = []
    for network in Architecture.all {
      table.startGroup()
      var points: [TradeOffPoint] = []
      var counts: [Int] = []
      for means in ["zeroed", "kept"] {
        for schedule in ["linear", "held_then_linear"] {
          for start in ["scratch", "dense"] {
            let place = [
              "network": network.name, "removed_means": means, "schedule": schedule, "start": start,
              "epoch": "", "layer": "",
            ]
            func values(_ metric: String, layer: String = "") -> [Double] {
              report.results.values(
                metric: metric, where: place.merging(["layer": layer]) { $1 }
              ).map(\.value)
            }
            func quantity(_ values: [Double], _ digits: Int) -> Quantity {
              Quantity(
                mean(values), spread: values.count > 1 ? standardDeviation(values) : nil,
                digits: digits)
            }
            let errors = values("test_error")
            let ratios = values("compression")
            guard !errors.isEmpty, errors.count == ratios.count else { continue }
            table.append([
              .text(network.name), .text(means),
              .text(schedule.replacingOccurrences(of: "_", with: " ")),
              .text(start), .number(quantity(errors, 2)),
              .text(
                network.weighted.map {
                  Quantity(mean(values("layer_sparsity", layer: $0.name)), digits: 1).text
                }.joined(separator: " – ")), .number(quantity(ratios, 1)),
            ])
            counts.append(errors.count)
            points.append(
              TradeOffPoint(
                "\(means), \(schedule == "linear" ? "linear" : "held"), \(start)",
                styleIndex: points.count, seeds: Array(zip(ratios, errors)),
                ours: Datum(x: mean(ratios), y: mean(errors))))
          }
        }
      }
      if !points.isEmpty {
        notes.append(note(network, seeds: counts))
        panels.append(
          .tradeOff(
            title: network.name, x: Axis("compression |W| / |W≠0|", scale: .log),
            y: Axis("test error", unit: "%"), points: points, oursSuffix: ""))
      }
    }
    _ = try table.write(named: "table", to: folder)
    guard !panels.isEmpty else { return }
    _ = try Figure(
      name: "variants", title: "Error against compression of the variants", panelHeight: 190,
      panels: [panels],
      note: (["Filled: mean over seeds; faint: single seeds."] + notes).joined(separator: " ")
    ).write(to: folder)
  }

  /// What the points of a network stand for.
  private func note(_ network: Architecture, seeds counts: [Int]) -> String {
    let (fewest, most) = (counts.min() ?? 0, counts.max() ?? 0)
    let words =
      fewest < most
      ? "\(fewest) to \(most) seeds a point" : most == 1 ? "one seed" : "mean over \(most) seeds"
    return "\(network.name): \(words)."
  }
}
