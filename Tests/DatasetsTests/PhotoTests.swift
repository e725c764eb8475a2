import Datasets
import Files
import Foundation
import Testing

/// Three photos of made-up noise, re-encoded and as originals, and a catalogue that knows the first.
private struct ToyPhotos {
  let folder: URL
  let ids = ["n00000001", "n00000007", "n00000003"].sorted()
  let names = ["tench", "jack-o'-lantern", "great white"]

  static func jpeg(_ seed: UInt64) -> [UInt8] {
    var numbers = Numbers(state: seed)
    return JPEG.encode(
      (0..<20 * 16 * 3).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }, width: 20,
      height: 16, quality: 80)
  }

  func photo(_ index: Int) -> [UInt8] { Self.jpeg(UInt64(index)) }
  func name(_ index: Int) -> String { "photos/000\(index)_\(ids[index]).jpg" }
  var labels: [UInt8] {
    Array(
      (["index\tfile\twnid\tname\twidth\theight"]
        + (0..<3).map { "\($0)\t000\($0)_\(ids[$0]).jpg\t\(ids[$0])\t\(names[$0])\t20\t16" })
        .map { $0 + "\n" }.joined().utf8)
  }
  var list: String {
    (["file\tbytes\tsha256"]
      + (0..<3).map { "\(name($0))\t\(photo($0).count)\t\(Digest.sha256(of: photo($0)))" })
      .map { $0 + "\n" }.joined()
  }

  func catalogue(list: String? = nil) throws -> Catalogue {
    let place = folder.appendingPathComponent("embedded")
    try Folder.make(place.appendingPathComponent("shots"))
    try AtomicFile.write(
      list ?? self.list, to: place.appendingPathComponent("shots/re-encoded.tsv"))
    let text = """
      version: 1
      datasets:
        - name: shots
          title: Shots
          licence: none
          terms: none
          citation: none
          homepage: none
          format: photos
          folder: photographs
          splits: [{name: test, files: [labels], records: 3}]
          files:
            - id: labels
              variants:
                - {id: re-encoded, name: labels.tsv, bytes: \(labels.count), sha256: \(Digest.sha256(of: labels))}
          list: {name: re-encoded.tsv, variant: re-encoded}
      """
    return try Catalogue.parse(
      Array(text.utf8), path: place.appendingPathComponent("catalog.yml").path)
  }

  func openLibrary() throws -> DataLibrary {
    DataLibrary(
      catalogue: try catalogue(), directory: folder.appendingPathComponent("home"),
      environment: ["HOME": folder.path])
  }

  /// Writes the re-encoded photos below `source`.
  func putReencoded() throws -> URL {
    let source = folder.appendingPathComponent("source/deep")
    try Folder.make(source.appendingPathComponent("photos"))
    for index in 0..<3 {
      try AtomicFile.write(photo(index), to: source.appendingPathComponent(name(index)))
    }
    try AtomicFile.write(labels, to: source.appendingPathComponent("labels.tsv"))
    return folder.appendingPathComponent("source")
  }

  /// Writes originals, as other bytes.
  func putOriginals() throws -> URL {
    let source = folder.appendingPathComponent("originals")
    try Folder.make(source)
    for index in 0..<3 {
      try AtomicFile.write(
        Self.jpeg(UInt64(100 + index)),
        to: source.appendingPathComponent("\(ids[index])_\(names[index]).JPEG"))
    }
    try AtomicFile.write("# photos", to: source.appendingPathComponent("README.md"))
    return source
  }
}

@Suite struct PhotoTests {
  @Test func reencodedPhotosAreImportedAndRead() throws {
    try withFolder { folder in
      let toy = ToyPhotos(folder: folder)
      let library = try toy.openLibrary()
      let location = try library.importFiles("shots", from: try toy.putReencoded())
      #expect(location.files.count == 4)
      #expect(
        try library.verify("shots").map(\.variant) == Array(repeating: "re-encoded", count: 4))
      let photos = try library.photos("shots", split: "test")
      #expect(photos.count == 3 && photos.labels == [0, 1, 2] && photos.classNames == toy.names)
      #expect(photos.files.map(\.name) == ["labels.tsv", "photos"])
      #expect(photos.files.map(\.variant) == ["re-encoded", "re-encoded"])
      // All photos together have the sum of their table.
      #expect(photos.files[1].sha256 == .sha256(of: toy.list))
      for index in 0..<3 { #expect(try photos.bytes(index) == toy.photo(index)) }
      #expect(photos.prefix(2).labels == [0, 1] && photos.prefix(2).files == photos.files)
      #expect(
        message { _ = try library.load("shots", split: "test") }
          == "shots: expected records of one size, found photos of many; their folder: bench data path shots"
      )
      #expect(
        message { _ = try library.photos("shots", split: "train") }
          == "shots: expected a split test, found train")
    }
  }

  @Test func originalsAreAVariantOfTheirOwn() throws {
    try withFolder { folder in
      let toy = ToyPhotos(folder: folder)
      let library = try toy.openLibrary()
      try library.importFiles("shots", from: try toy.putOriginals())
      let photos = try library.photos("shots", split: "test")
      #expect(photos.count == 3 && photos.labels == [0, 1, 2] && photos.classNames == toy.names)
      #expect(photos.files.map(\.variant) == ["original"])
      #expect(try photos.bytes(1) == ToyPhotos.jpeg(101))
      #expect(try library.verify("shots").map(\.variant) == Array(repeating: "original", count: 3))
      // What was written down is what later runs must find.
      let file = photos.photos[2].url
      var bytes = try Bytes.read(file)
      bytes[bytes.count / 2] ^= 1
      try AtomicFile.write(bytes, to: file)
      let damaged = try toy.openLibrary()
      #expect(
        message { _ = try damaged.photos("shots", split: "test").bytes(2) }?
          .hasPrefix("shots: \(file.lastPathComponent): expected SHA-256 ") == true)
      #expect(message { _ = try damaged.verify("shots") } != nil)
      try AtomicFile.write(Array(bytes.dropLast()), to: file)
      #expect(
        message { _ = try damaged.photos("shots", split: "test") }?
          .hasPrefix("shots: \(file.lastPathComponent): expected \(bytes.count) bytes") == true)
    }
  }

  @Test func whatIsMissingOrDamagedIsNamed() throws {
    try withFolder { folder in
      let toy = ToyPhotos(folder: folder)
      let library = try toy.openLibrary()
      let missing = message { _ = try library.photos("shots", split: "test") }
      #expect(
        missing?.hasPrefix("shots: expected labels.tsv in \(folder.path)/home/shots or ") == true)
      #expect(
        missing?.hasSuffix("found nothing; get it with: bench data import shots <folder>") == true)
      let source = try toy.putReencoded()
      let photo = source.appendingPathComponent("deep/" + toy.name(1))
      try AtomicFile.write(Array(toy.photo(1).dropLast(3)), to: photo)
      #expect(
        message { _ = try library.importFiles("shots", from: source) }?
          .contains("\(photo.lastPathComponent): at byte \(toy.photo(1).count - 3): expected ")
          == true)
      try FileManager.default.removeItem(at: photo)
      #expect(
        message { _ = try library.importFiles("shots", from: source) }
          == "shots: expected \(toy.name(1)) in \(source.path), found nothing; get it with: bench data import shots <folder>"
      )
      let originals = try toy.putOriginals()
      try FileManager.default.removeItem(
        at: originals.appendingPathComponent("\(toy.ids[2])_\(toy.names[2]).JPEG"))
      #expect(
        message { _ = try library.importFiles("shots", from: originals) }?
          .hasPrefix("shots: expected n00000007_*.JPEG in \(originals.path), found nothing") == true
      )
      try AtomicFile.write(
        "GIF89a", to: originals.appendingPathComponent("\(toy.ids[2])_\(toy.names[2]).JPEG"))
      #expect(
        message { _ = try library.importFiles("shots", from: originals) }?
          .hasSuffix("expected a JPEG file, found another") == true)
    }
  }

  @Test(arguments: [
    (
      "file\tbytes",
      "re-encoded.tsv: line 1: expected file, bytes, sha256, found \"file\u{FFFD}bytes\""
    ),
    ("", "re-encoded.tsv: line 1: expected file, bytes, sha256, found nothing"),
    ("file\tbytes\tsha256\n", "re-encoded.tsv: line 2: expected a file, found nothing"),
    (
      "file\tbytes\tsha256\na\t-1\tb",
      "re-encoded.tsv: line 2: expected a name, a length, a SHA-256, found \"a\u{FFFD}-1\u{FFFD}b\""
    ),
    (
      "file\tbytes\tsha256\n../a\t1\t\(String(repeating: "a", count: 64))",
      "re-encoded.tsv: line 2: expected a relative name, once, found \"../a\""
    ),
    (
      "file\tbytes\tsha256\n/a\t1\t\(String(repeating: "a", count: 64))",
      "re-encoded.tsv: line 2: expected a relative name, once, found \"/a\""
    ),
  ])
  func damagedTablesAreNamed(table: String, expected: String) throws {
    try withFolder { folder in
      let toy = ToyPhotos(folder: folder)
      #expect(message { _ = try toy.catalogue(list: table) } == expected)
    }
  }

  @Test func folderOfClasses() throws {
    try withFolder { folder in
      for (name, files) in [("b", ["2.JPG", "1.png"]), ("a", ["x.jpeg", "notes.txt"]), ("c", [])] {
        try Folder.make(folder.appendingPathComponent(name))
        for file in files {
          try AtomicFile.write(name + file, to: folder.appendingPathComponent("\(name)/\(file)"))
        }
      }
      try AtomicFile.write("stray", to: folder.appendingPathComponent("stray.png"))
      let set = try PhotoSet(folder: folder)
      #expect(set.classNames == ["a", "b"] && set.labels == [0, 1, 1])
      #expect(set.photos.map { $0.url.lastPathComponent } == ["x.jpeg", "1.png", "2.JPG"])
      #expect(try set.bytes(2) == Array("b2.JPG".utf8))
      #expect(set.files.count == 1 && set.files[0].variant == "folder")
      let digest = set.files[0].sha256
      try AtomicFile.write("other", to: folder.appendingPathComponent("b/1.png"))
      #expect(try PhotoSet(folder: folder).files[0].sha256 != digest)
      #expect(
        message { _ = try set.bytes(1) }?.contains("1.png: expected SHA-256 ") == true)
      let empty = folder.appendingPathComponent("c")
      #expect(
        message { _ = try PhotoSet(folder: empty) }
          == "c: expected folders of PNG or JPEG files, one per class, found none")
      #expect(message { _ = try PhotoSet(folder: folder.appendingPathComponent("d")) } != nil)
    }
  }
}
