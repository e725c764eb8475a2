import Harness
import Networks

/// The trainings, embeddings and probes that mean embeddings are studied on, each a trial of its own, which table and figures share.
struct EmbeddingPlan: Codable, Sendable {
  /// Whose features.
  enum Source: String, Codable, Sendable, CaseIterable {
    case supervised
    case supervisedWide = "supervised_2x"
    case simclr
    case simclrWide = "simclr_2x"
    /// A published network of photos, which sees enlarged pictures.
    case published
  }

  struct Supervised: Codable, Sendable {
    var epochs: Int
    var batch: Int
    var rate: Double
    var decay: Double
  }

  struct Contrastive: Codable, Sendable {
    var epochs: Int
    var batch: Int
    var rate: Double
    var decay: Double
    var temperature: Double
    var projection: Int
    var strength: Double
  }

  struct Published: Codable, Sendable {
    var network: String
    var weights: String
    var pictures: ProbePictures
  }

  /// Pictures that networks are trained on.
  var pictures: PictureSource
  var sources: [Source]
  /// Networks of the usual width and of twice that.
  var narrow: String
  var wide: String
  var supervised: Supervised
  var contrastive: Contrastive
  var published: Published
  /// Pictures that probes are fitted to and tested on.
  var probe: ProbePictures
  /// Numbers of views.
  var sizes: [Int]
  /// L2 penalties of probes.
  var decays: [Double]

  /// The features of one source.
  struct Embedded {
    let source: Source
    let network: String
    /// Factors: dataset, network, features, width.
    let place: [String: String]
    let trained: Ref<Members>?
    let view: RandomView
    let embeddings: Ref<Embeddings>
  }

  /// Plans the trainings and embeddings of a seed.
  func plan(seed: UInt64, into plan: inout PlanBuilder) throws -> [Embedded] {
    try check()
    return try sources.map { source in
      let isWide = [.supervisedWide, .simclrWide].contains(source)
      let network = source == .published ? published.network : isWide ? wide : narrow
      let isSupervised = ![.simclr, .simclrWide].contains(source)
      var trained: Ref<Members>?
      // Views are those that the network was trained on, colours left as they are.
      let view: RandomView
      switch source {
      case .supervised, .supervisedWide:
        trained = try train(network, seed: seed, into: &plan)
        view = .cropAndFlip
      case .simclr, .simclrWide:
        trained = try contrast(network, seed: seed, into: &plan)
        view = .resizedCropAndFlip
      case .published:
        view = .resizedCropAndFlip
      }
      let embeddings = try plan.add(
        Embed(
          pictures: source == .published ? published.pictures : probe, network: network,
          trained: trained, weights: source == .published ? published.weights : nil, view: view,
          sizes: sizes),
        seed: seed)
      return Embedded(
        source: source, network: network,
        place: [
          "dataset": pictures.dataset, "network": network,
          "features": isSupervised ? "supervised" : "self-supervised",
          "width": isWide ? "2x" : "1x",
        ], trained: trained, view: view, embeddings: embeddings)
    }
  }

  /// Probes of some features, fitted in both ways.
  ///
  /// - Parameter isShown: whether their numbers stand in the results.
  func probes(
    _ features: Embedded, seed: UInt64, isShown: Bool, into plan: inout PlanBuilder
  ) throws -> [(trainedOn: ProbeTable, place: [String: String], probes: Ref<Probes>)] {
    try ProbeTable.allCases.map { trainedOn in
      let place = features.place.merging(["trained_on": trainedOn.rawValue]) { a, _ in a }
      let probes = try plan.add(
        ProbeEmbeddings(
          embeddings: features.embeddings, trainedOn: trainedOn, sizes: sizes, decays: decays),
        seed: seed, factors: isShown ? place : nil)
      return (trainedOn, place, probes)
    }
  }

  private func train(
    _ network: String, seed: UInt64, into plan: inout PlanBuilder
  ) throws -> Ref<Members> {
    try plan.add(
      TrainClassifier(
        pictures: pictures, network: network, from: 0, until: supervised.epochs,
        batch: supervised.batch,
        schedule: .halfThenLinear(start: supervised.rate, end: Double(supervised.epochs)),
        momentum: 0.9, decay: supervised.decay, isLangevin: false, view: .cropAndFlip),
      seed: seed)
  }

  private func contrast(
    _ network: String, seed: UInt64, into plan: inout PlanBuilder
  ) throws -> Ref<Members> {
    try plan.add(
      TrainContrastive(
        pictures: pictures, network: network, epochs: contrastive.epochs,
        batch: contrastive.batch, rate: contrastive.rate, decay: contrastive.decay,
        temperature: contrastive.temperature, projection: contrastive.projection,
        strength: contrastive.strength),
      seed: seed)
  }

  private func check() throws {
    try pictures.check()
    try probe.check("probe")
    guard probe.dataset == pictures.dataset else {
      throw HarnessError.wrongType(
        setting: "embeddings.probe.dataset", expected: pictures.dataset, found: probe.dataset)
    }
    try SettingsCheck.requireCounts(
      ("supervised.epochs", supervised.epochs), ("supervised.batch", supervised.batch),
      ("contrastive.epochs", contrastive.epochs))
    try SettingsCheck.require("contrastive.batch", contrastive.batch, in: 2...8192)
    try SettingsCheck.require("contrastive.projection", contrastive.projection, in: 1...10_000)
    try SettingsCheck.require("contrastive.temperature", contrastive.temperature, in: 1e-3...1e3)
    try SettingsCheck.require("contrastive.strength", contrastive.strength, in: 0...1)
    for (setting, rate) in [
      ("supervised.rate", supervised.rate), ("contrastive.rate", contrastive.rate),
    ] {
      try SettingsCheck.require(setting, rate, in: 1e-12...1e3)
    }
    // Files of embeddings are numbered in three digits.
    try SettingsCheck.requireRising("sizes", sizes, upTo: 999)
    try SettingsCheck.require("decays", each: decays, in: 1e-12...1e3)
    guard !sizes.isEmpty, !decays.isEmpty, !sources.isEmpty, Set(sources).count == sources.count
    else {
      throw HarnessError.wrongType(
        setting: "sizes, decays, sources", expected: "at least one, each source once",
        found: sources.map(\.rawValue).joined(separator: ","))
    }
    try NamedNetwork.requireTrainable(narrow)
    try NamedNetwork.requireTrainable(wide)
    if sources.contains(.published) {
      try published.pictures.check("published.pictures")
      _ = try NamedNetwork.known(published.network, classes: 1000)
    }
  }
}
