import Compute
import Datasets
import Files
import Methods
import Networks

/// Small images made ready for a network.
///
/// Choices are made with `fit` against `validation`, a class-stratified split of the training set; reported numbers
/// come from `train` against `test`.
struct DigitData {
  /// What a trial trains on and is scored on.
  enum Split: String, Codable, Sendable {
    /// All training images, scored on the test images.
    case test
    /// The training images less a validation part, scored on that part.
    case validation
  }

  /// How pixels become numbers.
  enum Pixels: String, Codable, Sendable {
    /// Pixel / 256 minus the mean training image, as the sparse variational dropout code does.
    case minusMeanImage = "minus_mean_image"
    /// (pixel / 255 - 0.1307) / 0.3081: MNIST's mean and deviation, as the minimal notebook does.
    case standardised
    /// Pixel / 255, as the deep weight prior does.
    case unit
    /// Whitened by the training images (`ZCAWhitening`), as the VGG-like networks get CIFAR.
    case whitened = "zca_whitened"
  }

  let training: TrainingRows
  let scored: TrainingRows

  init(training: TrainingRows, scored: TrainingRows) {
    self.training = training
    self.scored = scored
  }

  init(
    train: ImageDataset, test: ImageDataset, split: Split, holdOut: Int,
    pixels: Pixels = .minusMeanImage
  ) throws(LinearAlgebraError) {
    let features = train.pixelsPerRecord
    let table: (ImageDataset) -> RowTable
    switch pixels {
    case .minusMeanImage:
      let shift = MeanImage(of: train).values.map { -$0 * 255 / 256 }
      table = { RowTable(bytes: $0.pixels, features: features, scale: 1 / 256, shift: shift) }
    case .standardised:
      let shift = Array(repeating: Float(-0.1307 / 0.3081), count: features)
      table = {
        RowTable(bytes: $0.pixels, features: features, scale: 1 / (255 * 0.3081), shift: shift)
      }
    case .unit:
      table = { RowTable(bytes: $0.pixels, features: features, scale: 1 / 255) }
    case .whitened:
      let whitening = try ZCAWhitening(of: train)
      table = { RowTable(floats: whitening($0), features: features) }
    }
    let trainTable = table(train)
    func rows(_ table: RowTable, _ set: ImageDataset, _ indices: [Int]) -> TrainingRows {
      TrainingRows(table: table, labels: set.labels, rows: indices.map(Int32.init))
    }
    switch split {
    case .test:
      training = rows(trainTable, train, Array(0..<train.count))
      scored = rows(table(test), test, Array(0..<test.count))
    case .validation:
      // The split is the same for every trial: its seed is fixed.
      var generator = RandomStream(seed: 0, "validation split").generator
      let parts = train.splitIndices(holdOut: holdOut, using: &generator)
      training = rows(trainTable, train, parts.kept)
      scored = rows(trainTable, train, parts.heldOut)
    }
  }
}
