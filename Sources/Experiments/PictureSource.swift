import Compute
import Datasets
import Harness
import Networks

/// The pictures of a trial: which set, how many of it train a network, and what is scored.
package struct PictureSource: Codable, Sendable {
  /// A set of pictures in memory; grey or smaller ones get what they lack.
  var dataset: String
  /// Scored are the test pictures, or those held out of the training pictures.
  var split: DigitData.Split
  /// Training pictures, each class as in the whole set; all but those held out where there are not more.
  var trainingPictures: Int
  /// Pictures held out under `validation`.
  var heldOut: Int
  /// Only the first so many are scored; all where there are not more.
  var scoredPictures: Int

  /// The two parts; which pictures they have does not depend on a trial's seed.
  package struct Parts: Sendable {
    package let training: ImageDataset
    package let scored: ImageDataset
  }

  /// Finds settings that no set of pictures meets.
  ///
  /// - Throws: `HarnessError.wrongType`.
  func check() throws {
    try SettingsCheck.requireCounts(
      ("pictures.trainingPictures", trainingPictures), ("pictures.heldOut", heldOut))
    // Calibration halves what is scored.
    try SettingsCheck.require("pictures.scoredPictures", scoredPictures, in: 2...1_000_000_000)
  }

  /// Loads them.
  ///
  /// - Throws: `TrialFailure.data` when the set is missing or damaged, or has too few pictures.
  func load(_ context: TrialContext, side: Int) throws -> Parts {
    let (train, test) = try context.data { library in
      (try library.load(dataset, split: "train"), try library.load(dataset, split: "test"))
    }
    return try parts(of: train, test, side: side)
  }

  /// The two parts of a set: no picture stands in both.
  ///
  /// - Throws: `TrialFailure.data` when the set has too few pictures, or larger ones.
  package func parts(
    of train: ImageDataset, _ test: ImageDataset, side: Int
  ) throws -> Parts {
    func parts(_ set: ImageDataset, _ count: Int, _ name: String) throws -> (
      kept: ImageDataset, heldOut: ImageDataset
    ) {
      guard (1..<set.count).contains(count) else {
        throw TrialFailure.data(
          "\(dataset): expected more than \(count) training pictures, found \(set.count)")
      }
      var generator = RandomStream(seed: 0, name).generator
      return set.split(holdOut: count, using: &generator)
    }
    var (training, scored) = (train, test)
    if split == .validation {
      (training, scored) = try parts(train, heldOut, "held-out pictures")
    }
    if trainingPictures < training.count {
      training = try parts(training, trainingPictures, "training pictures").heldOut
    }
    for set in [training, scored] where set.width > side || set.height > side {
      throw TrialFailure.data(
        "\(dataset): expected pictures of at most \(side) x \(side), found \(set.width) x \(set.height)"
      )
    }
    scored = scored.range(0..<min(max(1, scoredPictures), scored.count))
    return Parts(training: training.inColour(side: side), scored: scored.inColour(side: side))
  }
}

extension NamedNetwork {
  /// Makes sure that a name is that of a network for pictures of 32 × 32, the size that is trained on.
  ///
  /// - Throws: `HarnessError.unknownName`, `.wrongType`.
  static func requireTrainable(_ name: String) throws {
    let found = try known(name, classes: 10)
    guard found.network.input == [3, 32, 32] else {
      throw HarnessError.wrongType(
        setting: "network", expected: "one for pictures of 32 x 32", found: name)
    }
  }

  /// The network of a name, with dropout where a rate is given.
  ///
  /// - Throws: `HarnessError.unknownName`, `.wrongType` for a kind of network without dropout.
  static func known(_ name: String, classes: Int, dropout: Double? = nil) throws -> NamedNetwork {
    guard var found = NamedNetwork(name, classes: classes) else {
      throw HarnessError.unknownName(
        kind: "network", name: name, suggestion: nearestName(to: name, in: examples),
        known: examples)
    }
    guard let dropout, dropout > 0 else { return found }
    guard let dropping = found.network.dropping(rate: Float(dropout)) else {
      throw HarnessError.wrongType(
        setting: "network", expected: "one of a kind with dropout", found: name)
    }
    found.network = dropping
    return found
  }
}
