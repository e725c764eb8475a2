import Harness
import Methods

/// How many of the nearest training pictures of a test picture are of its class, by the cosine of embeddings: of whole pictures, and of means
/// over each number of views.
struct Retrieve: Recipe {
  static let name = "retrieve"
  static let version = 1

  var embeddings: Ref<Embeddings>
  /// Numbers of views, as they were averaged over.
  var sizes: [Int]
  /// Numbers of neighbours.
  var neighbours: [Int]

  /// All cosines of some thousand pictures, once for each kind of embedding.
  var estimatedSeconds: Double? { Double(1 + sizes.count) }

  func run(_ context: TrialContext) throws {
    func record(_ file: String, _ method: String, _ n: Int) throws {
      try context.throwIfInterrupted()
      let set = try EmbeddedPictures(embeddings, file, context)
      let database = set.fitted
      let shares = NearestNeighbours(database.table, labels: database.labels)
        .precision(at: neighbours, of: set.scored.table, labels: set.scored.labels)
      for count in neighbours {
        try context.record(
          "precision", 100 * shares[count]!, unit: "%",
          coordinates: ["method": method, "n": "\(n)", "neighbours": "\(count)"])
      }
    }
    try record("central.npy", ProbeEmbeddings.central, 1)
    for size in sizes { try record(Embed.name(of: size), ProbeEmbeddings.mean, size) }
  }
}
