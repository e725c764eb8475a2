import Files
import Foundation
import Testing

/// `bench corrupt` and `bench evaluate`.
struct PictureCommandTests {
  static let dataFolder = ProcessInfo.processInfo.environment["BENCH_DATA"]
  static func isThere(_ path: String) -> Bool {
    guard let dataFolder else { return false }
    return FileManager.default.fileExists(atPath: dataFolder + "/" + path)
  }

  /// Three small pictures in a folder, one of them in a folder below.
  private func makePhotos(_ work: Workplace) throws {
    try Folder.make(work.at("photos/below"))
    for (index, name) in ["a.png", "b.png", "below/c.png"].enumerated() {
      let pixels = (0..<3072).map { UInt8(truncatingIfNeeded: $0 * (index + 3)) }
      try PNG(width: 32, height: 32, channels: 3, pixels: pixels)
        .write(to: work.at("photos/" + name))
    }
    try AtomicFile.write("no picture", to: work.at("photos/notes.txt"))
  }

  @Test func aFolderIsCorruptedAlikeByAnyNumberOfJobs() throws {
    let work = try Workplace()
    try makePhotos(work)
    var manifests: [[String: Any]] = []
    for jobs in ["1", "3"] {
      let outcome = try work.bench(
        "corrupt", "--input", "photos", "--output", "out\(jobs)", "--corruption",
        "fog,gaussian_noise", "--severity", "2,5", "--jobs", jobs, "--json", "--contact-sheet",
        "sheet.png")
      #expect(outcome.code == 0, "\(outcome.errors)")
      manifests.append(try outcome.json())
    }
    #expect(try PNG.read(work.at("sheet.png")).width > 100)
    let files = try Folder.files(below: work.at("out1")).filter { $0 != "manifest.json" }
    #expect(files.count == 12 && files.contains("fog/5/below/c.png"))
    for file in files {
      #expect(
        try Bytes.read(work.at("out1/" + file)) == Bytes.read(work.at("out3/" + file)), "\(file)")
    }
    let listed = try manifests.map { try #require($0["files"] as? [[String: String]]) }
    #expect(listed[0] == listed[1] && listed[0].count == 12)
    for entry in listed[0] {
      let url = work.at("out1/" + (try #require(entry["name"])))
      #expect(try Digest.sha256(file: url).hex == entry["sha256"])
    }
    #expect((manifests[0]["source"] as? [Any])?.count == 3)
    // Severities are apart, and so are seeds.
    let fog = try Bytes.read(work.at("out1/fog/2/a.png"))
    #expect(try fog != Bytes.read(work.at("out1/fog/5/a.png")))
    let other = try work.bench(
      "corrupt", "--input", "photos", "--output", "other", "--corruption", "fog", "--severity", "2",
      "--seed", "1")
    #expect(other.code == 0)
    #expect(try fog != Bytes.read(work.at("other/fog/2/a.png")))
  }

  @Test func aDamagedPictureIsNamed() throws {
    let work = try Workplace()
    try makePhotos(work)
    let url = work.at("photos/b.png")
    try AtomicFile.write(Array(try Bytes.read(url).dropLast(30)), to: url)
    let outcome = try work.bench(
      "corrupt", "--input", "photos", "--output", "out", "--corruption", "fog")
    #expect(outcome.code == 5, "\(outcome.errors)")
    #expect(outcome.errorLines.count == 1 && outcome.errors.contains("b.png: at byte"))
  }

  @Test(.enabled(if: isThere("cifar-10-batches-bin/test_batch.bin")))
  func cifarIsWrittenAsPublished() throws {
    let work = try Workplace()
    let environment = ["BENCH_DATA": Self.dataFolder ?? ""]
    let outcome = try work.bench(
      "corrupt", "--dataset", "cifar10", "--first", "7", "--severity", "3,1", "--output", "out",
      "--quiet", environment: environment)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let names = try Folder.names(in: work.at("out"))
    #expect(names.filter { $0.hasSuffix(".npy") }.count == 20)
    let labels = try NPY.read(work.at("out/labels.npy"))
    #expect(labels.shape == [14] && labels.elementType == .u1)
    #expect(labels.bytes.prefix(7) == labels.bytes.suffix(7) && labels.bytes.first == 3)
    for name in names where name.hasSuffix(".npy") && name != "labels.npy" {
      #expect(try NPY.read(work.at("out/\(name)")).shape == [14, 32, 32, 3])
    }
    // A part of the set is a part of the whole.
    let more = try work.bench(
      "corrupt", "--dataset", "cifar10", "--first", "3", "--severity", "3", "--corruption", "snow",
      "--output", "few", environment: environment)
    #expect(more.code == 0)
    let few = try NPY.read(work.at("few/snow.npy")).bytes
    #expect(try few[...] == NPY.read(work.at("out/snow.npy")).bytes[(7 * 3072)...].prefix(3 * 3072))
  }

  @Test(
    .enabled(
      if: isThere("cifar-10-batches-bin/test_batch.bin")
        && isThere("cifar10-resnet20/resnet20.safetensors")))
  func theResNetScoresWhatItsAuthorReports() throws {
    let work = try Workplace()
    let folder = Self.dataFolder ?? ""
    let outcome = try work.bench(
      "evaluate", "--network", "resnet20", "--weights",
      folder + "/cifar10-resnet20/resnet20.safetensors", "--dataset", "cifar10", "--logits",
      "logits.npy", "--json", environment: ["BENCH_DATA": folder])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let numbers = try #require(try outcome.json()["numbers"] as? [[String: Any]])
    let errors = numbers.first { $0["metric"] as? String == "errors" }
    #expect(errors?["value"] as? Int == 827)
    let logits = try NPY.read(work.at("logits.npy"))
    #expect(logits.shape == [10_000, 10] && logits.floats().allSatisfy(\.isFinite))
  }
}
