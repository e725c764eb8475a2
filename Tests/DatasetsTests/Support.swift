import Datasets
import Files
import Foundation
import Testing

/// The root of the checkout.
let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// The folder of embedded data sets.
let embedded = root.appendingPathComponent("datasets", isDirectory: true)

/// Runs `body` with a new folder that is removed afterwards.
func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("datasets-\(UUID().uuidString)", isDirectory: true)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// The one line of the error that `body` throws; `nil` if it throws none.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

/// A generator with a fixed start (SplitMix64).
struct Numbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Big-endian 32-bit numbers, then bytes: an idx file.
func idx(_ header: [UInt32], _ body: [UInt8]) -> [UInt8] {
  header.flatMap { value in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } } + body
}

/// A set of 6 records of 2 x 2 in 3 classes, split 4 + 2, as a catalogue and its files.
struct Toy {
  var images = idx([2051, 6, 2, 2], (0..<24).map { UInt8($0 * 10) })
  var labels = idx([2049, 6], [0, 1, 2, 0, 1, 2])
  var imageURLs: [String] = []
  var labelURLs: [String] = []

  var packedImages: [UInt8] { Gzip.compress(images) }

  func catalogue(extra: String = "") throws -> Catalogue {
    func urls(_ list: [String]) -> String {
      "[\(list.map { "\"\($0)\"" }.joined(separator: ", "))]"
    }
    let text = """
      version: 1
      datasets:
        - name: toy
          title: A toy
          licence: none
          terms: none
          citation: none
          homepage: none
          format: idx
          shape: [1, 2, 2]
          classes: [a, b, c]
          splits:
            - {name: train, images: images, labels: labels, records: 6, count: 4}
            - {name: test, images: images, labels: labels, records: 6, first: 4, count: 2}
            - {name: all, images: images, labels: labels, records: 6}
          files:
            - id: images
              variants:
                - {id: original, name: images.gz, bytes: \(packedImages.count), sha256: \(Digest.sha256(of: packedImages)), urls: \(urls(imageURLs))}
                - {id: unpacked, name: images, bytes: \(images.count), sha256: \(Digest.sha256(of: images))}
            - id: labels
              variants:
                - {id: original, name: labels, bytes: \(labels.count), sha256: \(Digest.sha256(of: labels)), urls: \(urls(labelURLs))}
      \(extra)
      """
    return try Catalogue.parse(Array(text.utf8))
  }

  /// Writes the files to `place/toy`.
  func put(_ place: URL) throws {
    let folder = place.appendingPathComponent("toy")
    try Folder.make(folder)
    try AtomicFile.write(packedImages, to: folder.appendingPathComponent("images.gz"))
    try AtomicFile.write(labels, to: folder.appendingPathComponent("labels"))
  }
}
