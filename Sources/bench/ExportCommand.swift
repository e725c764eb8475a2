import ArgumentParser
import Compute
import Experiments
import Files
import Foundation
import Harness

/// `bench export <experiment>`.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Copies what finished trials made, such as trained and pruned networks, to a folder.",
    discussion: """
      Every finished trial of the experiment's tier gets a folder named after its
      factors and seed; one that only serves others after its recipe and key.
      What this machine has not finished is taken from one with other kernels.
      Nothing is run. Files are checked against their sums; one that is there
      already and the same stays.

        bench export sparse-vd-table1 --output networks
        bench export sparse-vd-table1 --tier paper --only method=sparse_vd \\
          --file pruned.safetensors --output networks
      """)

  @Argument(help: "Id of the experiment; see bench list.") var experiment: String
  @Option(help: "Tier whose trials are meant (default: smoke).") var tier: Tier?
  @Option(
    name: .customLong("only"),
    help: ArgumentHelp("Only trials of this factor; may be repeated.", valueName: "factor=value"))
  var selections: [String] = []
  @Option(
    name: .customLong("set"), help: ArgumentHelp("Override a setting.", valueName: "key=value"))
  var overrides: [String] = []
  @Option(help: "Only files of this name.") var file: String?
  @Option(help: "Folder for the files.") var output: String
  @Flag(help: "Print what was written as JSON.") var json = false
  @OptionGroup var places: Places

  private struct Item: Encodable {
    var path: String
    var trial: String
    var place: [String: String]
    var seed: UInt64
    var sha256: String
    var size: JSONOutput.Number
  }
  private struct Document: Encodable {
    var schema = 1
    var output: String
    var unfinished: Int
    var files: [Item]
  }

  func run() throws {
    if let problem = KernelPath.environmentProblem { throw UsageError(problem) }
    let writer = try places.writer(experiment)
    let store = places.store
    let plan = try places.plan(
      writer, tier: tier ?? .smoke, overrides: overrides, selections: selections, standIn: true)
    let folder = URL(fileURLWithPath: output)
    var document = Document(output: folder.path, unfinished: 0, files: [])
    var known: Set<String> = []
    for planned in try plan.selected(selections, onlyMatchingPlaces: true).trials {
      // With a selection, what only serves the selected is left out.
      if planned.places.isEmpty && !selections.isEmpty { continue }
      guard let trial = try store.trial(planned.key) else {
        document.unfinished += 1
        continue
      }
      let name = Self.folderName(planned)
      known.formUnion(trial.manifest.products.map(\.name))
      for product in trial.manifest.products where file == nil || product.name == file {
        let target = folder.appendingPathComponent(name).appendingPathComponent(product.name)
        try copy(try trial.url(product.name), product.sha256, to: target)
        document.files.append(
          Item(
            path: "\(name)/\(product.name)", trial: planned.key.hex,
            place: planned.places.first ?? [:],
            seed: planned.seed, sha256: product.sha256,
            size: JSONOutput.bytes("size", product.bytes)))
      }
    }
    if document.files.isEmpty, let file, !known.isEmpty {
      throw HarnessError.unknownName(
        kind: "file", name: file, suggestion: nearestName(to: file, in: Array(known)),
        known: known.sorted())
    }
    if document.files.isEmpty {
      throw HarnessError.noReport(
        "\(experiment), tier \((tier ?? .smoke).rawValue): no finished trial in \(store.folder.path) has "
          + "files; run: bench reproduce \(experiment) --tier \((tier ?? .smoke).rawValue)"
          + overrides.map { " --set \($0)" }.joined())
    }
    if json { return try JSONOutput.show(document) }
    for item in document.files { print(folder.appendingPathComponent(item.path).path) }
    if document.unfinished > 0 {
      Console.note("\(document.unfinished) trials are not finished and left nothing")
    }
  }

  /// `mnist/LeNet-5-Caffe/sparse_vd/seed-1`.
  static func folderName(_ trial: PlannedTrial) -> String {
    if trial.places.isEmpty { return "\(trial.recipe)/\(trial.key.short)/seed-\(trial.seed)" }
    return trial.title.replacing(", seed ", with: " seed-").replacing("/", with: "_")
      .replacing(" ", with: "/")
  }

  private func copy(_ source: URL, _ sha256: String, to target: URL) throws {
    if try FileStatus.of(target) != nil, try Digest.sha256(file: target).hex == sha256 { return }
    try Folder.make(target.deletingLastPathComponent())
    try AtomicFile.write(try Bytes.read(source), to: target)
  }
}
