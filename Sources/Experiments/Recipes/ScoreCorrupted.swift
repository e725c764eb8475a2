import Datasets
import Harness
import Images
import Metrics
import Networks

/// Scores a published network on test pictures in one corruption at every severity, or on the clean ones.
///
/// The pictures are those of `bench corrupt` under the trial's seed.
struct ScoreCorrupted: Recipe {
  /// The errors.
  enum Product {}
  static let name = "score-corrupted"
  static let version = 2

  /// Its name, as `NamedNetwork` knows it.
  var network: String
  /// The set of files that holds its weights.
  var weights: String
  var dataset: String
  /// Only the first so many test pictures; all where there are fewer.
  var pictures: Int
  /// Nil for the clean pictures.
  var corruption: Corruption?

  var datasets: [String] {
    [dataset, weights] + (corruption == .frost ? ["corruptions"] : [])
  }
  /// Some 0.5 ms for each picture.
  var estimatedSeconds: Double? { 0.0005 * Double(pictures * (corruption == nil ? 1 : 5)) }

  func run(_ context: TrialContext) throws {
    let (set, file, frost) = try context.data { library in
      let all = try library.load(dataset, split: "test")
      return (
        all.range(0..<min(max(1, pictures), all.count)).inColour(side: 32),
        try library.files(weights)["weights"],
        corruption == .frost
          ? try library.files("corruptions")["frost1"]?.deletingLastPathComponent() : nil
      )
    }
    guard let file else {
      throw TrialFailure.data("\(weights): expected a file weights, found none")
    }
    guard let named = NamedNetwork(network, classes: set.classCount) else {
      preconditionFailure("network: not one of those known by name")
    }
    let overlays = try frost.map { try FrostOverlays(read: $0) }
    func error(_ set: ImageDataset, from start: Double, to end: Double) throws -> Double {
      try context.throwIfInterrupted()
      return try Evaluation(named, weights: file, on: set, threads: 1) { done in
        context.progress(start + (end - start) * Double(done) / Double(set.count))
      }.error
    }
    guard let corruption else {
      try context.record("test_error", error(set, from: 0, to: 1), unit: "%")
      // Which form of the data it was: two forms are two sets of numbers.
      let variants = Set(set.files.map(\.variant)).sorted().joined(separator: " ")
      return try context.record(
        "pictures", Double(set.count), coordinates: ["variant": variants])
    }
    let clean = (0..<set.count).map { Picture(width: 32, height: 32, planes: set.record($0)) }
    var errors: [Double] = []
    for severity in 1...5 {
      let corruptor = Corruptor(
        corruption, severity: severity, scale: .cifar, seed: context.seed, frost: overlays)
      var planes: [UInt8] = []
      planes.reserveCapacity(set.pixels.count)
      for (index, picture) in clean.enumerated() {
        planes += corruptor.corrupt(picture, index: index).planes
      }
      let corrupted = ImageDataset(
        name: set.name, split: set.split, channels: 3, height: 32, width: 32, pixels: planes,
        labels: set.labels, classNames: set.classNames, files: set.files)
      errors.append(
        try error(corrupted, from: Double(severity - 1) / 5, to: Double(severity) / 5))
      try context.record(
        "test_error", errors[severity - 1], unit: "%", coordinates: ["severity": "\(severity)"])
    }
    try context.record("test_error", mean(errors), unit: "%")
  }
}

/// The unnormalised mean corruption error over trials of one corruption each.
struct AverageCorruptions: Recipe {
  static let name = "average-corruptions"
  static let version = 1

  var corruptions: [Ref<ScoreCorrupted.Product>]

  func run(_ context: TrialContext) throws {
    let errors = try corruptions.map { corruption in
      try context.input(corruption).measurements
        .filter { $0.metric == "test_error" && $0.coordinates["severity"] != nil }.map(\.value)
    }
    try context.record("mu_ce", unnormalisedMeanCorruptionError(errors), unit: "%")
  }
}

extension ImageDataset {
  /// Colour pictures of `side` × `side`: grey ones get three equal channels, smaller ones a black margin.
  func inColour(side: Int) -> ImageDataset {
    if shape == [3, side, side] { return self }
    precondition(
      [1, 3].contains(channels) && height <= side && width <= side,
      "dataset: neither grey nor colour, or too large")
    let (top, left) = ((side - height) / 2, (side - width) / 2)
    var padded = [UInt8](repeating: 0, count: count * 3 * side * side)
    for index in 0..<count {
      let record = Array(record(index))
      for channel in 0..<3 {
        let plane = (index * 3 + channel) * side * side
        let source = channels == 3 ? channel * height * width : 0
        for y in 0..<height {
          let target = plane + (top + y) * side + left
          for x in 0..<width { padded[target + x] = record[source + y * width + x] }
        }
      }
    }
    return ImageDataset(
      name: name, split: split, channels: 3, height: side, width: side, pixels: padded,
      labels: labels, classNames: classNames, files: files)
  }
}
