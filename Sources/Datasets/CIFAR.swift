import Files

/// The binary versions of CIFAR-10 and CIFAR-100: records of one fixed size and nothing else.
///
/// A record is its labels (CIFAR-10: one byte; CIFAR-100: coarse, then fine), then 1,024 bytes each of red, green
/// and blue, row by row. Source: cs.toronto.edu/~kriz/cifar.html, "Binary version".
public enum CIFAR {
  /// Which labels stand in a record, and which of them is read.
  public enum Labels: Hashable, Sendable {
    /// CIFAR-10: one label.
    case one
    /// CIFAR-100: the first of two labels, of 20 classes.
    case coarse
    /// CIFAR-100: the second of two labels, of 100 classes.
    case fine

    /// Label bytes in front of the pixels.
    public var bytes: Int { self == .one ? 1 : 2 }
    /// Which of them is read.
    var offset: Int { self == .fine ? 1 : 0 }
    /// Bytes of a whole record.
    public var recordBytes: Int { bytes + CIFAR.pixels }
  }

  /// Bytes of a picture, `[3, 32, 32]`.
  public static let pixels = 3 * 32 * 32

  /// Adds the records of a file to pixels `[N, 3, 32, 32]` and labels `[N]`.
  ///
  /// - Parameters:
  ///   - classes: number of classes; every label must be below.
  ///   - records: how many the file should hold; any whole number where it is `nil`.
  ///   - path: what errors call the file.
  /// - Throws: `FileError`: `truncated`, `oversized`, `malformed` (a label out of range).
  public static func read(
    _ bytes: [UInt8], _ kind: Labels, classes: Int, records: Int? = nil, path: String = "cifar",
    into pixels: inout [UInt8], _ labels: inout [Int32]
  ) throws(FileError) {
    let size = kind.recordBytes
    let count = records ?? bytes.count / size
    let expected = "\(count) records of \(size) bytes"
    if bytes.count < count * size || (records == nil && bytes.count % size != 0) {
      throw FileError(
        .truncated, path: path, at: .byte(bytes.count),
        expected: records == nil ? "whole records of \(size) bytes" : expected,
        found: "\(bytes.count) bytes")
    }
    if bytes.count > count * size {
      throw FileError(
        .oversized, path: path, at: .byte(count * size), expected: expected,
        found: "\(bytes.count) bytes")
    }
    pixels.reserveCapacity(pixels.count + count * CIFAR.pixels)
    labels.reserveCapacity(labels.count + count)
    for start in stride(from: 0, to: bytes.count, by: size) {
      let label = bytes[start + kind.offset]
      if Int(label) >= classes {
        throw FileError(
          .malformed, path: path, at: .byte(start + kind.offset),
          expected: "a label below \(classes)", found: "\(label)")
      }
      labels.append(Int32(label))
      pixels += bytes[(start + kind.bytes)..<(start + size)]
    }
  }
}

extension Catalogue.Format {
  /// The labels of a CIFAR format; `nil` for another.
  var cifarLabels: CIFAR.Labels? {
    switch self {
    case .idx, .photos, .files: nil
    case .cifar10: .one
    case .cifar100Fine: .fine
    case .cifar100Coarse: .coarse
    }
  }
}
