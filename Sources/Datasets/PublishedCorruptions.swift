import Files
import Foundation

/// Pictures as CIFAR-10-C publishes them: `<corruption>.npy`, `[5 · N, 32, 32, 3]` bytes, severity 1 first, and
/// `labels.npy`, `[5 · N]` bytes. Files of other numbers of severities or pictures have the same layout.
///
/// Source: Hendrycks and Dietterich, "Benchmarking Neural Network Robustness", 2019; zenodo.org/record/2535967.
public enum PublishedCorruptions {
  /// Reads one corruption of a folder, as data sets of one severity each, in order.
  ///
  /// - Parameters:
  ///   - name: the corruption, such as `gaussian_noise`.
  ///   - severities: how many the file holds.
  ///   - classNames: what the classes are called; every label must be below their number.
  /// - Throws: `FileError`, also where shapes, types or counts are others.
  public static func read(
    _ name: String, in folder: URL, severities: Int = 5, classNames: [String]
  ) throws(FileError) -> [ImageDataset] {
    precondition(severities > 0, "severities: must be positive")
    let pictureURL = folder.appendingPathComponent("\(name).npy")
    let labelURL = folder.appendingPathComponent("labels.npy")
    let pictures = try NPY.read(pictureURL)
    let labels = try NPY.read(labelURL)
    let shape = pictures.shape
    guard
      pictures.elementType == .u1, shape.count == 4, shape[3] == 3, shape[1] > 0, shape[2] > 0,
      shape[0] % severities == 0
    else {
      throw FileError(
        .malformed, path: pictureURL.path,
        expected: "u1 of shape [\(severities) N, H, W, 3]",
        found: "\(pictures.elementType.rawValue) of shape \(shape)")
    }
    guard let classes = labels.integers(), labels.shape == [shape[0]] else {
      throw FileError(
        .malformed, path: labelURL.path, expected: "whole numbers of shape [\(shape[0])]",
        found: "\(labels.elementType.rawValue) of shape \(labels.shape)")
    }
    if let index = classes.firstIndex(where: { !classNames.indices.contains($0) }) {
      throw FileError(
        .malformed, path: labelURL.path, expected: "labels below \(classNames.count)",
        found: "\(classes[index]) at index \(index)")
    }
    let used = try [pictureURL, labelURL].map { url throws(FileError) in
      ImageDataset.UsedFile(
        name: url.lastPathComponent, variant: "published-layout",
        sha256: try Digest.sha256(file: url))
    }
    let count = shape[0] / severities
    let size = shape[1] * shape[2] * 3
    return (0..<severities).map { severity in
      let range = (severity * count)..<((severity + 1) * count)
      let bytes = pictures.bytes[(range.lowerBound * size)..<(range.upperBound * size)]
      return ImageDataset(
        name: name, split: "severity-\(severity + 1)", channels: 3, height: shape[1],
        width: shape[2], pixels: planar(bytes, count: count, positions: shape[1] * shape[2]),
        labels: classes[range].map { Int32($0) }, classNames: classNames, files: used)
    }
  }

  /// `[N, positions, 3]` as `[N, 3, positions]`.
  private static func planar(
    _ bytes: ArraySlice<UInt8>, count: Int, positions: Int
  ) -> [UInt8] {
    var planes = [UInt8](repeating: 0, count: bytes.count)
    for record in 0..<count {
      let source = bytes.startIndex + record * positions * 3
      let target = record * positions * 3
      for position in 0..<positions {
        for channel in 0..<3 {
          planes[target + channel * positions + position] = bytes[source + position * 3 + channel]
        }
      }
    }
    return planes
  }
}
