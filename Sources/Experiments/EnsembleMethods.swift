import Harness
import Networks

/// The trainings and predictions of every ensembling method on one set of pictures, each a trial of its own: what several
/// methods or experiments need is trained and predicted once.
struct EnsembleMethods: Codable, Sendable {
  /// A way to an ensemble, with the names of the reference numbers.
  enum Method: String, Codable, Sendable, CaseIterable {
    case single = "single_model"
    case deepEnsemble = "deep_ensemble"
    /// Snapshot ensembles (Huang et al. 2017).
    case sse
    /// Cyclical stochastic gradient Langevin dynamics (Zhang et al. 2020).
    case csgld
    /// Fast geometric ensembling (Garipov et al. 2018).
    case fge
    case swag
    case swa
    case dropout
    case variational = "vi_ffg"
    case laplace = "kfac_laplace"
  }

  /// Cycles of a learning rate, with networks kept at the end of each.
  struct Cycles: Codable, Sendable {
    var cycles: Int
    var epochs: Int
    var rate: Double
    var batch: Int
  }

  /// Epochs of every cycle that add noise, each of which keeps a network.
  struct Langevin: Codable, Sendable {
    var cycles: Int
    var epochs: Int
    var rate: Double
    var batch: Int
    var noiseEpochs: Int
  }

  /// Cycles between two rates; a network is kept where the rate is lowest.
  struct Triangles: Codable, Sendable {
    var cycles: Int
    var epochs: Int
    var high: Double
    var low: Double
  }

  struct Averages: Codable, Sendable {
    var epochs: Int
    var rate: Double
    var rank: Int
    var scale: Double
    var draws: Int
  }

  struct Factorised: Codable, Sendable {
    var epochs: Int
    var rate: Double
    var deviationRate: Double
    var initialLogDeviation: Double
    var divergenceShare: Double
    var draws: Int
  }

  struct Laplace: Codable, Sendable {
    var pictures: Int
    var noiseScale: Double
    var draws: Int
  }

  struct Dropout: Codable, Sendable {
    var rate: Double
    var epochs: Int
    var draws: Int
  }

  var pictures: PictureSource
  var network: String
  var methods: [Method]
  /// Members of the deep ensemble; the first is the single network, and where the methods around one optimum start.
  var members: Int
  var epochs: Int
  /// When fast geometric ensembling and averaging leave the training, before its rate falls.
  var branchEpoch: Int
  var batch: Int
  var rate: Double
  var momentum: Double
  var decay: Double
  var sse: Cycles
  var csgld: Langevin
  var fge: Triangles
  var swag: Averages
  var vi: Factorised
  var kfac: Laplace
  var dropout: Dropout
  /// Views of every picture at test: of the single network, and so many samples at least of any other ensemble.
  var singleViews: Int
  var ensembleViews: Int

  /// Predictions of one method.
  struct Predicted {
    let method: Method
    /// Of whole pictures, and of random views.
    let central: [Ref<Predictions>]
    let augmented: [Ref<Predictions>]
  }

  /// Plans all trainings and predictions of a seed.
  func plan(seed: UInt64, into plan: inout PlanBuilder) throws
    -> [Predicted]
  {
    try check()
    var found: [Predicted] = []
    let trained = try deepEnsemble(seed: seed, into: &plan)
    let single = trained.last[0]
    var memberPredictions: (central: [Ref<Predictions>], augmented: [Ref<Predictions>]) = ([], [])
    for (index, member) in trained.last.enumerated() {
      let views = index == 0 ? max(singleViews, perNetwork(members)) : perNetwork(members)
      // Views follow the seed of a prediction: every member has its own.
      let own = memberSeed(seed) + UInt64(index)
      memberPredictions.central.append(
        try predict([member], .central, views: 1, seed: own, into: &plan))
      memberPredictions.augmented.append(
        try predict([member], .cropAndFlip, views: views, seed: own, into: &plan))
    }
    for method in methods {
      let networks: [Ref<Members>]
      var count: Int
      switch method {
      case .single:
        found.append(
          Predicted(
            method: method, central: [memberPredictions.central[0]],
            augmented: [memberPredictions.augmented[0]]))
        continue
      case .deepEnsemble:
        found.append(
          Predicted(
            method: method, central: memberPredictions.central,
            augmented: memberPredictions.augmented))
        continue
      case .dropout:
        guard try hasDropout else { continue }
        found.append(try predictedDropout(seed: seed, into: &plan))
        continue
      case .sse:
        networks = try snapshots(seed: seed, into: &plan)
        count = networks.count
      case .csgld:
        networks = try langevin(seed: seed, into: &plan)
        count = networks.count
      case .fge:
        networks = try geometric(trained.branch[0], seed: seed, into: &plan)
        count = networks.count
      case .swa:
        networks = [try averages(trained.branch[0], draws: 0, seed: seed, into: &plan)]
        count = 1
      case .swag:
        networks = [try averages(trained.branch[0], draws: swag.draws, seed: seed, into: &plan)]
        count = swag.draws
      case .variational:
        networks = [try variational(single, seed: seed, into: &plan)]
        count = vi.draws
      case .laplace:
        networks = [try laplace(single, seed: seed, into: &plan)]
        count = kfac.draws
      }
      found.append(
        Predicted(
          method: method,
          central: [try predict(networks, .central, views: 1, seed: seed, into: &plan)],
          augmented: [
            try predict(
              networks, .cropAndFlip, views: perNetwork(count), seed: seed, into: &plan)
          ]))
    }
    return found
  }

  private func check() throws {
    try SettingsCheck.requireCounts(
      ("members", members), ("batch", batch), ("singleViews", singleViews),
      ("ensembleViews", ensembleViews), ("sse.cycles", sse.cycles), ("sse.epochs", sse.epochs),
      ("sse.batch", sse.batch), ("csgld.cycles", csgld.cycles), ("csgld.epochs", csgld.epochs),
      ("csgld.batch", csgld.batch), ("fge.cycles", fge.cycles), ("vi.epochs", vi.epochs),
      ("kfac.pictures", kfac.pictures), ("dropout.epochs", dropout.epochs))
    try pictures.check()
    try SettingsCheck.require("epochs", epochs, in: 2...1_000_000)
    try SettingsCheck.require("branchEpoch", branchEpoch, in: 1...epochs - 1)
    try SettingsCheck.require("csgld.noiseEpochs", csgld.noiseEpochs, in: 1...csgld.epochs)
    try SettingsCheck.require("fge.epochs", fge.epochs, in: 2...1_000_000)
    guard fge.epochs % 2 == 0 else {
      throw HarnessError.wrongType(
        setting: "fge.epochs", expected: "an even number, lowest in its middle",
        found: "\(fge.epochs)")
    }
    try SettingsCheck.require("swag.epochs", swag.epochs, in: 2...1_000_000)
    try SettingsCheck.require("swag.rank", swag.rank, in: 2...1_000)
    // Files of networks are numbered in three digits.
    for (setting, draws) in [
      ("swag.draws", swag.draws), ("vi.draws", vi.draws), ("kfac.draws", kfac.draws),
      ("dropout.draws", dropout.draws),
    ] {
      try SettingsCheck.require(setting, draws, in: 1...999)
    }
    for (setting, rate) in [
      ("rate", rate), ("decay", decay), ("sse.rate", sse.rate), ("csgld.rate", csgld.rate),
      ("fge.high", fge.high), ("fge.low", fge.low), ("swag.rate", swag.rate), ("vi.rate", vi.rate),
      ("vi.deviationRate", vi.deviationRate),
    ] {
      try SettingsCheck.require(setting, rate, in: 1e-12...1e3)
    }
    try SettingsCheck.require("momentum", momentum, in: 0...0.9999)
    try SettingsCheck.require("dropout.rate", dropout.rate, in: 1e-6...0.99)
    guard Set(methods).count == methods.count else {
      throw HarnessError.wrongType(
        setting: "methods", expected: "each method once",
        found: methods.map(\.rawValue).joined(separator: ","))
    }
    try NamedNetwork.requireTrainable(network)
  }

  /// Whether the network is of a kind with dropout; one without has no such ensemble.
  private var hasDropout: Bool {
    get throws {
      try NamedNetwork.known(network, classes: 10).network.dropping(rate: Float(dropout.rate))
        != nil
    }
  }

  /// Views that each of so many networks needs for `ensembleViews` samples.
  private func perNetwork(_ networks: Int) -> Int {
    (ensembleViews + networks - 1) / networks
  }

  // MARK: Trainings

  private func train(
    after start: Ref<Members>? = nil, from: Int = 0, until: Int, _ schedule: Schedule,
    batch: Int? = nil, isLangevin: Bool = false, dropout: Double? = nil, seed: UInt64,
    into plan: inout PlanBuilder
  ) throws -> Ref<Members> {
    try plan.add(
      TrainClassifier(
        pictures: pictures, network: network, dropout: dropout, start: start, from: from,
        until: until, batch: batch ?? self.batch, schedule: schedule, momentum: momentum,
        decay: decay, isLangevin: isLangevin, view: .cropAndFlip),
      seed: seed)
  }

  /// Independent networks at the branch and at the end; member m of seed s has seed `members · (s - 1) + m`, m from 1.
  private func deepEnsemble(seed: UInt64, into plan: inout PlanBuilder) throws -> (
    branch: [Ref<Members>], last: [Ref<Members>]
  ) {
    let schedule = Schedule.halfThenLinear(start: rate, end: Double(epochs))
    var (branch, last): ([Ref<Members>], [Ref<Members>]) = ([], [])
    for member in 0..<UInt64(members) {
      let own = memberSeed(seed) + member
      branch.append(try train(until: branchEpoch, schedule, seed: own, into: &plan))
      last.append(
        try train(
          after: branch.last, from: branchEpoch, until: epochs, schedule, seed: own, into: &plan))
    }
    return (branch, last)
  }

  private func snapshots(seed: UInt64, into plan: inout PlanBuilder) throws -> [Ref<Members>] {
    let schedule = Schedule.cosineCycles(start: sse.rate, cycle: Double(sse.epochs))
    var found: [Ref<Members>] = []
    for cycle in 0..<sse.cycles {
      found.append(
        try train(
          after: found.last, from: cycle * sse.epochs, until: (cycle + 1) * sse.epochs, schedule,
          batch: sse.batch, seed: seed, into: &plan))
    }
    return found
  }

  private func langevin(seed: UInt64, into plan: inout PlanBuilder) throws -> [Ref<Members>] {
    let schedule = Schedule.cosineCycles(start: csgld.rate, cycle: Double(csgld.epochs))
    var found: [Ref<Members>] = []
    var last: Ref<Members>?
    var at = 0
    for cycle in 1...csgld.cycles {
      let calm = cycle * csgld.epochs - csgld.noiseEpochs
      if calm > at {
        last = try train(
          after: last, from: at, until: calm, schedule, batch: csgld.batch, seed: seed,
          into: &plan)
        at = calm
      }
      for _ in 0..<csgld.noiseEpochs {
        let next = try train(
          after: last, from: at, until: at + 1, schedule, batch: csgld.batch, isLangevin: true,
          seed: seed, into: &plan)
        found.append(next)
        (last, at) = (next, at + 1)
      }
    }
    return found
  }

  private func geometric(
    _ branch: Ref<Members>, seed: UInt64, into plan: inout PlanBuilder
  ) throws -> [Ref<Members>] {
    let schedule = Schedule.later(
      .triangularCycles(high: fge.high, low: fge.low, cycle: Double(fge.epochs)),
      by: Double(branchEpoch))
    var found: [Ref<Members>] = []
    var at = branchEpoch
    for cycle in 0..<fge.cycles {
      let middle = branchEpoch + cycle * fge.epochs + fge.epochs / 2
      found.append(
        try train(
          after: found.last ?? branch, from: at, until: middle, schedule, seed: memberSeed(seed),
          into: &plan))
      at = middle
    }
    return found
  }

  /// Iterates at a constant rate, one per epoch, and what they amount to.
  private func averages(
    _ branch: Ref<Members>, draws: Int, seed: UInt64, into plan: inout PlanBuilder
  ) throws -> Ref<Members> {
    var iterates: [Ref<Members>] = []
    for epoch in branchEpoch..<branchEpoch + swag.epochs {
      iterates.append(
        try train(
          after: iterates.last ?? branch, from: epoch, until: epoch + 1, .constant(swag.rate),
          seed: memberSeed(seed), into: &plan))
    }
    return try plan.add(
      AverageWeights(
        iterates: iterates, pictures: pictures, network: network, draws: draws, rank: swag.rank,
        scale: swag.scale, batch: batch),
      seed: seed)
  }

  private func variational(
    _ single: Ref<Members>, seed: UInt64, into plan: inout PlanBuilder
  ) throws -> Ref<Members> {
    try plan.add(
      TrainFactorised(
        start: single, pictures: pictures, network: network, batch: batch, epochs: vi.epochs,
        rate: vi.rate, momentum: momentum, decay: decay, deviationRate: vi.deviationRate,
        initialLogDeviation: vi.initialLogDeviation, divergenceShare: vi.divergenceShare,
        draws: vi.draws, view: .cropAndFlip),
      seed: seed)
  }

  private func laplace(
    _ single: Ref<Members>, seed: UInt64, into plan: inout PlanBuilder
  ) throws -> Ref<Members> {
    try plan.add(
      FitLaplace(
        start: single, pictures: pictures, network: network, curvaturePictures: kfac.pictures,
        batch: batch, decay: decay, noiseScale: kfac.noiseScale, draws: kfac.draws),
      seed: seed)
  }

  /// Dropout is trained for itself and drawn anew for every sample.
  private func predictedDropout(seed: UInt64, into plan: inout PlanBuilder) throws -> Predicted {
    let trained = try train(
      until: dropout.epochs, .halfThenLinear(start: rate, end: Double(dropout.epochs)),
      dropout: dropout.rate, seed: memberSeed(seed), into: &plan)
    func predicted(_ view: RandomView) throws -> Ref<Predictions> {
      try predict(
        [trained], view, views: view == .central ? dropout.draws : ensembleViews,
        dropout: dropout.rate, seed: seed, into: &plan)
    }
    return Predicted(
      method: .dropout, central: [try predicted(.central)],
      augmented: [try predicted(.cropAndFlip)])
  }

  /// The seed of the single network.
  private func memberSeed(_ seed: UInt64) -> UInt64 { UInt64(members) * (seed - 1) + 1 }

  private func predict(
    _ networks: [Ref<Members>], _ view: RandomView, views: Int, dropout: Double? = nil,
    seed: UInt64, into plan: inout PlanBuilder
  ) throws -> Ref<Predictions> {
    try plan.add(
      PredictMembers(
        members: networks, pictures: pictures, network: network, dropout: dropout, view: view,
        views: views),
      seed: seed)
  }
}
