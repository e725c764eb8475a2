import Compute
import Datasets
import Harness

/// The pictures that features are compared on: some to fit a linear probe, some to choose its penalty, some to test it.
///
/// Which they are depends on the seed of a trial, each class as in the whole set.
struct ProbePictures: Codable, Sendable {
  /// A set of small pictures in memory.
  var dataset: String
  /// How many times each is enlarged, for networks of photos.
  var enlargement: Int
  /// Training pictures that a probe is fitted on.
  var training: Int
  /// Training pictures that its penalty is chosen on.
  var validation: Int
  /// Test pictures.
  var scored: Int

  /// All of them.
  var count: Int { training + validation + scored }

  /// Finds settings that no set of pictures meets.
  ///
  /// - Throws: `HarnessError.wrongType`.
  func check(_ name: String) throws {
    try SettingsCheck.requireCounts(
      ("\(name).training", training), ("\(name).validation", validation),
      ("\(name).scored", scored))
    try SettingsCheck.require("\(name).enlargement", enlargement, in: 1...32)
  }

  /// Loads them: training, validation and test pictures one after the other.
  ///
  /// - Throws: `TrialFailure.data` when the set is missing or damaged, or has too few pictures.
  func load(_ context: TrialContext) throws -> ImageDataset {
    let (train, test) = try context.data { library in
      (try library.load(dataset, split: "train"), try library.load(dataset, split: "test"))
    }
    guard training + validation <= train.count, scored <= test.count else {
      throw TrialFailure.data(
        "\(dataset): expected \(training + validation) training and \(scored) test pictures, found \(train.count) and \(test.count)"
      )
    }
    let stream = RandomStream(seed: context.seed, "probe pictures")
    func chosen(_ set: ImageDataset, _ count: Int, _ name: String) -> ImageDataset {
      var generator = stream.child(name).generator
      return set.split(holdOut: count, using: &generator).heldOut
    }
    let fitted = chosen(train, training + validation, "training")
    var generator = stream.child("validation").generator
    let parts = fitted.split(holdOut: validation, using: &generator)
    let sets = [parts.kept, parts.heldOut, chosen(test, scored, "test")].map {
      $0.inColour(side: max($0.width, 32))
    }
    return ImageDataset(
      name: dataset, split: "probe", channels: 3, height: sets[0].height, width: sets[0].width,
      pixels: sets.flatMap(\.pixels), labels: sets.flatMap(\.labels),
      classNames: train.classNames, files: train.files + test.files)
  }
}
