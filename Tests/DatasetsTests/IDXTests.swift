import Datasets
import Files
import Foundation
import Testing

@Suite struct IDXTests {
  static let images = idx([2051, 3, 2, 2], (0..<12).map { UInt8($0) })
  static let labels = idx([2049, 3], [2, 0, 1])

  @Test func readsPlainAndGzipWhateverTheName() throws {
    try withFolder { folder in
      for name in ["images", "images.gz"] {
        for bytes in [IDXTests.images, Gzip.compress(IDXTests.images)] {
          let url = folder.appendingPathComponent(name)
          try AtomicFile.write(bytes, to: url)
          let images = try IDX.images(try IDX.read(url))
          #expect(images.count == 3 && images.height == 2 && images.width == 2)
          #expect(images.pixels == (0..<12).map { UInt8($0) })
        }
      }
    }
    #expect(try IDX.labels(IDXTests.labels, classes: 3) == [2, 0, 1])
  }

  @Test func saysWhatIsWrongWithImages() {
    func line(_ bytes: [UInt8]) -> String? {
      message { _ = try IDX.images(bytes, path: "data/train-images-idx3-ubyte.gz") }
    }
    let name = "train-images-idx3-ubyte.gz: "
    #expect(line(idx([1234, 1, 1, 1], [0])) == name + "at byte 0: expected magic 2051, found 1234")
    #expect(line(IDXTests.labels) == name + "at byte 0: expected magic 2051, found 2049")
    #expect(
      line(Array(IDXTests.images.dropLast()))
        == name + "at byte 27: expected 12 bytes for 3 x 2 x 2, found 11")
    #expect(
      line(IDXTests.images + [0]) == name + "at byte 28: expected 12 bytes for 3 x 2 x 2, found 13")
    #expect(
      line(idx([2051, 3, 2], []))
        == name + "at byte 12: expected a header of 16 bytes, found end of file")
    #expect(line([]) == name + "at byte 0: expected a header of 16 bytes, found end of file")
    #expect(
      line(idx([2051, .max, .max, .max], [0]))
        == name + "at byte 4: expected counts whose product fits 64 bits, found "
        + "[4294967295, 4294967295]")
  }

  @Test func saysWhatIsWrongWithLabels() {
    func line(_ bytes: [UInt8], classes: Int = 3) -> String? {
      message { _ = try IDX.labels(bytes, classes: classes, path: "labels.gz") }
    }
    #expect(
      line(IDXTests.labels, classes: 2)
        == "labels.gz: at byte 8: expected a label below 2, found 2")
    #expect(line(IDXTests.images) == "labels.gz: at byte 0: expected magic 2049, found 2051")
    #expect(
      line(Array(IDXTests.labels.dropLast()))
        == "labels.gz: at byte 10: expected 3 bytes for 3, found 2")
    #expect(
      line(IDXTests.labels + [0]) == "labels.gz: at byte 11: expected 3 bytes for 3, found 4")
  }

  @Test func saysThatCountsDiffer() {
    let line = message {
      _ = try IDX.dataset(
        images: IDXTests.images, imagePath: "a/images.gz", labels: idx([2049, 2], [0, 1]),
        labelPath: "a/labels.gz", name: "x", split: "train", classNames: ["a", "b"])
    }
    #expect(line == "labels.gz: at byte 4: expected 3 labels, one per image, found 2")
    let flat = message {
      _ = try IDX.dataset(
        images: idx([2051, 1, 0, 5], []), labels: idx([2049, 1], [0]), name: "x", split: "train",
        classNames: ["a"])
    }
    #expect(flat == "images: at byte 8: expected images of at least 1 x 1, found 0 x 5")
  }

  @Test func saysThatAFileIsNotGzip() throws {
    try withFolder { folder in
      let url = folder.appendingPathComponent("images.gz")
      try AtomicFile.write("<html>not found</html>", to: url)
      #expect(
        message { _ = try IDX.read(url) }
          == "images.gz: at byte 0: expected gzip magic 1f8b, found 3c68")
      let packed = Gzip.compress(IDXTests.images)
      try AtomicFile.write(Array(packed.dropLast(4)), to: url)
      #expect(
        message { _ = try IDX.read(url) }
          == "images.gz: at byte \(packed.count - 4): expected more compressed data, found end of file"
      )
      try AtomicFile.write(Gzip.compress([UInt8](repeating: 0, count: 100_000)), to: url)
      let line = message { _ = try IDX.read(url, limit: 1000) }
      #expect(
        line?.hasSuffix("expected at most 1000 bytes when decompressed, found more") == true)
    }
  }

  @Test func survivesDamage() {
    var numbers = Numbers(state: 1)
    var refused = 0
    for _ in 0..<20_000 {
      var bytes = IDXTests.images
      for _ in 0..<Int.random(in: 1...3, using: &numbers) {
        bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(
          in: 0...255, using: &numbers)
      }
      if Bool.random(using: &numbers) {
        bytes.removeLast(Int.random(in: 0..<bytes.count, using: &numbers))
      }
      do {
        let images = try IDX.images(bytes)
        #expect(images.pixels.count == images.count * images.height * images.width)
      } catch { refused += 1 }
    }
    #expect(refused > 10_000)
  }
}
