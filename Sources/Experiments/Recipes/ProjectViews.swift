import Compute
import Datasets
import Files
import Harness
import Images
import Networks

/// Where the embeddings of views of a few sample pictures lie, on the two principal components of all of them. Product file `views.npy`: each
/// picture and its first views, `[pictures, 1 + views, H, W, 3]` bytes.
struct ProjectViews: Recipe {
  static let name = "project-views"
  static let version = 1

  /// The samples: the first test picture of each class.
  var dataset: String
  var pictures: Int
  /// Views that means are over.
  var views: Int
  var network: String
  var trained: Ref<Members>
  /// The set that the network was trained on, which says how many classes it knows.
  var trainedOn: String
  var view: RandomView

  var datasets: [String] { [dataset, trainedOn] }
  /// Reading both sets; the views are few.
  var estimatedSeconds: Double? { 2 }

  static let pictures = "views.npy"
  /// Views of a picture that are kept to be looked at.
  static let shown = 8

  func run(_ context: TrialContext) throws {
    let (all, classes) = try context.data { library in
      (
        try library.load(dataset, split: "test"),
        try library.load(trainedOn, split: "test").classCount
      )
    }
    var chosen: [Int] = []
    for (index, label) in all.labels.enumerated() where chosen.count < pictures {
      if !chosen.contains(where: { all.labels[$0] == label }) { chosen.append(index) }
    }
    let set = all.subset(chosen).inColour(side: 32)
    let named = try NamedNetwork.known(network, classes: classes)
    let weights = ParameterSet(named.network.parameters)
    try weights.load(from: context.onlyMember(trained))
    let stream = RandomStream(seed: context.seed, "project-views")
    let embedder = ViewEmbedder(named, weights, view: view, stream: stream)
    let everything = 0..<set.count
    let size = embedder.features
    let central = try embedder.central(set, everything)
    let shown = try (0..<views).map { try embedder.one($0, set, everything) }

    // Principal components of all views.
    let rows = shown.flatMap { numbers in
      everything.map { Array(numbers[$0 * size..<($0 + 1) * size]) }
    }
    let means = (0..<size).map { column in
      rows.reduce(0.0) { $0 + Double($1[column]) } / Double(rows.count)
    }
    let centred = rows.map { row in zip(row, means).map { Double($0) - $1 } }
    let table = Matrix(rows: rows.count, columns: size, centred.flatMap { $0 })
    let (values, vectors) = try (table.transposed * table).symmetricEigen()
    let total = values.reduce(0, +)
    func record(_ numbers: ArraySlice<Float>, _ picture: Int, _ name: String) throws {
      for axis in 1...2 {
        let row = size - axis
        var place = 0.0
        for (column, number) in numbers.enumerated() {
          place += (Double(number) - means[column]) * vectors[row, column]
        }
        try context.record(
          "component", place,
          coordinates: ["picture": "\(picture)", "shown": name, "axis": "\(axis)"])
      }
    }
    for axis in 1...2 {
      try context.record(
        "variance_share", 100 * values[size - axis] / max(total, 1e-30), unit: "%",
        coordinates: ["axis": "\(axis)"])
    }
    for picture in everything {
      let part = picture * size..<(picture + 1) * size
      try record(central[part], picture + 1, "central")
      var sum = [Float](repeating: 0, count: size)
      for (number, numbers) in shown.enumerated() {
        try record(numbers[part], picture + 1, "view-\(number + 1)")
        for (column, value) in numbers[part].enumerated() { sum[column] += value / Float(views) }
      }
      try record(sum[...], picture + 1, "mean")
    }

    var bytes: [UInt8] = []
    for index in everything {
      let whole = try set.picture(index)
      bytes += whole.pixels
      for number in 0..<Self.shown {
        var generator = stream.child(number).child(index).generator
        bytes += view.view(of: whole, side: 32, using: &generator).pixels
      }
    }
    try NPY(
      shape: [set.count, 1 + Self.shown, set.height, set.width, 3], elementType: .u1, bytes: bytes
    ).write(to: context.productURL(Self.pictures))
  }
}
