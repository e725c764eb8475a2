import Compute
import Datasets
import Files
import Networks

/// Grey images made ready for a network as the sparse variational dropout code does: pixel / 256 minus the mean
/// training image.
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

  let training: TrainingRows
  let scored: TrainingRows

  init(train: ImageDataset, test: ImageDataset, split: Split, holdOut: Int) {
    let mean = MeanImage(of: train)
    let shift = mean.values.map { -$0 * 255 / 256 }
    func table(_ set: ImageDataset) -> RowTable {
      RowTable(bytes: set.pixels, features: set.pixelsPerRecord, scale: 1 / 256, shift: shift)
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
