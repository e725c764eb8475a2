import Datasets
import Files
import Testing

/// The two binary formats of data sets: idx, and CIFAR's records.
@Suite struct MalformedRecordsTests {
  // MARK: - idx

  static let images: [UInt8] =
    [0, 0, 8, 3] + bigEndian(2) + bigEndian(3) + bigEndian(4) + [UInt8](repeating: 9, count: 24)
  static let labels: [UInt8] = [0, 0, 8, 1] + bigEndian(5) + [0, 9, 3, 3, 1]

  /// The header of pictures with these counts, in front of 24 bytes.
  static func counts(_ count: Int, _ height: Int, _ width: Int) -> [UInt8] {
    images.cut(4) + bigEndian(count) + bigEndian(height) + bigEndian(width) + images.dropFirst(16)
  }

  static let imageFiles: [Malformed] = [
    Malformed("empty", .truncated, at: 0, []),
    Malformed("cut in the magic", .truncated, at: 3, images.cut(3)),
    Malformed("magic alone", .truncated, at: 4, images.cut(4)),
    Malformed("one count", .truncated, at: 8, images.cut(8)),
    Malformed("cut in the last count", .truncated, at: 15, images.cut(15)),
    Malformed("no pixels", .truncated, at: 16, images.cut(16)),
    Malformed("cut in the pixels", .truncated, at: 39, images.cut(39)),
    Malformed("a byte too many", .oversized, at: 40, images + [0]),
    Malformed("a record too many", .oversized, at: 40, images + images.cut(12)),
    Malformed("labels", .wrongMagic, at: 0, labels),
    Malformed("little-endian", .wrongMagic, at: 0, images.replacing(at: 0, [3, 8, 0, 0])),
    Malformed("signed bytes", .wrongMagic, at: 0, images.replacing(at: 2, [9])),
    Malformed("numbers of 32 bits", .wrongMagic, at: 0, images.replacing(at: 2, [0x0D])),
    Malformed("two axes", .wrongMagic, at: 0, images.replacing(at: 3, [2])),
    Malformed("four axes", .wrongMagic, at: 0, images.replacing(at: 3, [4])),
    Malformed("first byte", .wrongMagic, at: 0, images.replacing(at: 0, [1])),
    Malformed("gzip", .wrongMagic, at: 0, [0x1F, 0x8B] + images),
    Malformed("text", .wrongMagic, at: 0, Array("<html><body>not found".utf8)),
    Malformed("three pictures promised", .truncated, at: 40, counts(3, 3, 4)),
    Malformed("one picture promised", .oversized, at: 28, counts(1, 3, 4)),
    Malformed("no pictures promised", .oversized, at: 16, counts(0, 3, 4)),
    Malformed("no rows", .oversized, at: 16, counts(2, 0, 4)),
    Malformed("no columns", .oversized, at: 16, counts(2, 3, 0)),
    Malformed("a wider picture", .truncated, at: 40, counts(2, 3, 5)),
    Malformed("60,000 by 60,000", .truncated, at: 40, counts(2, 60_000, 60_000)),
    Malformed(
      "counts beyond 64 bits", .malformed, at: 4, counts(0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF)),
    Malformed("a negative count", .truncated, at: 40, counts(0xFFFF_FFFE, 3, 4)),
  ]

  static let labelFiles: [Malformed] = [
    Malformed("no labels", .truncated, at: 8, labels.cut(8)),
    Malformed("cut in the labels", .truncated, at: 12, labels.cut(12)),
    Malformed("a label too many", .oversized, at: 13, labels + [0]),
    Malformed("pictures", .wrongMagic, at: 0, images),
    Malformed("a label of ten", .malformed, at: 10, labels.replacing(at: 10, [10])),
    Malformed("a label of 255", .malformed, at: 12, labels.replacing(at: 12, [255])),
  ]

  @Test func damagedIdxIsRefusedForWhatItIs() throws {
    #expect(try IDX.images(Self.images).count == 2)
    expectRefused(Self.imageFiles) { bytes throws(FileError) in
      _ = try IDX.images(bytes, path: "x-idx3-ubyte")
    }
  }

  @Test func damagedLabelsAreRefusedForWhatTheyAre() throws {
    #expect(try IDX.labels(Self.labels, classes: 10) == [0, 9, 3, 3, 1])
    expectRefused(Self.labelFiles, atLeast: 6) { bytes throws(FileError) in
      _ = try IDX.labels(bytes, classes: 10, path: "x-idx1-ubyte")
    }
  }

  // MARK: - CIFAR

  static let record = [UInt8](repeating: 50, count: 3072)
  static let three = [1] + record + [9] + record + [0] + record

  /// Three records that are promised, in files that do not hold them.
  static let cifarFiles: [Malformed] = {
    var files: [Malformed] = []
    for count in [0, 1, 2, 1024, 3072, 3073, 3074, 6146, 9218] {
      files.append(Malformed("cut to \(count)", .truncated, at: count, three.cut(count)))
    }
    for count in [1, 2, 1024, 3072, 3073, 6146, 9219] {
      let more = [UInt8](repeating: 1, count: count)
      files.append(Malformed("\(count) more", .oversized, at: 9219, three + more))
    }
    for (index, start) in [0, 3073, 6146].enumerated() {
      for label: UInt8 in [10, 11, 127, 128, 255] {
        let bytes = three.replacing(at: start, [label])
        files.append(Malformed("label \(label) of \(index)", .malformed, at: start, bytes))
      }
    }
    return files
  }()

  @Test func damagedRecordsAreRefusedForWhatTheyAre() throws {
    var pixels: [UInt8] = []
    var labels: [Int32] = []
    try CIFAR.read(Self.three, .one, classes: 10, records: 3, into: &pixels, &labels)
    #expect(labels == [1, 9, 0] && pixels.count == 3 * 3072)
    expectRefused(Self.cifarFiles) { bytes throws(FileError) in
      var (pixels, labels): ([UInt8], [Int32]) = ([], [])
      try CIFAR.read(
        bytes, .one, classes: 10, records: 3, path: "x.bin", into: &pixels, &labels)
    }
  }

  /// Without a promised number, whole records are asked for; of CIFAR-100 either label is checked.
  @Test func otherRecordsAreRefusedToo() {
    let fine = [19, 99] + Self.record
    expectRefused(
      [
        Malformed("half a record", .truncated, at: 1500, fine.cut(1500)),
        Malformed("records of CIFAR-10", .truncated, at: 9219, Self.three),
        Malformed("a fine label", .malformed, at: 1, fine.replacing(at: 1, [100])),
      ], atLeast: 3
    ) { bytes throws(FileError) in
      var (pixels, labels): ([UInt8], [Int32]) = ([], [])
      try CIFAR.read(bytes, .fine, classes: 100, into: &pixels, &labels)
    }
    expectRefused(
      [Malformed("a coarse label", .malformed, at: 0, fine.replacing(at: 0, [20]))], atLeast: 1
    ) { bytes throws(FileError) in
      var (pixels, labels): ([UInt8], [Int32]) = ([], [])
      try CIFAR.read(bytes, .coarse, classes: 20, into: &pixels, &labels)
    }
  }
}
