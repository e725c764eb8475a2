import Harness
import Networks

/// Settings of the methods that Table 1 compares sparse variational dropout with, each from the trained dense network.
struct SparseVDBaselines: Codable, Sendable {
  /// Pruning by magnitude with retraining.
  struct Pruning: Codable, Sendable {
    var rate: Double
    var decay: Double
    var rounds: Int
    var leNet300: Network
    var leNet5: Network

    struct Network: Codable, Sendable {
      var epochs: Int
      /// Epochs over which the rounds are spread.
      var pruningEpochs: Int
      /// Threshold of the last round in standard deviations of a layer's weights.
      var factors: [Double]
    }
  }

  /// Dynamic network surgery.
  struct Surgery: Codable, Sendable {
    var decay: Double
    var momentum: Double
    var gamma: Double
    var power: Double
    var leNet300: Network
    var leNet5: Network

    struct Network: Codable, Sendable {
      var rate: Double
      var epochs: Int
      /// Epochs after which the masks stay as they are.
      var surgeryEpochs: Int
      /// c of every layer.
      var factors: [Double]
    }
  }

  /// Soft weight sharing.
  struct Sharing: Codable, Sendable {
    var batch: Int
    var rate: Double
    var components: Int
    /// Rates of the mixture, as factors on `rate`.
    var meanRate: Double
    var precisionRate: Double
    var shareRate: Double
    var leNet300: Network
    var leNet5: Network

    struct Network: Codable, Sendable {
      var epochs: Int
      /// Epochs before the rate falls.
      var holdEpochs: Double
      /// τ.
      var strength: Double
      /// π of the component at zero.
      var zeroShare: Double
      /// Epochs over which the prior comes in.
      var warmUpEpochs: Double
    }
  }

  var pruning: Pruning
  var dns: Surgery
  var sws: Sharing

  /// What all of them start from.
  struct Start {
    var dataset: String
    var split: DigitData.Split
    var batch: Int
    var network: Architecture
    var dense: Ref<Weights>
  }

  /// Plans the three of them on a network; `factors` gives the place of a method.
  func plan(
    from start: Start, seed: UInt64, into plan: inout PlanBuilder,
    factors: (String) -> [String: String]
  ) throws {
    let isConvolutional = start.network.name == Architecture.leNet5.name
    func training(
      batch: Int? = nil, epochs: Int, rate: Double, holdEpochs: Double = 0, decay: Double
    ) -> Retraining {
      Retraining(
        dataset: start.dataset, split: start.split, network: start.network.name,
        start: start.dense, batch: batch ?? start.batch, epochs: epochs, rate: rate,
        holdEpochs: holdEpochs, decay: decay)
    }

    let pruned = isConvolutional ? pruning.leNet5 : pruning.leNet300
    try plan.add(
      TrainPruned(
        training: training(epochs: pruned.epochs, rate: pruning.rate, decay: pruning.decay),
        rounds: pruning.rounds, pruningEpochs: pruned.pruningEpochs, factors: pruned.factors),
      seed: seed, factors: factors("pruning"))

    let operated = isConvolutional ? dns.leNet5 : dns.leNet300
    try plan.add(
      TrainSurgery(
        training: training(epochs: operated.epochs, rate: operated.rate, decay: dns.decay),
        momentum: dns.momentum, factors: operated.factors, gamma: dns.gamma, power: dns.power,
        surgeryEpochs: operated.surgeryEpochs),
      seed: seed, factors: factors("dns"))

    let shared = isConvolutional ? sws.leNet5 : sws.leNet300
    try plan.add(
      TrainShared(
        training: training(
          batch: sws.batch, epochs: shared.epochs, rate: sws.rate,
          holdEpochs: shared.holdEpochs, decay: 0),
        components: sws.components, zeroShare: shared.zeroShare, strength: shared.strength,
        meanRate: sws.meanRate, precisionRate: sws.precisionRate, shareRate: sws.shareRate,
        warmUpEpochs: shared.warmUpEpochs > 0 ? shared.warmUpEpochs : nil),
      seed: seed, factors: factors("sws"))
  }
}
