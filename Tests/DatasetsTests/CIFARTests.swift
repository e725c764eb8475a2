import Datasets
import Files
import Foundation
import Testing

/// Records whose pixels count on from `first`.
private func records(_ labels: [[UInt8]], first: Int = 0) -> [UInt8] {
  labels.enumerated().flatMap { index, labels in
    labels + (0..<3072).map { UInt8(truncatingIfNeeded: first + index + $0) }
  }
}

@Suite struct CIFARTests {
  private func read(
    _ bytes: [UInt8], _ kind: CIFAR.Labels, classes: Int, records: Int? = nil
  ) throws -> (pixels: [UInt8], labels: [Int32]) {
    var pixels: [UInt8] = []
    var labels: [Int32] = []
    try CIFAR.read(
      bytes, kind, classes: classes, records: records, path: "data/test.bin", into: &pixels,
      &labels)
    return (pixels, labels)
  }

  @Test func readsLabelsAndPixels() throws {
    let ten = try read(records([[3], [9]]), .one, classes: 10)
    #expect(ten.labels == [3, 9] && ten.pixels.count == 6144)
    #expect(ten.pixels[0] == 0 && ten.pixels[1] == 1 && ten.pixels[3072] == 1)
    let hundred = records([[19, 99], [0, 7]])
    #expect(try read(hundred, .coarse, classes: 20).labels == [19, 0])
    #expect(try read(hundred, .fine, classes: 100).labels == [99, 7])
    #expect(try read(hundred, .fine, classes: 100).pixels == ten.pixels)
    #expect(try read([], .one, classes: 10).labels == [])
  }

  @Test func saysWhatIsWrong() {
    let good = records([[3], [9]])
    func line(
      _ bytes: [UInt8], _ kind: CIFAR.Labels = .one, classes: Int = 10, records: Int? = 2
    ) -> String? {
      message { _ = try read(bytes, kind, classes: classes, records: records) }
    }
    #expect(line(good) == nil)
    #expect(
      line(Array(good.dropLast()))
        == "test.bin: at byte 6145: expected 2 records of 3073 bytes, found 6145 bytes")
    #expect(
      line(good + [0])
        == "test.bin: at byte 6146: expected 2 records of 3073 bytes, found 6147 bytes")
    #expect(
      line(good + [0], records: nil)
        == "test.bin: at byte 6147: expected whole records of 3073 bytes, found 6147 bytes")
    #expect(
      line(good, classes: 9) == "test.bin: at byte 3073: expected a label below 9, found 9")
    #expect(
      line(records([[20, 0]]), .coarse, classes: 20, records: 1)
        == "test.bin: at byte 0: expected a label below 20, found 20")
    #expect(
      line(records([[0, 100]]), .fine, classes: 100, records: 1)
        == "test.bin: at byte 1: expected a label below 100, found 100")
    #expect(
      line(good, .fine, classes: 100)
        == "test.bin: at byte 6146: expected 2 records of 3074 bytes, found 6146 bytes")
  }

  /// A catalogue of a CIFAR-10 in two training files, as files and as an archive.
  private func catalogue(_ files: [String: [UInt8]], archive: [UInt8]) throws -> Catalogue {
    func file(_ id: String, extra: String = "") -> String {
      let bytes = files[id]!
      return """
                - id: \(id)
                  variants:
                    - {id: unpacked, name: \(id).bin, bytes: \(bytes.count), sha256: \(Digest.sha256(of: bytes))\(extra)}

        """
    }
    let text = """
      version: 1
      datasets:
        - name: tens
          title: A toy
          licence: none
          terms: none
          citation: none
          homepage: none
          format: cifar-10
          shape: [3, 32, 32]
          classes: [a, b, c]
          folder: tens-bin
          archive: {id: original, name: tens.tar.gz, bytes: \(archive.count), sha256: \(Digest.sha256(of: archive))}
          splits:
            - {name: train, files: [one, two], records: 4}
            - {name: test, files: [test], records: 1}
          files:
      """
    return try Catalogue.parse(
      Array((text + "\n" + file("one") + file("two", extra: ", records: 2") + file("test")).utf8))
  }

  /// A tar with a folder and these files in it.
  private func tar(_ files: [(String, [UInt8])]) -> [UInt8] {
    func entry(_ name: String, _ bytes: [UInt8], kind: Character) -> [UInt8] {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, _ offset: Int) {
        for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
      }
      put(name, 0)
      put("0000644", 100)
      put(String(bytes.count, radix: 8) + " ", 124)
      put("        ", 148)
      put(String(kind), 156)
      put(String(header.reduce(0) { $0 + Int($1) }, radix: 8) + "\0 ", 148)
      return header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }
    return entry("tens-bin/", [], kind: "5")
      + files.flatMap { entry("tens-bin/\($0.0)", $0.1, kind: "0") }
      + [UInt8](repeating: 0, count: 1024)
  }

  @Test func loadsFilesAndTheirArchiveAlike() throws {
    let files = [
      "one": records([[0], [1]]), "two": records([[2], [2]], first: 50), "test": records([[1]]),
    ]
    let packed = Gzip.compress(
      tar(files.sorted { $0.key < $1.key }.map { ($0.key + ".bin", $0.value) }))
    let catalogue = try catalogue(files, archive: packed)
    try withFolder { folder in
      let library = DataLibrary(catalogue: catalogue, directory: folder, environment: [:])
      // The variant of file two says that it holds two records, and it alone is counted.
      try Folder.make(folder.appendingPathComponent("tens-bin"))
      let archive = folder.appendingPathComponent("tens-bin/tens.tar.gz")
      try AtomicFile.write(packed, to: archive)
      let train = try library.load("tens", split: "train")
      #expect(train.labels == [0, 1, 2, 2] && train.shape == [3, 32, 32])
      #expect(train.files.map(\.variant) == ["original"])
      #expect(train.record(2).first == 50)
      #expect(try library.load("tens", split: "test").labels == [1])
      #expect(try library.digest("tens", split: "train") == train.digest)
      try FileManager.default.removeItem(at: archive)
      try Folder.make(folder.appendingPathComponent("tens"))
      try AtomicFile.write(files["test"]!, to: folder.appendingPathComponent("tens/test.bin"))
      let test = try library.load("tens", split: "test")
      #expect(test.labels == [1] && test.files.map(\.name) == ["test.bin"])
      let line = message { _ = try library.load("tens", split: "train") }
      #expect(line?.hasPrefix("tens: expected one.bin in \(folder.path)/tens or ") == true)
    }
  }

  @Test func tarSaysWhatIsWrong() throws {
    let good = tar([("a.bin", [1, 2, 3])])
    #expect(try Tar.members(good).map(\.name) == ["a.bin"])
    #expect(try Tar.members(good).map { Array($0.bytes) } == [[1, 2, 3]])
    #expect(try Tar.members([]).isEmpty)
    var damaged = good
    damaged[512] ^= 1
    #expect(
      message { _ = try Tar.members(damaged) }?.hasPrefix("tar: at byte 660: expected checksum ")
        == true)
    var length = good
    length[512 + 124] = UInt8(ascii: "9")
    #expect(
      message { _ = try Tar.members(length) }
        == "tar: at byte 636: expected a length in octal digits, found \"9\"")
    #expect(
      message { _ = try Tar.members(Array(good.prefix(1025))) }
        == "tar: at byte 1025: expected 3 bytes of a file, found 1")
    #expect(
      message { _ = try Tar.members(Array(good.prefix(600))) }
        == "tar: at byte 600: expected a header of 512 bytes, found end of file")
  }
}

@Suite struct PublishedCorruptionsTests {
  @Test func readsSeveritiesInOrder() throws {
    try withFolder { folder in
      let bytes = (0..<(4 * 12)).map { UInt8($0) }
      try NPY(bytes, shape: [4, 2, 2, 3]).write(to: folder.appendingPathComponent("fog.npy"))
      try NPY([0, 1, 0, 1] as [UInt8], shape: [4])
        .write(to: folder.appendingPathComponent("labels.npy"))
      let sets = try PublishedCorruptions.read(
        "fog", in: folder, severities: 2, classNames: ["a", "b"])
      #expect(sets.map(\.split) == ["severity-1", "severity-2"] && sets[0].labels == [0, 1])
      #expect(Array(sets[1].record(0)) == [24, 27, 30, 33, 25, 28, 31, 34, 26, 29, 32, 35])
      func line(_ severities: Int, _ classes: [String]) -> String? {
        message {
          _ = try PublishedCorruptions.read(
            "fog", in: folder, severities: severities, classNames: classes)
        }
      }
      #expect(
        line(3, ["a", "b"])
          == "fog.npy: expected u1 of shape [3 N, H, W, 3], found u1 of shape [4, 2, 2, 3]")
      #expect(line(2, ["a"]) == "labels.npy: expected labels below 1, found 1 at index 1")
      try NPY([0] as [UInt8], shape: [1]).write(to: folder.appendingPathComponent("labels.npy"))
      #expect(
        line(2, ["a"])
          == "labels.npy: expected whole numbers of shape [4], found u1 of shape [1]")
    }
  }
}
