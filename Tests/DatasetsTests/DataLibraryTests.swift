import Datasets
import Files
import Foundation
import Testing

@Suite struct DataLibraryTests {
  @Test func loadsTheEmbeddedSet() throws {
    let library = try DataLibrary(
      embedded: embedded, environment: ["XDG_CACHE_HOME": "/nonexistent/cache"])
    let train = try library.load("fashion-mnist-mini", split: "train")
    let test = try library.load("fashion-mnist-mini", split: "test")
    #expect(train.count == 4000 && test.count == 1000)
    #expect(train.indicesByClass.map(\.count) == [Int](repeating: 400, count: 10))
    #expect(test.indicesByClass.map(\.count) == [Int](repeating: 100, count: 10))
    #expect(train.shape == [1, 28, 28] && train.pixels.count == 4000 * 784)
    #expect(train.classNames[9] == "Ankle boot" && train.labels[0] == 9)
    #expect(try library.digest("fashion-mnist-mini", split: "train") == train.digest)
    #expect(train.digest != test.digest)
    #expect(
      try library.verify("fashion-mnist-mini").map(\.variant)
        == [String](repeating: "original", count: 4))
  }

  @Test func loadsTheEmbeddedSetInColour() throws {
    let library = try DataLibrary(
      embedded: embedded, environment: ["XDG_CACHE_HOME": "/nonexistent/cache"])
    let train = try library.load("shapes-mini", split: "train")
    let test = try library.load("shapes-mini", split: "test")
    #expect(train.count == 2000 && test.count == 1000 && train.shape == [3, 32, 32])
    #expect(train.indicesByClass.map(\.count) == [Int](repeating: 200, count: 10))
    #expect(test.indicesByClass.map(\.count) == [Int](repeating: 100, count: 10))
    #expect(test.classNames[9] == "striped ring" && test.labels.prefix(3) == [0, 1, 2])
    #expect(try library.verify("shapes-mini").map(\.variant) == ["generated", "generated"])
  }

  @Test func theFirstPlaceThatHasItWins() throws {
    try withFolder { folder in
      let toy = Toy()
      let names = ["given", "shared", "cache/bench/datasets", "embedded"]
      let places = names.map { folder.appendingPathComponent($0) }
      let library = DataLibrary(
        catalogue: try toy.catalogue(), directory: places[0],
        environment: [
          "BENCH_DATA": places[1].path,
          "XDG_CACHE_HOME": folder.appendingPathComponent("cache").path,
        ], embedded: places[3])
      #expect(library.places.map(\.path) == places.map(\.path))
      #expect(library.home.path == places[0].path)
      for place in places.reversed() {
        try toy.put(place)
        #expect(try library.locate("toy").folder.path == place.appendingPathComponent("toy").path)
      }
      let plain = DataLibrary(catalogue: try toy.catalogue(), environment: ["HOME": folder.path])
      #expect(plain.places.map(\.path) == [folder.path + "/.cache/bench/datasets"])
      let shared = DataLibrary(
        catalogue: try toy.catalogue(), environment: ["HOME": "/h", "BENCH_DATA": places[1].path])
      #expect(shared.home.path == places[1].path)
    }
  }

  @Test func loadsPartsOfFilesAndOtherVariants() throws {
    try withFolder { folder in
      let toy = Toy()
      try toy.put(folder)
      let library = DataLibrary(catalogue: try toy.catalogue(), directory: folder, environment: [:])
      #expect(try library.load("toy", split: "train").labels == [0, 1, 2, 0])
      let test = try library.load("toy", split: "test")
      #expect(test.labels == [1, 2] && test.pixels == [160, 170, 180, 190, 200, 210, 220, 230])
      let whole = try library.load("toy", split: "all")
      #expect(whole.count == 6 && whole.files.map(\.variant) == ["original", "original"])
      let images = folder.appendingPathComponent("toy/images.gz")
      try FileManager.default.removeItem(at: images)
      try AtomicFile.write(toy.images, to: folder.appendingPathComponent("toy/images"))
      let other = try library.load("toy", split: "all")
      #expect(other.files.map(\.variant) == ["unpacked", "original"])
      #expect(other.pixels == whole.pixels && other.digest != whole.digest)
    }
  }

  @Test func missingDataNamesTheCommand() throws {
    try withFolder { folder in
      var toy = Toy()
      let file = folder.path + "/toy"
      let bare = DataLibrary(
        catalogue: try toy.catalogue(), environment: ["XDG_CACHE_HOME": folder.path])
      #expect(
        message { _ = try bare.load("toy", split: "train") }
          == "toy: expected images.gz in \(folder.path)/bench/datasets/toy, found nothing; get it with: bench data import toy <folder>"
      )
      toy.imageURLs = ["http://x/images.gz"]
      toy.labelURLs = ["http://x/labels"]
      try toy.put(folder)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("toy/labels"))
      let partial = DataLibrary(
        catalogue: try toy.catalogue(), directory: folder,
        environment: ["XDG_CACHE_HOME": "/nonexistent"])
      #expect(
        message { _ = try partial.load("toy", split: "train") }
          == "toy: expected labels in \(file) or /nonexistent/bench/datasets/toy, found nothing; get it with: bench data fetch toy  or: bench data import toy <folder>"
      )
      #expect(
        message { _ = try partial.load("toy", split: "dev") }
          == "toy: expected a split train, test, all, found dev")
      #expect(
        message { _ = try partial.load("toi", split: "dev") }
          == "toi: no data set of this name; did you mean toy?")
    }
  }

  @Test func damagedFilesAreNamed() throws {
    try withFolder { folder in
      let toy = Toy()
      try toy.put(folder)
      let library = DataLibrary(catalogue: try toy.catalogue(), directory: folder, environment: [:])
      let url = folder.appendingPathComponent("toy/images.gz")
      let good = toy.packedImages
      func line() -> String? { message { _ = try library.load("toy", split: "train") } }
      #expect(line() == nil)
      try AtomicFile.write(Array(good.dropLast(5)), to: url)
      #expect(
        line()
          == "toy: images.gz: at byte \(good.count - 5): expected \(good.count) bytes, found \(good.count - 5)"
      )
      try AtomicFile.write(good + [0], to: url)
      #expect(
        line()
          == "toy: images.gz: at byte \(good.count): expected \(good.count) bytes, found \(good.count + 1)"
      )
      var flipped = good
      flipped[20] ^= 1
      try AtomicFile.write(flipped, to: url)
      let expected =
        "toy: images.gz: expected SHA-256 \(Digest.sha256(of: good)), found \(Digest.sha256(of: flipped))"
      #expect(line() == expected)
      #expect(message { try library.verify("toy") } == expected)
      #expect(message { _ = try library.digest("toy", split: "test") } == expected)
    }
  }

  @Test(arguments: [
    (
      idx([2051, 5, 2, 2], [UInt8](repeating: 0, count: 20)), idx([2049, 6], [0, 1, 2, 0, 1, 2]),
      "toy: labels: at byte 4: expected 5 labels, one per image, found 6"
    ),
    (
      idx([2051, 6, 2, 2], [UInt8](repeating: 0, count: 24)), idx([2049, 6], [0, 1, 2, 3, 1, 2]),
      "toy: labels: at byte 11: expected a label below 3, found 3"
    ),
    (
      idx([2051, 6, 4, 1], [UInt8](repeating: 0, count: 24)), idx([2049, 6], [0, 1, 2, 0, 1, 2]),
      "toy: images.gz: at byte 4: expected 6 records of [1, 2, 2], found 6 of [1, 4, 1]"
    ),
    (
      idx([1234, 6, 2, 2], [UInt8](repeating: 0, count: 24)), idx([2049, 6], [0, 1, 2, 0, 1, 2]),
      "toy: images.gz: at byte 0: expected magic 2051, found 1234"
    ),
  ])
  func rightSumsDoNotExcuseWrongContent(images: [UInt8], labels: [UInt8], expected: String) throws {
    try withFolder { folder in
      let toy = Toy(images: images, labels: labels)
      try toy.put(folder)
      let library = DataLibrary(catalogue: try toy.catalogue(), directory: folder, environment: [:])
      #expect(message { _ = try library.load("toy", split: "train") } == expected)
    }
  }

  @Test func importsFromAnyDepthAndChecksFirst() throws {
    try withFolder { folder in
      let toy = Toy()
      let source = folder.appendingPathComponent("download")
      let home = folder.appendingPathComponent("home")
      let library = DataLibrary(catalogue: try toy.catalogue(), directory: home, environment: [:])
      try Folder.make(source.appendingPathComponent("MNIST/raw"))
      try AtomicFile.write(toy.images, to: source.appendingPathComponent("MNIST/raw/images"))
      #expect(
        message { try library.importFiles("toy", from: source) }
          == "toy: expected labels in \(source.path), found nothing; get it with: bench data import toy <folder>"
      )
      try AtomicFile.write("wrong", to: source.appendingPathComponent("labels"))
      #expect(
        message { try library.importFiles("toy", from: source) }
          == "toy: labels: at byte 5: expected 14 bytes, found 5")
      #expect(try FileStatus.of(home) == nil, "nothing half-imported stays")
      try AtomicFile.write(toy.labels, to: source.appendingPathComponent("MNIST/labels"))
      let location = try library.importFiles("toy", from: source)
      #expect(location.folder.path == home.appendingPathComponent("toy").path)
      #expect(try Folder.names(in: location.folder) == ["images", "labels"])
      #expect(try library.importFiles("toy", from: source) == location)
      #expect(try library.load("toy", split: "all").count == 6)
      let none = folder.appendingPathComponent("none")
      let line = message { try library.importFiles("toy", from: none) }
      #expect(line == "toy: \(folder.path)/none: expected a folder, found nothing")
    }
  }
}
