import Compute
import Datasets
import Images
import Networks

/// The features of random views of pictures, a batch of pictures at a time: what one batch needs is all that is in memory, however many
/// pictures and views there are.
public struct ViewEmbedder {
  private let program: Program
  private let parameters: ParameterSet
  private let side: Int
  private let scaling: PixelScaling
  private let view: RandomView
  private let stream: RandomStream
  private let threads: Int
  /// Numbers of an embedding.
  public let features: Int

  /// - Parameters:
  ///   - named: the network.
  ///   - weights: its parameters.
  ///   - stream: names the views: that number v of picture i is drawn from the stream below it at v and i.
  ///   - threads: makes views on so many; the network runs on one.
  public init(
    _ named: NamedNetwork, _ weights: ParameterSet, view: RandomView, stream: RandomStream,
    threads: Int = 1, batch: Int? = nil
  ) {
    side = named.network.input[1]
    scaling = named.scaling
    let folded = named.network.folded
    program = folded.featuresProgram(batch: batch ?? (side > 64 ? 16 : 128))
    parameters = ParameterSet(program.parameters)
    named.network.fold(weights, into: parameters)
    features = named.network.featureCount
    self.view = view
    self.stream = stream
    self.threads = threads
  }

  /// The embeddings of some pictures' whole selves, `[N, features]`.
  public func central(
    _ pictures: some LabelledPictures, _ range: Range<Int>
  ) throws(DataError) -> [Float] {
    program.bind("x", try pictures.inputs(range, side: side, scaling: scaling, threads: threads))
    program.run(parameters, mode: .evaluation, examples: range.count)
    return program.read("features")
  }

  /// The embeddings of one view of each of some pictures, `[N, features]`.
  public func one(
    _ number: Int, _ pictures: some LabelledPictures, _ range: Range<Int>
  ) throws(DataError) -> [Float] {
    let (view, side, own) = (view, side, stream.child(number))
    program.bind(
      "x",
      try pictures.inputs(range, side: side, scaling: scaling, threads: threads) {
        picture, place in
        var generator = own.child(range.lowerBound + place).generator
        return view.view(of: picture, side: side, using: &generator)
      })
    program.run(parameters, mode: .evaluation, examples: range.count)
    return program.read("features")
  }

  /// Means over growing numbers of views, from the first view on, of all pictures: batch by batch, smallest number first.
  ///
  /// - Parameters:
  ///   - sizes: numbers of views, rising.
  ///   - batch: gets the pictures of a batch, the central embeddings, the means of each size, and one view that is in none of them, each
  ///     `[batch, features]`.
  public func stream<Pictures: LabelledPictures>(
    _ pictures: Pictures, sizes: [Int],
    batch: (
      _ range: Range<Int>, _ central: [Float], _ means: [[Float]], _ single: [Float]
    ) throws -> Void
  ) throws {
    let count = pictures.labels.count
    let most = sizes.last ?? 0
    for start in stride(from: 0, to: count, by: program.capacity) {
      let range = start..<min(start + program.capacity, count)
      var sums = [Double](repeating: 0, count: range.count * features)
      var means: [[Float]] = []
      for number in 0..<most {
        let numbers = try one(number, pictures, range)
        for place in sums.indices { sums[place] += Double(numbers[place]) }
        if sizes.contains(number + 1) {
          means.append(sums.map { Float($0 / Double(number + 1)) })
        }
      }
      try batch(range, central(pictures, range), means, one(most, pictures, range))
    }
  }
}
