import Compute
import Datasets
import Harness
import Images

/// Which labelled pictures a network with views is searched or scored on; none of it depends on a trial's seed.
struct ScoredPictures: Codable, Sendable {
  /// A part of a set.
  enum Part: String, Codable, Sendable {
    case test
    /// Test pictures, each class as often in one half as in the other: for networks that have seen all training pictures.
    case searchHalf = "search_half"
    case scoreHalf = "score_half"
    /// Training pictures that `PictureSource` holds out.
    case heldOut = "held_out"
  }

  /// Photos, or pictures in memory.
  var dataset: String
  var part: Part
  /// How many training pictures are held out, where that is the part.
  var heldOut: Int?
  /// Only the first so many of the part; all where there are not more.
  var first: Int
  /// Of photos only those whose number this divides.
  var every: Int?
  /// Small pictures are shown so many times enlarged.
  var enlargement: Int?
  /// Pictures are shown in these corruptions, at these severities, in this order: all pictures in the first of both come first.
  var corruptions: [Corruption]?
  var severities: [Int]?

  var datasets: [String] {
    [dataset] + ((corruptions ?? []).contains(.frost) ? ["corruptions"] : [])
  }
  /// In how many forms each picture is shown.
  var forms: Int { (corruptions?.count ?? 1) * (severities?.count ?? 1) }

  /// The pictures as they are.
  ///
  /// - Throws: `TrialFailure.data` when the set is missing or damaged, or has too few pictures.
  func load(_ context: TrialContext) throws -> any LabelledPictures {
    let isPhotos = try context.data { try $0.catalogue.entry(dataset).format == .photos }
    if isPhotos {
      let all = try context.data { try $0.photos(dataset, split: "test") }
      return Chosen(
        all, Array(stride(from: 0, to: all.labels.count, by: every ?? 1).prefix(first)))
    }
    var set: ImageDataset
    switch part {
    case .test, .searchHalf, .scoreHalf:
      set = try context.data { try $0.load(dataset, split: "test") }
      if part != .test {
        var generator = RandomStream(seed: 0, "halves of test pictures").generator
        let halves = set.split(holdOut: set.count / 2, using: &generator)
        set = part == .searchHalf ? halves.heldOut : halves.kept
      }
      set = set.inColour(side: 32)
    case .heldOut:
      // The very pictures that trainings leave out.
      set = try PictureSource(
        dataset: dataset, split: .validation, trainingPictures: 1, heldOut: heldOut ?? 1,
        scoredPictures: .max
      ).load(context, side: 32).scored
    }
    let shown = set.range(0..<min(max(1, first), set.count))
    if let enlargement, enlargement > 1 { return Enlarged(shown, by: enlargement) }
    return shown
  }

  /// Calls `body` with the pictures in every form, in order. Corruptions draw as those of `bench corrupt` with seed 0 do, numbered from the
  /// first picture of the part.
  ///
  /// - Parameter side: of the network; constants of ImageNet-C where it is 224, of CIFAR-10-C else.
  func eachForm(
    _ context: TrialContext, side: Int, _ body: (any LabelledPictures) throws -> Void
  ) throws {
    let pictures = try load(context)
    guard let corruptions, let severities else { return try body(pictures) }
    let frost =
      corruptions.contains(.frost)
      ? try context.data { library in
        try library.files("corruptions")["frost1"].map {
          try FrostOverlays(read: $0.deletingLastPathComponent())
        }
      } : nil
    let scale: CorruptionScale = side == 224 ? .imageNet : .cifar
    let count = pictures.labels.count
    let clean = try context.data { _ in
      try (0..<count).map { try pictures.picture($0).middle(side: scale.side) }
    }
    for corruption in corruptions {
      for severity in severities {
        try context.throwIfInterrupted()
        let corruptor = Corruptor(
          corruption, severity: severity, scale: scale, seed: 0, frost: frost)
        try body(
          PictureList(
            clean.enumerated().map { corruptor.corrupt($1, index: $0) }, like: pictures))
      }
    }
  }
}

/// Some pictures of a set, by their numbers.
struct Chosen<Whole: LabelledPictures>: LabelledPictures {
  let whole: Whole
  let indices: [Int]
  let labels: [Int32]

  init(_ whole: Whole, _ indices: [Int]) {
    (self.whole, self.indices) = (whole, indices)
    let all = whole.labels
    labels = indices.map { all[$0] }
  }

  var classNames: [String] { whole.classNames }
  var files: [ImageDataset.UsedFile] { whole.files }
  func picture(_ index: Int) throws(DataError) -> Picture { try whole.picture(indices[index]) }
}

/// Pictures in memory with the labels of others.
struct PictureList: LabelledPictures {
  let pictures: [Picture]
  let labels: [Int32]
  let classNames: [String]
  let files: [ImageDataset.UsedFile]

  init(_ pictures: [Picture], like others: some LabelledPictures) {
    self.pictures = pictures
    (labels, classNames, files) = (others.labels, others.classNames, others.files)
  }

  func picture(_ index: Int) throws(DataError) -> Picture { pictures[index] }
}
