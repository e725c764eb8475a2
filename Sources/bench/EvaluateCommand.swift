import ArgumentParser
import Datasets
import Experiments
import Files
import Foundation
import Harness
import Networks

/// `bench evaluate`.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Scores a network with given weights on a data set.",
    discussion: """
      Networks: \(Evaluation.networks.joined(separator: ", ")), in the form for
      CIFAR of He et al. (2016). Weights are a safetensors file with PyTorch's
      names and shapes.

        bench evaluate --network resnet20 --weights resnet20.safetensors \\
          --dataset cifar10 --split test
      """)

  @Option(help: "Name of the network.") var network: String
  @Option(help: "File of its weights, safetensors.") var weights: String
  @Option(help: "Name of the data set; see bench data list.") var dataset: String
  @Option(help: "Part of the data set.") var split = "test"
  @Option(help: "Only the first so many records.") var first: Int?
  @Option(help: "File for the logits, npy of [records, classes].") var logits: String?
  @Option(help: "Threads (default: one per core).") var jobs: Int?
  @Flag(help: "Print JSON.") var json = false
  @Flag(name: .shortAndLong, help: "No progress on standard error.") var quiet = false
  @OptionGroup var places: Places

  func validate() throws {
    if let first, first < 1 { throw ValidationError("--first: expected 1 or more, found \(first)") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs: expected 1 or more, found \(jobs)") }
  }

  private struct File: Encodable {
    var name: String
    var variant: String
    var sha256: String
  }
  private struct Document: Encodable {
    var schema = 1
    var network: String
    var weights: String
    var dataset: String
    var split: String
    var records: Int
    var files: [File]
    var numbers: [JSONOutput.Number]
  }

  func run() throws {
    guard Evaluation.networks.contains(network) else {
      throw HarnessError.unknownName(
        kind: "network", name: network,
        suggestion: nearestName(to: network, in: Evaluation.networks), known: Evaluation.networks)
    }
    var set = try places.dataLibrary().load(dataset, split: split)
    if let first {
      guard first <= set.count else {
        throw UsageError("--first: expected at most \(set.count) records, found \(first)")
      }
      set = set.range(0..<first)
    }
    guard set.shape == [3, 32, 32] else {
      throw UsageError("\(dataset): expected pictures of [3, 32, 32], found \(set.shape)")
    }
    let isShown = !quiet && Console.isTerminal
    let count = set.count
    let file = URL(fileURLWithPath: weights)
    let result = try Evaluation(
      network, weights: file, on: set,
      threads: jobs ?? ProcessInfo.processInfo.activeProcessorCount
    ) { done in
      if isShown { Console.status("\(network): \(done) of \(count) pictures") }
    }
    if isShown { Console.clearStatus() }
    if let logits {
      try NPY(result.logits, shape: [count, result.classes])
        .write(to: URL(fileURLWithPath: logits))
    }
    // Whoever reads the number must know which form of the data it is of.
    let variants = Set(set.files.map(\.variant)).sorted().joined(separator: ", ")
    if json {
      let document = Document(
        network: network, weights: try Digest.sha256(file: file).hex, dataset: dataset,
        split: split, records: count,
        files: set.files.map {
          File(name: $0.name, variant: $0.variant, sha256: $0.sha256.hex)
        },
        numbers: [
          .init(metric: "accuracy", value: 100 - result.error, unit: "%"),
          .init(metric: "test_error", value: result.error, unit: "%"),
          .init(metric: "errors", value: Double(result.wrong), unit: ""),
          .init(
            metric: "negative_log_likelihood", value: result.negativeLogLikelihood, unit: "nats"),
        ])
      return try JSONOutput.show(document)
    }
    print("\(network) on \(dataset) \(split), \(count) records, variant \(variants)")
    print(String(format: "accuracy                 %.2f %%", 100 - result.error))
    print(
      String(format: "error                    %.2f %%  (%d wrong)", result.error, result.wrong))
    print(String(format: "negative log-likelihood  %.4f nats", result.negativeLogLikelihood))
  }
}
