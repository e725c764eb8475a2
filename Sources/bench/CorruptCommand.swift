import ArgumentParser
import Datasets
import Experiments
import Files
import Foundation
import Harness
import Images
import Reports
import Synchronization

/// `bench corrupt`.
struct CorruptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "corrupt",
    abstract: "Corrupts pictures as CIFAR-10-C and ImageNet-C do (Hendrycks, Dietterich 2019).",
    discussion: """
      Of a data set it writes <corruption>.npy, [severities x N, 32, 32, 3] bytes,
      severities in order, and labels.npy: the layout of CIFAR-10-C. Of a folder
      of PNG and JPEG files it writes <corruption>/<severity>/<name>.png; pictures
      of 32 x 32 stay as they are, others are brought to 224 x 224 (shorter side
      256, middle), the size of ImageNet-C. manifest.json says what was made of
      what. The same seed and picture give the same bytes, whatever the jobs.

        bench corrupt --dataset cifar10 --first 100 --output corrupted
        bench corrupt --dataset cifar10 --corruption fog,snow --severity 1,3 \\
          --contact-sheet fog-and-snow.png
        bench corrupt --input photos --output corrupted --corruption frost
      """)

  @Option(help: "Name of the data set; see bench data list.") var dataset: String?
  @Option(help: "Part of the data set.") var split = "test"
  @Option(help: "Folder of PNG and JPEG files instead of a data set.") var input: String?
  @Option(help: "Only the first so many pictures.") var first: Int?
  @Option(help: "Names with commas between them, or all.") var corruption = "all"
  @Option(help: "1 to 5, with commas between them, or all.") var severity = "all"
  @Option(help: "Seed of all random draws.") var seed: UInt64 = 0
  @Option(help: "Folder for the results.") var output: String?
  @Option(
    help: "PNG file of one picture in every corruption and severity.") var contactSheet: String?
  @Option(help: "Threads (default: one per core).") var jobs: Int?
  @Flag(name: .shortAndLong, help: "No progress on standard error.") var quiet = false
  @Flag(help: "Print the manifest as JSON.") var json = false
  @OptionGroup var places: Places

  func validate() throws {
    if (dataset == nil) == (input == nil) {
      throw ValidationError("Give either --dataset or --input.")
    }
    if output == nil && contactSheet == nil {
      throw ValidationError("Give --output, --contact-sheet, or both.")
    }
    if let first, first < 1 { throw ValidationError("--first: expected 1 or more, found \(first)") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs: expected 1 or more, found \(jobs)") }
  }

  private var corruptions: [Corruption] {
    get throws {
      if corruption == "all" { return Corruption.allCases }
      let known = Corruption.allCases.map(\.rawValue)
      let chosen = try corruption.split(separator: ",").map { name in
        guard let one = Corruption(rawValue: String(name)) else {
          throw HarnessError.unknownName(
            kind: "corruption", name: String(name),
            suggestion: nearestName(to: String(name), in: known), known: known)
        }
        return one
      }
      if chosen.isEmpty { throw UsageError("--corruption: expected a name, found none") }
      return Corruption.allCases.filter(chosen.contains)
    }
  }

  private var severities: [Int] {
    get throws {
      if severity == "all" { return Array(1...5) }
      let chosen = try severity.split(separator: ",").map { text in
        guard let number = Int(text), (1...5).contains(number) else {
          throw UsageError("--severity: expected 1 to 5 or all, found '\(text)'")
        }
        return number
      }
      if chosen.isEmpty { throw UsageError("--severity: expected 1 to 5, found none") }
      return Array(Set(chosen)).sorted()
    }
  }

  /// What was made, of what, and how.
  private struct Manifest: Encodable {
    struct File: Encodable {
      var name: String
      var variant: String?
      var sha256: String
    }
    var schema = 1
    var bench = Versions.version
    var dataset: String?
    var split: String?
    var pictures: Int
    var side: Int
    var constants: String
    var corruptions: [String]
    var severities: [Int]
    var seed: UInt64
    var source: [File]
    var libraries: [String: String]
    var files: [File]
    var seconds: JSONOutput.Number
  }

  func run() throws {
    let frost = try FrostOverlays(
      read: places.installation().datasets.appendingPathComponent("corruptions"))
    let started = ContinuousClock.now
    var manifest = Manifest(
      dataset: dataset, split: dataset == nil ? nil : split, pictures: 0, side: 0, constants: "",
      corruptions: try corruptions.map(\.rawValue), severities: try severities, seed: seed,
      source: [],
      libraries: ["libjpeg": JPEG.version, "libpng": PNG.version, "zlib": Gzip.version],
      files: [], seconds: JSONOutput.seconds("wall_time", nil))
    if let dataset {
      try corruptDataset(dataset, frost, &manifest)
    } else if let input {
      try corruptFolder(URL(fileURLWithPath: input), frost, &manifest)
    }
    manifest.seconds = JSONOutput.seconds(
      "wall_time", (ContinuousClock.now - started) / .seconds(1))
    if let output {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try AtomicFile.write(
        Array(try encoder.encode(manifest)) + [10],
        to: URL(fileURLWithPath: output).appendingPathComponent("manifest.json"))
    }
    if json { try JSONOutput.show(manifest) } else { print(output ?? contactSheet ?? "") }
  }

  private func run(_ scale: CorruptionScale, _ frost: FrostOverlays) -> CorruptionRun {
    CorruptionRun(
      scale: scale, seed: seed, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount,
      frost: frost)
  }

  // MARK: Data sets

  private func corruptDataset(
    _ name: String, _ frost: FrostOverlays, _ manifest: inout Manifest
  ) throws {
    var set = try places.dataLibrary().load(name, split: split)
    if let first {
      guard first <= set.count else {
        throw UsageError("--first: expected at most \(set.count) pictures, found \(first)")
      }
      set = set.range(0..<first)
    }
    guard set.shape == [3, 32, 32] else {
      throw UsageError("\(name): expected pictures of [3, 32, 32], found \(set.shape)")
    }
    let pictures = (0..<set.count).map {
      Picture(width: 32, height: 32, planes: set.record($0))
    }
    let run = run(.cifar, frost)
    (manifest.pictures, manifest.side, manifest.constants) = (pictures.count, 32, "cifar")
    manifest.source = set.files.map {
      .init(name: $0.name, variant: $0.variant, sha256: $0.sha256.hex)
    }
    if let contactSheet, let picture = pictures.first {
      try drawSheet(of: picture, run, to: URL(fileURLWithPath: contactSheet))
    }
    guard let output else { return }
    let folder = URL(fileURLWithPath: output)
    try Folder.make(folder)
    let (corruptions, severities) = (try corruptions, try severities)
    let bar = ProgressBar(
      total: pictures.count * corruptions.count * severities.count, isShown: !quiet)
    func write(_ npy: NPY, _ file: String) throws {
      let bytes = npy.encoded()
      try AtomicFile.write(bytes, to: folder.appendingPathComponent(file))
      manifest.files.append(.init(name: file, sha256: Digest.sha256(of: bytes).hex))
    }
    for corruption in corruptions {
      let bytes = run.bytes(of: pictures, corruption, severities: severities) {
        bar.advance($0, corruption.rawValue)
      }
      try write(
        NPY(bytes, shape: [severities.count * pictures.count, 32, 32, 3]),
        "\(corruption.rawValue).npy")
    }
    let labels = severities.flatMap { _ in set.labels.map { UInt8($0) } }
    try write(NPY(labels, shape: [labels.count]), "labels.npy")
    bar.end()
  }

  // MARK: Folders

  /// A picture in one of the two sizes there are constants for.
  private static func fitted(_ picture: Picture, _ scale: CorruptionScale) -> Picture {
    let side = scale.side
    if picture.width == side && picture.height == side { return picture }
    return picture.resized(shorterSide: 256).centerCropped(width: side, height: side)
  }

  private func corruptFolder(
    _ folder: URL, _ frost: FrostOverlays, _ manifest: inout Manifest
  ) throws {
    var names = try Folder.files(below: folder).filter {
      ["png", "jpg", "jpeg"].contains(($0.split(separator: ".").last ?? "").lowercased())
    }
    if let first { names = Array(names.prefix(first)) }
    guard let sample = names.first else {
      throw UsageError("\(folder.path): expected PNG or JPEG files, found none")
    }
    let opening = try Picture.read(folder.appendingPathComponent(sample))
    let scale: CorruptionScale = opening.width == 32 && opening.height == 32 ? .cifar : .imageNet
    let run = run(scale, frost)
    (manifest.pictures, manifest.side) = (names.count, scale.side)
    manifest.constants = scale.rawValue
    if let contactSheet {
      try drawSheet(
        of: Self.fitted(opening, scale), run, to: URL(fileURLWithPath: contactSheet))
    }
    guard let output else { return }
    let target = URL(fileURLWithPath: output)
    let severities = try severities
    let corruptors = try corruptions.flatMap { corruption in
      severities.map { run.corruptor(corruption, severity: $0) }
    }
    let bar = ProgressBar(total: names.count * corruptors.count, isShown: !quiet)
    let chosen = names
    let digests = Mutex<[String: String]>([:])
    let written = Mutex<[Manifest.File]>([])
    try run.forEach(chosen.count) { index throws(FileError) in
      let name = chosen[index]
      let bytes = try Bytes.read(folder.appendingPathComponent(name))
      digests.withLock { $0[name] = Digest.sha256(of: bytes).hex }
      let read = try Picture.parse(bytes, path: name)
      if scale == .cifar && (read.width != 32 || read.height != 32) {
        throw FileError(
          .malformed, path: name, expected: "32 x 32 pixels as in \(sample)",
          found: "\(read.width) x \(read.height)")
      }
      let picture = Self.fitted(read, scale)
      for corruptor in corruptors {
        let file =
          "\(corruptor.corruption.rawValue)/\(corruptor.severity)/"
          + name.split(separator: ".").dropLast().joined(separator: ".") + ".png"
        let url = target.appendingPathComponent(file)
        let png = corruptor.corrupt(picture, index: index).png()
        try Folder.make(url.deletingLastPathComponent())
        try AtomicFile.write(png, to: url)
        written.withLock { $0.append(.init(name: file, sha256: Digest.sha256(of: png).hex)) }
        bar.advance(1, corruptor.corruption.rawValue)
      }
    }
    manifest.source = digests.withLock { digests in
      chosen.map { .init(name: $0, sha256: digests[$0] ?? "") }
    }
    manifest.files = written.withLock { $0.sorted { $0.name < $1.name } }
    bar.end()
  }

  // MARK: Contact sheet

  /// One row per corruption, one column per severity, the picture itself first.
  private func drawSheet(of picture: Picture, _ run: CorruptionRun, to url: URL) throws {
    let (corruptions, severities) = (try corruptions, try severities)
    func cell(_ picture: Picture) -> GridImage {
      GridImage(rgb: picture.pixels, width: picture.width, height: picture.height)
    }
    let grid = ImageGrid(
      name: "contact-sheet", title: "Corruptions by severity", width: .column,
      rowLabels: corruptions.map { $0.rawValue.replacing("_", with: " ") },
      columnLabels: ["clean"] + severities.map { "\($0)" },
      images: corruptions.map { corruption in
        [cell(picture)]
          + severities.map {
            cell(run.corruptor(corruption, severity: $0).corrupt(picture, index: 0))
          }
      })
    try AtomicFile.write(try grid.drawing().encoded(as: .png), to: url)
  }
}

/// A bar on standard error: share, count, time left.
///
/// A class because it is moved on from several threads.
final class ProgressBar: Sendable {
  private struct State {
    var done = 0
    var shown = ContinuousClock.now - .seconds(1)
  }
  private let total: Int
  private let isShown: Bool
  private let started = ContinuousClock.now
  private let state = Mutex(State())

  init(total: Int, isShown: Bool) {
    self.total = total
    self.isShown = isShown && Console.isTerminal
  }

  /// So many more are done.
  func advance(_ count: Int, _ note: String) {
    state.withLock { state in
      state.done += count
      guard isShown, ContinuousClock.now - state.shown > .milliseconds(100) else { return }
      state.shown = ContinuousClock.now
      let share = Double(state.done) / Double(max(1, total))
      let seconds = (ContinuousClock.now - started) / .seconds(1)
      let filled = Int(share * 24)
      let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled)
      let left = Console.duration(seconds / max(share, 1e-9) * (1 - share))
      Console.status(
        "[\(bar)] \(Int(share * 100)) %  \(state.done) of \(total)  \(left) left  \(note)")
    }
  }

  /// Removes the bar.
  func end() { if isShown { Console.clearStatus() } }
}
