import ArgumentParser
import Datasets
import Experiments
import Files
import Foundation
import Harness
import Images
import Networks

/// `bench evaluate`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Scores a network with given weights on pictures.",
    discussion: """
      Networks for pictures of 32 x 32: resnet<6n+2>, preresnet<6n+2 below 44, else
      9n+2>, vgg16-bn, wrn-<6n+4>-<width>; for photos of 224 x 224:
      efficientnet-lite0. Weights are a safetensors file with PyTorch's names and
      shapes. Published ones are taken where --weights is left out: those of
      resnet20 come with bench, those of efficientnet-lite0 are a data set.

      Pictures are a data set, or a folder with one folder of PNG and JPEG files
      per class. Those of another size are brought to the network's: shorter side
      256 for 224 (else the side itself), bilinear, then the middle.

      --policy averages the predictions of several views of every picture, one for
      each sub-policy of a policy file (docs/policies.md); those that the authors of
      greedy policy search found are in datasets/gps-policies.

        bench evaluate --network resnet20 --dataset cifar10
        bench evaluate --network efficientnet-lite0 --dataset imagenet-photos
        bench evaluate --network wrn-28-10 --weights wrn.safetensors \\
          --dataset ./my-pictures --logits logits.npy
        bench evaluate --network resnet20 --dataset cifar10 \\
          --policy datasets/gps-policies/cifar10-vgg16bn-randaugment.json
      """)

  @Option(help: "Name of the network.") var network: String
  @Option(help: "File of its weights, safetensors (default: the published ones).")
  var weights: String?
  @Option(help: "Name of the data set, see bench data list; or a folder.") var dataset: String
  @Option(help: "Part of the data set.") var split = "test"
  @Option(help: "Only the first so many pictures.") var first: Int?
  @Option(help: "Policy file: pictures are shown as its views.") var policy: String?
  @Option(help: "Views of each picture (default: one per sub-policy); goes with --policy.")
  var views: Int?
  @Option(help: "Of the random draws of views; goes with --policy.") var seed: UInt64?
  @Option(
    help: "Taken from each channel after division by 255, R,G,B (default: the network's).")
  var mean: String?
  @Option(help: "Each channel is divided by this afterwards, R,G,B; goes with --mean.")
  var deviation: String?
  @Option(help: "File for the logits, npy of [pictures, classes].") var logits: String?
  @Option(help: "File for the labels, npy of [pictures]; with the logits, what bench score reads.")
  var labels: String?
  @Option(help: "Threads (default: one per core).") var jobs: Int?
  @Flag(help: "Print JSON.") var json = false
  @Flag(name: .shortAndLong, help: "No progress on standard error.") var quiet = false
  @OptionGroup var places: Places

  func validate() throws {
    if let first, first < 1 { throw ValidationError("--first: expected 1 or more, found \(first)") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs: expected 1 or more, found \(jobs)") }
    if let views, !(1...100_000).contains(views) {
      throw ValidationError("--views: expected 1 to 100000, found \(views)")
    }
    if policy == nil && (views != nil || seed != nil) {
      throw ValidationError("Give --views and --seed with --policy.")
    }
    if (mean == nil) != (deviation == nil) {
      throw ValidationError("Give --mean and --deviation together.")
    }
  }

  private struct File: Encodable {
    var name: String
    var variant: String
    var sha256: String
  }
  private struct PolicyUse: Encodable {
    var sha256: String
    var views: Int
    var seed: UInt64
  }
  private struct Document: Encodable {
    var schema = 1
    var network: String
    var weights: String
    var dataset: String
    var split: String?
    var records: Int
    var scaling: PixelScaling
    var policy: PolicyUse?
    var files: [File]
    var numbers: [JSONOutput.Number]
  }

  func run() throws {
    guard NamedNetwork(network, classes: 10) != nil else {
      let known = NamedNetwork.examples
      throw HarnessError.unknownName(
        kind: "network", name: network, suggestion: nearestName(to: network, in: known),
        known: known)
    }
    let scaling = try scaling
    let shown = try policy.map { path in
      let policy = try Policy.read(URL(fileURLWithPath: path))
      return Evaluation.Views(policy, count: views ?? policy.elements.count, seed: seed ?? 0)
    }
    let library = try places.dataLibrary()
    let isKnown = library.catalogue.datasets.contains { $0.name == dataset }
    if !isKnown && (dataset.contains("/") || isFolder(dataset)) {
      var set = try PhotoSet(folder: URL(fileURLWithPath: dataset))
      if let first { set = set.prefix(try checked(first, set.count)) }
      return try evaluate(on: set, split: nil, scaling, shown, library)
    }
    if isKnown, try library.catalogue.entry(dataset).format == .photos {
      var set = try library.photos(dataset, split: split)
      if let first { set = set.prefix(try checked(first, set.count)) }
      return try evaluate(on: set, split: split, scaling, shown, library)
    }
    var set = try library.load(dataset, split: split)
    guard set.channels == 3 else {
      throw UsageError("\(dataset): expected pictures of three channels, found \(set.shape)")
    }
    if let first { set = set.range(0..<(try checked(first, set.count))) }
    try evaluate(on: set, split: split, scaling, shown, library)
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  private func checked(_ first: Int, _ count: Int) throws -> Int {
    guard first <= count else {
      throw UsageError("--first: expected at most \(count) pictures, found \(first)")
    }
    return first
  }

  /// What the options say about pixels.
  private var scaling: PixelScaling? {
    get throws {
      guard let mean, let deviation else { return nil }
      func numbers(_ text: String, _ option: String) throws -> [Float] {
        let numbers = text.split(separator: ",").compactMap { Float($0) }
        guard numbers.count == 3, numbers.allSatisfy(\.isFinite) else {
          throw UsageError("\(option): expected three numbers R,G,B, found '\(text)'")
        }
        return numbers
      }
      let (means, deviations) = (
        try numbers(mean, "--mean"), try numbers(deviation, "--deviation")
      )
      guard deviations.allSatisfy({ $0 > 0 }) else {
        throw UsageError("--deviation: expected positive numbers, found '\(deviation)'")
      }
      return PixelScaling(mean: means, deviation: deviations)
    }
  }

  /// The file of weights: the one given, else the published one.
  private func weightsFile(_ library: DataLibrary) throws -> URL {
    if let weights { return URL(fileURLWithPath: weights) }
    guard let published = Evaluation.publishedWeights(network) else {
      throw UsageError("\(network): expected --weights FILE, found none; no weights come with it")
    }
    guard let file = try library.files(published.dataset)[published.file] else {
      preconditionFailure("\(published.dataset): the catalogue has no such file")
    }
    return file
  }

  private func evaluate(
    on pictures: some LabelledPictures, split: String?, _ scaling: PixelScaling?,
    _ shown: Evaluation.Views?, _ library: DataLibrary
  ) throws {
    guard let named = NamedNetwork(network, classes: pictures.classNames.count) else {
      preconditionFailure("network: known by name")
    }
    let file = try weightsFile(library)
    let isShown = !quiet && Console.isTerminal
    let count = pictures.labels.count
    let result = try Evaluation(
      named, weights: file, on: pictures, scaling: scaling, views: shown,
      threads: jobs ?? ProcessInfo.processInfo.activeProcessorCount
    ) { done in
      if isShown { Console.status("\(network): \(done) of \(count) pictures") }
    }
    if isShown { Console.clearStatus() }
    if let logits {
      try NPY(result.logits, shape: [count, result.classes])
        .write(to: URL(fileURLWithPath: logits))
    }
    if let labels {
      try NPY(pictures.labels.map { Int32($0) }, shape: [count])
        .write(to: URL(fileURLWithPath: labels))
    }
    // Whoever reads the number must know which form of the data it is of.
    let variants = Set(pictures.files.map(\.variant)).sorted().joined(separator: ", ")
    let hasFive = result.classes > 20
    if json {
      var numbers: [JSONOutput.Number] = [
        .init(metric: "accuracy", value: 100 - result.error, unit: "%")
      ]
      if hasFive {
        numbers.append(.init(metric: "top5_accuracy", value: result.top5Accuracy, unit: "%"))
      }
      numbers += [
        .init(metric: "test_error", value: result.error, unit: "%"),
        .init(metric: "errors", value: Double(result.wrong), unit: ""),
        .init(
          metric: "negative_log_likelihood", value: result.negativeLogLikelihood, unit: "nats"),
      ]
      return try JSONOutput.show(
        Document(
          network: network, weights: try Digest.sha256(file: file).hex, dataset: dataset,
          split: split, records: count, scaling: scaling ?? named.scaling,
          policy: try policy.flatMap { path in
            try shown.map {
              PolicyUse(
                sha256: try Digest.sha256(file: URL(fileURLWithPath: path)).hex, views: $0.count,
                seed: $0.seed)
            }
          },
          files: pictures.files.map {
            File(name: $0.name, variant: $0.variant, sha256: $0.sha256.hex)
          }, numbers: numbers))
    }
    print(
      "\(network) on \(dataset)\(split.map { " \($0)" } ?? ""), \(count) pictures, variant \(variants)"
    )
    if let shown {
      print("mean prediction of \(shown.count) views by \(policy ?? ""), seed \(shown.seed)")
    }
    print(String(format: "accuracy                 %.2f %%", 100 - result.error))
    if hasFive { print(String(format: "top-5 accuracy           %.2f %%", result.top5Accuracy)) }
    print(
      String(format: "error                    %.2f %%  (%d wrong)", result.error, result.wrong))
    print(String(format: "negative log-likelihood  %.4f nats", result.negativeLogLikelihood))
  }
}
