import Datasets
import Files
import Foundation
import Testing

@Suite struct CatalogueTests {
  @Test func theCommittedCatalogueIsWhole() throws {
    let catalogue = try Catalogue.read(embedded.appendingPathComponent("catalog.yml"))
    #expect(
      catalogue.datasets.map(\.name) == [
        "fashion-mnist-mini", "shapes-mini", "fashion-mnist", "mnist", "notmnist", "cifar10",
        "cifar100", "cifar100-coarse", "cifar10-resnet20", "gps-policies", "imagenet-photos",
        "efficientnet-lite0", "corruptions",
      ]
    )
    for entry in catalogue.datasets[5..<8] {
      #expect(entry.shape == [3, 32, 32] && entry.archive?.urls.count == 1)
      #expect(entry.splits.map(\.records) == [50000, 10000])
    }
    #expect(catalogue.datasets[5..<8].map(\.classes.count) == [10, 100, 20])
    for entry in catalogue.datasets where entry.format == .idx {
      #expect(entry.classes.count == 10 && entry.shape == [1, 28, 28])
      #expect(!entry.title.isEmpty && !entry.licence.isEmpty && !entry.citation.isEmpty)
      for file in entry.files {
        #expect(Set(file.variants.map(\.sha256)).count == file.variants.count)
        let canFetch = file.variants.contains { !$0.urls.isEmpty }
        #expect(canFetch == (entry.name != "fashion-mnist-mini"))
      }
    }
    let mnist = try catalogue.entry("mnist")
    #expect(mnist.splits.map(\.count) == [60000, 10000])
    #expect(mnist.file("train-images")?.variants[0].md5 == "f68b3c2dcbeaaa9fbdd348bbdeb94873")
    let letters = try catalogue.entry("notmnist")
    #expect(letters.split("train")?.first == 0 && letters.split("train")?.count == 8000)
    #expect(letters.split("test")?.first == 8000 && letters.split("test")?.count == 2000)
    #expect(try catalogue.entry("fashion-mnist").package?.apt == "dataset-fashion-mnist")
    let photos = try catalogue.entry("imagenet-photos")
    #expect(photos.files.count == 1001 && photos.shape.isEmpty && photos.classes.isEmpty)
    #expect(photos.files[1].id == "photos/0000_n01440764.jpg")
    #expect(photos.files.allSatisfy { $0.variants.map(\.id) == ["re-encoded"] })
    #expect(photos.bytes == 23_821_657 + 51_397)
  }

  @Test func setsOfFilesComeWithTheProgram() throws {
    let library = try DataLibrary(embedded: embedded, environment: [:])
    let weights = try #require(library.files("cifar10-resnet20")["weights"])
    #expect(weights.lastPathComponent == "resnet20.safetensors")
    #expect(try Bytes.read(weights).count == 1_092_688)
    #expect(try library.files("corruptions").count == 6)
    let embedded = library.catalogue.datasets.filter {
      $0.format == .files && $0.name != "efficientnet-lite0"
    }
    #expect(embedded.count == 3)
    for entry in embedded {
      #expect(entry.shape.isEmpty && entry.classes.isEmpty && entry.splits.isEmpty)
      let folder = try library.locate(entry.name).folder
      #expect(
        FileManager.default.fileExists(atPath: folder.appendingPathComponent("LICENSE.txt").path))
    }
    #expect(
      message { _ = try library.load("corruptions", split: "test") }
        == "corruptions: expected a set with records, found one of files")
  }

  @Test func aSetOfFilesHasNoRecords() throws {
    #expect(
      try CatalogueTests.damaged(
        "    format: files\n", "    format: files\n    shape: [3, 32, 32]\n")
        == "catalog.yml: expected a set of files without shape, classes, splits in datasets[8], found shape"
    )
  }

  @Test func suggestsTheClosestName() throws {
    let catalogue = try Catalogue.read(embedded.appendingPathComponent("catalog.yml"))
    #expect(
      message { _ = try catalogue.entry("minst") }
        == "minst: no data set of this name; did you mean mnist?")
    #expect(
      message { _ = try catalogue.entry("imagenet-full") }
        == "imagenet-full: no data set of this name")
  }

  static func damaged(_ old: String, _ new: String) throws -> String? {
    let url = embedded.appendingPathComponent("catalog.yml")
    let text = String(decoding: try Bytes.read(url), as: UTF8.self)
    #expect(text.contains(old))
    let range = try #require(text.range(of: old))
    let changed = text.replacingCharacters(in: range, with: new)
    return message { _ = try Catalogue.parse(Array(changed.utf8), path: url.path) }
  }

  @Test(arguments: [
    (
      "            bytes:", "            byets:",
      "expected one of the keys id name bytes sha256 records md5 urls in datasets[0].files[0].variants[0], found byets; did you mean bytes?"
    ),
    (
      "    licence:", "    license:",
      "expected one of the keys name title licence terms citation homepage note format shape classes package folder archive splits files list in datasets[0], found license; did you mean licence?"
    ),
    ("version: 1", "version: 2", "expected version 1, found 2"),
    (
      "    title: Fashion-MNIST, a class-balanced piece\n", "",
      "expected key title in datasets[0], found none"
    ),
    (
      "bytes: 1740185", "bytes: many",
      "expected Int in datasets[0].files[0].variants[0].bytes, found something else"
    ),
    (
      "sha256: 33485a81665baf84848585a860a583e61e0f1d097c443fd6da8d22f84760d7b1", "sha256: abc",
      "expected a valid value in datasets[0].files[0].variants[0].sha256, found expected 64 hexadecimal digits, found \"abc\""
    ),
    (
      "name: train-images-idx3-ubyte.gz", "name: ../passwd",
      "expected a plain file name in datasets[0].files[0].variants[0], found ../passwd"
    ),
    (
      "images: train-images,", "images: pictures,",
      "expected a file of split train in datasets[0], found pictures"
    ),
    (
      "records: 4000}", "records: 4000, first: 3999, count: 2}",
      "expected split train within its 4000 records in datasets[0], found first 3999, count 2"
    ),
    ("  - name: mnist", "  - name: notmnist", "expected unique names, found notmnist twice"),
    (
      "format: idx", "format: lmdb",
      "expected one of the formats idx, cifar-10, cifar-100-fine, cifar-100-coarse, photos, files in datasets[0], found lmdb"
    ),
    (
      "https://ossci", "ftp://ossci",
      "expected an http, https or file URL in datasets[3].files[0].variants[0], found ftp://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz"
    ),
  ])
  func saysWhatIsWrong(old: String, new: String, expected: String) throws {
    #expect(try CatalogueTests.damaged(old, new) == "catalog.yml: " + expected)
  }

  @Test func saysThatItIsNoYAML() {
    let line = message { _ = try Catalogue.parse(Array("version: [1\n".utf8)) }
    #expect(line?.hasPrefix("catalog.yml: expected ") == true)
    #expect(line?.contains("\n") == false)
    let twice = message {
      _ = try Catalogue.parse(Array("version: 1\nversion: 1\ndatasets: []".utf8))
    }
    #expect(twice?.hasPrefix("catalog.yml: expected ") == true)
  }
}
