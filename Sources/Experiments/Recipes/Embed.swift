import Compute
import Datasets
import Files
import Foundation
import Harness
import Networks

/// Embeddings of the pictures that a probe is compared on: `central.npy`, `mean-001.npy` and on for each number of views, `single.npy`, each
/// `[N, features]`, and `labels.npy` `[N]`; training, validation and test pictures one after the other, as many as `parts.npy` `[3]` says.
enum Embeddings {}

/// Shows a network whole pictures and random views of them, and keeps the features before its last layer: of the whole, averaged over
/// views, and of one view that is in no average.
struct Embed: Recipe {
  typealias Product = Embeddings
  static let name = "embed"
  static let version = 1

  var pictures: ProbePictures
  var network: String
  /// A training of ours; else the set of files that holds published weights.
  var trained: Ref<Members>?
  var weights: String?
  var view: RandomView
  /// Numbers of views that are averaged over, rising; always the first ones.
  var sizes: [Int]

  var datasets: [String] { [pictures.dataset] + (weights.map { [$0] } ?? []) }
  var estimatedSeconds: Double? {
    guard let network = NamedNetwork(network, classes: 1000)?.network else { return nil }
    // Depthwise convolutions and enlarged pictures take as long as what is counted.
    let factor = network.input[1] > 64 ? 6.0 : 2
    return factor * Double(network.multiplyAdds) * Double(pictures.count)
      * Double((sizes.last ?? 0) + 2) / TrainingCost.operationsPerSecond
  }

  static func name(of size: Int) -> String {
    "mean-" + String(repeating: "0", count: max(0, 3 - "\(size)".count)) + "\(size).npy"
  }

  func run(_ context: TrialContext) throws {
    let set = try pictures.load(context)
    let named = try NamedNetwork.known(
      network, classes: weights == nil ? set.classCount : 1000)
    let published = try context.data { library in
      try weights.map { try library.files($0)["weights"] } ?? nil
    }
    guard let url = try published ?? trained.map({ try context.onlyMember($0) }) else {
      throw TrialFailure.data("\(weights ?? network): expected a file weights, found none")
    }
    let plain = ParameterSet(named.network.parameters)
    // PyTorch counts batches beside its running statistics; they take no part.
    try plain.load(from: url, ignored: { $0.hasSuffix(".num_batches_tracked") })
    let embedder = ViewEmbedder(
      named, plain, view: view, stream: RandomStream(seed: context.seed, "embed"))
    if pictures.enlargement > 1 {
      try embed(Enlarged(set, by: pictures.enlargement), embedder, context)
    } else {
      try embed(set, embedder, context)
    }
    try NPY(set.labels, shape: [set.count]).write(to: context.productURL("labels.npy"))
    try NPY(
      [pictures.training, pictures.validation, pictures.scored].map { Int32($0) }, shape: [3]
    ).write(to: context.productURL("parts.npy"))
  }

  private func embed(
    _ set: some LabelledPictures, _ embedder: ViewEmbedder, _ context: TrialContext
  ) throws {
    let shape = [set.labels.count, embedder.features]
    func writer(_ name: String) throws -> NPYWriter {
      try NPYWriter(context.productURL(name), shape: shape)
    }
    let whole = try writer("central.npy")
    let alone = try writer("single.npy")
    let averages = try sizes.map { try writer(Self.name(of: $0)) }
    try embedder.stream(set, sizes: sizes) { range, central, means, single in
      try context.throwIfInterrupted()
      try whole.append(central)
      try alone.append(single)
      for (file, numbers) in zip(averages, means) { try file.append(numbers) }
      context.progress(Double(range.upperBound) / Double(set.labels.count))
    }
    for file in [whole, alone] + averages { try file.finish() }
  }
}

/// One table of embeddings, parted.
struct EmbeddedPictures {
  /// Rows of one part and their classes.
  struct Part {
    var table: Matrix<Float>
    var labels: [Int32]
  }

  let training: Part
  let validation: Part
  let scored: Part
  let classes: Int

  /// Training and validation pictures together.
  var fitted: Part {
    Part(
      table: Matrix(
        rows: training.table.rows + validation.table.rows, columns: training.table.columns,
        training.table.elements + validation.table.elements),
      labels: training.labels + validation.labels)
  }

  /// Reads a file of an `Embed` trial.
  ///
  /// - Throws: `HarnessError.malformed` for what that trial cannot have written.
  init(_ ref: Ref<Embeddings>, _ name: String, _ context: TrialContext) throws {
    let trial = try context.input(ref)
    let npy = try NPY.read(trial.url(name))
    let labels = try NPY.read(trial.url("labels.npy")).integers()?.map(Int32.init) ?? []
    let parts = try NPY.read(trial.url("parts.npy")).integers() ?? []
    guard npy.shape.count == 2, npy.shape[0] == labels.count, parts.count == 3,
      parts.reduce(0, +) == labels.count, parts.allSatisfy({ $0 > 0 })
    else {
      throw HarnessError.malformed(
        file: name, line: nil, expected: "embeddings [N, features] in three parts",
        found: "\(npy.shape) in \(parts)")
    }
    let (numbers, columns) = (npy.floats(), npy.shape[1])
    func part(_ start: Int, _ count: Int) -> Part {
      Part(
        table: Matrix(
          rows: count, columns: columns,
          Array(numbers[start * columns..<(start + count) * columns])),
        labels: Array(labels[start..<start + count]))
    }
    training = part(0, parts[0])
    validation = part(parts[0], parts[1])
    scored = part(parts[0] + parts[1], parts[2])
    classes = Int(labels.max() ?? 0) + 1
  }
}
