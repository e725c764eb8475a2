import Datasets
import Experiments
import Foundation
import Harness
import Testing

/// What trials train on and what they are scored on.
struct PictureSourceTests {
  /// Pictures of 2 x 2 that can be told apart, `count` of each of 10 classes, from number `first`.
  private func pictures(_ count: Int, first: Int, _ split: String) -> ImageDataset {
    let numbers = first..<first + 10 * count
    return ImageDataset(
      name: "numbers", split: split, channels: 1, height: 2, width: 2,
      pixels: numbers.flatMap { [UInt8($0 >> 8), UInt8($0 & 255), 0, 0] },
      labels: numbers.map { Int32($0 % 10) }, classNames: (0..<10).map { "\($0)" })
  }

  private func source(
    _ split: String, training: Int, heldOut: Int = 200, scored: Int = 10_000
  ) throws -> PictureSource {
    try JSONDecoder().decode(
      PictureSource.self,
      from: Data(
        """
        {"dataset": "numbers", "split": "\(split)", "trainingPictures": \(training), "heldOut": \(heldOut), "scoredPictures": \(scored)}
        """.utf8))
  }

  /// The numbers of pictures, from the red of their first pixels after they were put in the middle of 2 x 2.
  private func numbers(_ set: ImageDataset) -> [Int] {
    (0..<set.count).map { index in
      let start = index * set.pixelsPerRecord
      return Int(set.pixels[start]) << 8 | Int(set.pixels[start + 1])
    }
  }

  private func counts(_ set: ImageDataset) -> Set<Int> {
    Set(Dictionary(grouping: set.labels) { $0 }.mapValues(\.count).values)
  }

  @Test func nothingTrainedOnIsScored() throws {
    let (train, test) = (pictures(100, first: 0, "train"), pictures(50, first: 1000, "test"))
    for training in [300, 800, 5000] {
      let validation = try source("validation", training: training).parts(of: train, test, side: 2)
      let (own, scored) = (numbers(validation.training), numbers(validation.scored))
      #expect(Set(own).count == min(training, 800) && own.count == min(training, 800))
      #expect(Set(scored).count == 200 && scored.count == 200)
      #expect(Set(own).isDisjoint(with: scored))
      #expect((own + scored).allSatisfy { $0 < 1000 }, "test pictures choose nothing")
      // Every class as in the whole set.
      #expect(counts(validation.training) == [min(training, 800) / 10])
      #expect(counts(validation.scored) == [20])
    }
    let final = try source("test", training: 300, scored: 70).parts(of: train, test, side: 2)
    #expect(numbers(final.scored) == Array(1000..<1070))
    #expect(final.training.count == 300 && numbers(final.training).allSatisfy { $0 < 1000 })
  }

  @Test func tooFewOrTooLargePicturesAreRefused() throws {
    let (train, test) = (pictures(3, first: 0, "train"), pictures(5, first: 1000, "test"))
    #expect(throws: TrialFailure.self) {
      try source("validation", training: 10, heldOut: 30).parts(of: train, test, side: 2)
    }
    #expect(throws: TrialFailure.self) {
      try source("test", training: 10).parts(of: train, test, side: 1)
    }
  }
}
