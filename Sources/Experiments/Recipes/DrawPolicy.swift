import Compute
import Files
import Harness
import Images

/// Views of sample pictures by a policy. Product files `views.npy.gz`, bytes `[1 + elements, pictures, side, side, 3]` with the pictures
/// themselves first, and the policy.
struct DrawPolicy: Recipe {
  static let name = "draw-policy"
  static let version = 1
  static let viewsFile = "views.npy.gz"

  var policy: Ref<SearchPolicy.Product>
  /// A set that may be shown, and how many of its pictures: the first of as many classes.
  var dataset: String
  var pictures: Int
  /// The first different sub-policies.
  var elements: Int

  var datasets: [String] { [dataset] }

  func run(_ context: TrialContext) throws {
    let policy = try Policy.read(context.input(policy).url(SearchPolicy.file))
    let set = try context.data { try $0.load(dataset, split: "test") }.inColour(side: 32)
    guard let first = set.first(perClass: 1) else {
      throw TrialFailure.data("\(dataset): expected a picture of each class, found none of one")
    }
    let shown = try context.data { _ in
      try (0..<min(pictures, first.count)).map { try first.picture($0) }
    }
    let chosen = policy.differentElements.prefix(elements).map(\.element)
    let stream = RandomStream(seed: context.seed, "draw-policy")
    var bytes = shown.flatMap(\.pixels)
    for (row, element) in chosen.enumerated() {
      let single = Policy(family: policy.family, [element])
      for (column, picture) in shown.enumerated() {
        var generator = stream.child(row).child(column).generator
        bytes += single.view(0, of: picture, side: 32, using: &generator).pixels
      }
    }
    try AtomicFile.write(
      Gzip.compress(
        NPY(bytes, shape: [1 + chosen.count, shown.count, 32, 32, 3]).encoded()),
      to: context.productURL(Self.viewsFile))
    try policy.write(to: context.productURL(SearchPolicy.file))
    try context.record("shown", Double(shown.count), coordinates: ["pictures_of": dataset])
  }
}
