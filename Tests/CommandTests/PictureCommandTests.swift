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

  /// Weights are found without being named: for the network whose weights come with the program.
  @Test(.enabled(if: isThere("cifar-10-batches-bin/test_batch.bin")))
  func publishedWeightsNeedNoName() throws {
    let work = try Workplace()
    let outcome = try work.bench(
      "evaluate", "--network", "resnet20", "--dataset", "cifar10", "--first", "500",
      environment: ["BENCH_DATA": Self.dataFolder ?? ""])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("resnet20 on cifar10 test, 500 pictures, variant "))
    #expect(!outcome.output.contains("top-5"))
  }

  static let hasPhotos =
    isThere("imagenet/labels.tsv") && isThere("imagenet/efficientnet_lite0.safetensors")

  @Test(.enabled(if: hasPhotos))
  func theEfficientNetScoresWhatItShouldOnPhotos() throws {
    let work = try Workplace()
    let outcome = try work.bench(
      "evaluate", "--network", "efficientnet-lite0", "--dataset", "imagenet-photos", "--logits",
      "logits.npy", "--json", environment: ["BENCH_DATA": Self.dataFolder ?? ""])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let document = try outcome.json()
    let files = try #require(document["files"] as? [[String: String]])
    #expect(files.map { $0["name"] } == ["labels.tsv", "photos"])
    let logits = try NPY.read(work.at("logits.npy"))
    #expect(logits.shape == [1000, 1000] && logits.floats().allSatisfy(\.isFinite))
    guard files.allSatisfy({ $0["variant"] == "re-encoded" }) else { return }
    let numbers = try #require(document["numbers"] as? [[String: Any]])
    func number(_ name: String) -> Double? {
      (numbers.first { $0["metric"] as? String == name }?["value"] as? NSNumber)?.doubleValue
    }
    #expect(number("errors") == 145 && number("accuracy") == 85.5)
    #expect(number("top5_accuracy") == 96.8)
  }

  @Test func photosThatAreMissingNameTheCommand() throws {
    for arguments in [
      ["--dataset", "imagenet-photos"],
      ["--dataset", "imagenet-photos", "--weights", "none.safetensors"],
    ] {
      let work = try Workplace()
      let outcome = try work.start(["evaluate", "--network", "efficientnet-lite0"] + arguments)
        .wait()
      #expect(outcome.code == 5)
      #expect(outcome.errorLines.count == 1)
      #expect(outcome.errors.contains("get it with: bench data import imagenet-photos <folder>"))
    }
  }

  /// Ten classes of two pictures each, half of them of another size than the network's.
  private func makeClasses(_ work: Workplace) throws {
    for index in 0..<20 {
      let folder = work.at("pictures/class-\(index / 2)")
      try Folder.make(folder)
      let side = index % 2 == 0 ? 32 : 41
      let pixels = (0..<side * (side + 3) * 3).map {
        UInt8(truncatingIfNeeded: $0 * (index + 3) + $0 / 97)
      }
      try PNG(width: side + 3, height: side, channels: 3, pixels: pixels)
        .write(to: folder.appendingPathComponent("\(index).png"))
    }
  }

  @Test func aFolderOfClassesIsScored() throws {
    let work = try Workplace()
    try makeClasses(work)
    var logits: [[UInt8]] = []
    for jobs in ["1", "3"] {
      let outcome = try work.bench(
        "evaluate", "--network", "resnet20", "--dataset", "pictures", "--jobs", jobs, "--logits",
        "logits.npy", "--json")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let document = try outcome.json()
      #expect(document["records"] as? Int == 20 && document["split"] == nil)
      let files = try #require(document["files"] as? [[String: String]])
      #expect(files.map { $0["variant"] } == ["folder"])
      logits.append(try Bytes.read(work.at("logits.npy")))
    }
    #expect(logits[0] == logits[1])
    let scaled = try work.bench(
      "evaluate", "--network", "resnet20", "--dataset", "./pictures", "--first", "20", "--mean",
      "0.5,0.5,0.5", "--deviation", "0.25,0.25,0.25", "--logits", "scaled.npy",
      "--labels", "labels.npy")
    #expect(scaled.code == 0, "\(scaled.errors)")
    #expect(try NPY.read(work.at("labels.npy")).integers() == (0..<20).map { $0 / 2 })
    let score = try work.bench("score", "--logits", "scaled.npy", "--labels", "labels.npy")
    #expect(score.code == 0 && score.output.contains("20 rows and 10 classes"), "\(score.errors)")
    #expect(scaled.output.contains("on ./pictures, 20 pictures, variant folder"))
    #expect(try Bytes.read(work.at("scaled.npy")) != logits[0])
    let damaged = work.at("pictures/class-3/7.png")
    try AtomicFile.write(Array(try Bytes.read(damaged).dropLast(20)), to: damaged)
    let outcome = try work.bench("evaluate", "--network", "resnet20", "--dataset", "pictures")
    #expect(outcome.code == 5 && outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("7.png: at byte"), "\(outcome.errors)")
  }

  /// Whatever is wrong with weights or options is one line.
  @Test func wrongWeightsAndOptionsAreOneLine() throws {
    let work = try Workplace()
    try makeClasses(work)
    let good = try SafetensorsFile.read(
      root.appendingPathComponent("datasets/cifar10-resnet20/resnet20.safetensors"))
    func weights(_ name: String, _ change: (inout [SafetensorsFile.Tensor]) -> Void) throws {
      var tensors = good.tensors
      change(&tensors)
      try SafetensorsFile(tensors: tensors).write(to: work.at(name))
    }
    let place = try #require(good.tensors.firstIndex { $0.name == "linear.bias" })
    try weights("missing") { $0.remove(at: place) }
    try weights("extra") { $0.append(.init(name: "more", shape: [1], [0])) }
    try weights("misshapen") {
      $0[place] = .init(name: "linear.bias", shape: [9], Array(repeating: 0, count: 9))
    }
    try weights("nan") {
      $0[place] = .init(name: "linear.bias", shape: [10], Array(repeating: .nan, count: 10))
    }
    try AtomicFile.write("no weights", to: work.at("text"))
    let cases: [([String], Int32, String)] = [
      (["--weights", "missing"], 5, "missing: expected tensor linear.bias, found none"),
      (["--weights", "extra"], 5, "extra: expected no tensor but the network's, found \"more\""),
      (["--weights", "misshapen"], 5, "misshapen: linear.bias: expected shape [10], found [9]"),
      (["--weights", "nan"], 5, "nan: linear.bias: expected finite numbers"),
      (["--weights", "text"], 5, "text: "), (["--weights", "nowhere"], 5, "nowhere"),
      (["--first", "21"], 2, "--first: expected at most 20 pictures, found 21"),
      (
        ["--mean", "1,2", "--deviation", "1,1,1"], 2,
        "--mean: expected three numbers R,G,B, found '1,2'"
      ),
      (["--mean", "1,2,3", "--deviation", "1,0,1"], 2, "--deviation: expected positive numbers"),
    ]
    for (arguments, code, message) in cases {
      let outcome = try work.start(
        ["evaluate", "--network", "resnet20", "--dataset", "pictures"] + arguments
      ).wait()
      #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
      #expect(
        outcome.errorLines.count == 1 && outcome.errors.contains(message), "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
    for (network, message) in [
      ("resnet21", "did you mean 'resnet20'"),
      ("vgg16-bn", "vgg16-bn: expected --weights FILE, found none"),
    ] {
      let outcome = try work.start(["evaluate", "--network", network, "--dataset", "pictures"])
        .wait()
      #expect(outcome.code == 2 && outcome.errors.contains(message), "\(outcome.errors)")
    }
    let other = try work.start([
      "evaluate", "--network", "resnet32", "--dataset", "pictures", "--weights", "nan",
    ])
    .wait()
    #expect(
      other.code == 5 && other.errors.contains("expected tensor layer1.3."), "\(other.errors)")
  }

  /// A policy shows pictures as its views; the central crop alone is what no policy is.
  @Test func policiesAreApplied() throws {
    let work = try Workplace()
    try makeClasses(work)
    func evaluate(_ arguments: String...) throws -> [UInt8] {
      let outcome = try work.start(
        ["evaluate", "--network", "resnet20", "--dataset", "pictures", "--logits", "logits.npy"]
          + arguments
      ).wait()
      #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
      return try Bytes.read(work.at("logits.npy"))
    }
    func policy(_ name: String, _ elements: String) throws -> String {
      try AtomicFile.write(
        #"{"policy": 1, "family": "cifar", "subPolicies": [\#(elements)]}"#, to: work.at(name))
      return name
    }
    let plain = try evaluate()
    let central = try policy("central.json", #""central""#)
    _ = try evaluate("--policy", central)
    let (a, b) = (
      try NPY.parse(plain).doubles(), try NPY.read(work.at("logits.npy")).doubles()
    )
    // The logarithm of one prediction is its logits but for a constant.
    for row in 0..<20 {
      let shift = a[row * 10] - b[row * 10]
      for column in 0..<10 {
        #expect(abs(a[row * 10 + column] - b[row * 10 + column] - shift) < 1e-4)
      }
    }
    let views = try policy(
      "views.json", #""crop_flip", [{"transform": "Rotate", "magnitude": 9}], "central""#)
    let one = try evaluate("--policy", views, "--jobs", "1")
    #expect(try evaluate("--policy", views, "--jobs", "3") == one)
    #expect(try evaluate("--policy", views, "--seed", "5") != one)
    #expect(try evaluate("--policy", views, "--views", "4") != one)
    let outcome = try work.bench(
      "evaluate", "--network", "resnet20", "--dataset", "pictures", "--policy", views, "--json")
    let used = try #require(try outcome.json()["policy"] as? [String: Any])
    #expect(used["views"] as? Int == 3 && used["seed"] as? Int == 0)
    let text = try work.bench(
      "evaluate", "--network", "resnet20", "--dataset", "pictures", "--policy", views)
    #expect(text.output.contains("mean prediction of 3 views by views.json, seed 0"))
    let published = root.appendingPathComponent(
      "datasets/gps-policies/cifar10-vgg16bn-randaugment.json"
    ).path
    _ = try evaluate("--policy", published, "--first", "4")
    let imageNet = root.appendingPathComponent("datasets/gps-policies/imagenet-resnet50.json").path
    _ = try evaluate("--policy", imageNet, "--first", "4")
  }

  @Test func wrongPoliciesAreOneLine() throws {
    let work = try Workplace()
    try makeClasses(work)
    try AtomicFile.write(
      #"{"policy": 1, "family": "cifar", "subPolicies": ["central", [{"transform": "Spin", "magnitude": 1}]]}"#,
      to: work.at("spin.json"))
    try AtomicFile.write(
      #"{"policy": 1, "family": "cifar", "subPolicies": [[{"transform": "Rotate", "magnitude": 61}]]}"#,
      to: work.at("far.json"))
    try AtomicFile.write(
      #"{"policy": 1, "family": "cifar", "subPolicies": []}"#, to: work.at("empty.json"))
    let cases: [([String], Int32, String)] = [
      (["--policy", "spin.json"], 5, "spin.json: sub-policy 2, step 1: expected a transform"),
      (
        ["--policy", "far.json"], 5,
        "far.json: sub-policy 1, step 1: expected a magnitude of Rotate"
      ),
      (
        ["--policy", "empty.json"], 5,
        "empty.json: subPolicies: expected 1 to 10000 entries, found 0"
      ),
      (["--policy", "nowhere.json"], 5, "nowhere.json"),
    ]
    for (arguments, code, message) in cases {
      let outcome = try work.start(
        ["evaluate", "--network", "resnet20", "--dataset", "pictures"] + arguments
      ).wait()
      #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
      #expect(
        outcome.errorLines.count == 1 && outcome.errors.contains(message), "\(outcome.errors)")
    }
    for arguments in [
      ["--views", "3"], ["--seed", "1"], ["--policy", "far.json", "--views", "0"],
    ] {
      let outcome = try work.start(
        ["evaluate", "--network", "resnet20", "--dataset", "pictures"] + arguments
      ).wait()
      #expect(outcome.code == 2, "\(outcome.errors)")
    }
  }
}
