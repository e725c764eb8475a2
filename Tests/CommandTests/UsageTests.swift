import Files
import Foundation
import Testing

/// Wrong commands, settings and data: one line that names what it is about, and the right exit code.
struct UsageTests {
  struct Mistake: CustomTestStringConvertible, Sendable {
    let arguments: String
    let code: Int32
    let says: [String]
    var testDescription: String { arguments }
  }

  static let mistakes = [
    Mistake(arguments: "reproduc", code: 2, says: ["reproduc", "did you mean 'reproduce'?"]),
    Mistake(
      arguments: "reproduce sparse-vd-tabel1", code: 2,
      says: ["experiment", "sparse-vd-tabel1", "did you mean 'sparse-vd-table1'?"]),
    Mistake(
      arguments: "show sparse-vd-k", code: 2, says: ["did you mean 'sparse-vd-kl'?"]),
    Mistake(
      arguments: "reproduce sparse-vd-table1 --set epohcs=3", code: 2, says: ["epohcs"]),
    Mistake(
      arguments: "reproduce sparse-vd-table1 --set denseEpoch=3", code: 2,
      says: ["denseEpoch", "did you mean 'denseEpochs'?"]),
    Mistake(
      arguments: "reproduce sparse-vd-table1 --set seeds=many", code: 2,
      says: ["seeds", "a whole number", "many"]),
    Mistake(
      arguments: "reproduce sparse-vd-table1 --set seeds", code: 2, says: ["key=value", "seeds"]),
    Mistake(
      arguments: "reproduce sparse-vd-table1 --set dataset=mnits", code: 2,
      says: ["mnits", "did you mean mnist?"]),
    Mistake(
      arguments: "reproduce sparse-vd-random-labels --set images=0 --dry-run", code: 2,
      says: ["images", "1 to", "'0'"]),
    Mistake(
      arguments: "reproduce sparse-vd-random-labels --set dropoutSteps=9223372036854775807",
      code: 2, says: ["dropoutSteps"]),
    Mistake(
      arguments: "reproduce sparse-vd-width --set widths=0.25,1e9", code: 2,
      says: ["widths", "0.05 to 100"]),
    Mistake(
      arguments: "reproduce dwp-fig2-accuracy --set mnist.priors.layers.conv1.size=6", code: 2,
      says: ["conv1.size", "5 or 7", "6"]),
    Mistake(
      arguments: "reproduce dwp-fig2-accuracy --set mnist.scoreEvery=0", code: 2,
      says: ["scoreEvery"]),
    Mistake(
      arguments: "reproduce dwp-fig3-random-features --set mnist.scales=1/0", code: 2,
      says: ["scales", "1/16", "1/0"]),
    Mistake(
      arguments: "reproduce dwp-fig4-convergence --set mnist.scores=40,20", code: 2,
      says: ["scores", "rise", "20 after 40"]),
    Mistake(
      arguments: "reproduce dwp-fig4-convergence --set vae.kernels.up1=conv1", code: 2,
      says: ["vae.kernels.up1", "5 x 5", "conv1"]),
    Mistake(
      arguments: "reproduce dwp-fig6-vae-samples --set vae.draws=20,80", code: 2,
      says: ["vae.draws", "1 to 60", "80"]),
    Mistake(
      arguments: "reproduce sparse-vd-table1 --only network=LeNet-7", code: 2, says: ["LeNet-7"]),
    Mistake(arguments: "compare sparse-vd-table1", code: 2, says: ["bench reproduce"]),
    Mistake(arguments: "report sparse-vd-kl --tier paper", code: 2, says: ["--tier paper"]),
    Mistake(
      arguments: "reproduce sparse-vd-table1 --tier paper", code: 5,
      says: ["mnist", "train-images-idx3-ubyte.gz", "bench data fetch mnist"]),
    Mistake(arguments: "data path mnist", code: 5, says: ["bench data fetch mnist"]),
    Mistake(arguments: "data path minst", code: 2, says: ["did you mean mnist?"]),
    Mistake(arguments: "data import mnist .", code: 5, says: ["train-images-idx3-ubyte.gz"]),
    Mistake(
      arguments: "corrupt --dataset cifar10 --output x --corruption fgo", code: 2,
      says: ["corruption", "fgo", "did you mean 'fog'?"]),
    Mistake(
      arguments: "corrupt --dataset cifar10 --output x --severity 6", code: 2,
      says: ["--severity", "1 to 5", "6"]),
    Mistake(
      arguments: "corrupt --dataset cifar10 --output x", code: 5,
      says: ["test_batch.bin", "bench data fetch cifar10"]),
    Mistake(
      arguments: "corrupt --dataset fashion-mnist-mini --output x", code: 2,
      says: ["[3, 32, 32]", "[1, 28, 28]"]),
    Mistake(arguments: "corrupt --input . --output x", code: 2, says: ["PNG or JPEG files"]),
    Mistake(
      arguments: "evaluate --network resnet21 --weights x --dataset cifar10", code: 2,
      says: ["network", "resnet21", "did you mean 'resnet20'?"]),
    Mistake(
      arguments: "evaluate --network resnet20 --weights x --dataset fashion-mnist-mini", code: 2,
      says: ["three channels", "[1, 28, 28]"]),
  ]

  @Test(arguments: mistakes) func mistake(_ mistake: Mistake) throws {
    let words = mistake.arguments.split(separator: " ").map(String.init)
    let work = try Workplace()
    let outcome = try work.start(words + (words[0] == "reproduce" ? ["--quiet"] : [])).wait()
    #expect(outcome.code == mistake.code, "\(outcome.errors)")
    #expect(outcome.output == "")
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    for text in mistake.says { #expect(outcome.errors.contains(text), "\(outcome.errors)") }
    #expect(!FileManager.default.fileExists(atPath: work.at("reports").path))
  }

  @Test func wrongOptionsAreUsage() throws {
    let work = try Workplace()
    for arguments in [
      ["reproduce"], ["reproduce", "sparse-vd-kl", "--tier", "huge"],
      ["reproduce", "sparse-vd-kl", "--jobs", "0"], ["list", "--nonsense"],
      ["corrupt", "--output", "x"], ["corrupt", "--dataset", "cifar10"],
    ] {
      let outcome = try work.start(arguments).wait()
      #expect(outcome.code == 2, "\(arguments)")
      #expect(outcome.errors.contains("Error"), "\(outcome.errors)")
    }
  }

  @Test func wrongKernelsAreUsage() throws {
    let outcome = try Workplace().bench(
      "reproduce", "sparse-vd-kl", environment: ["BENCH_KERNELS": "sse9"])
    #expect(outcome.code == 2)
    #expect(outcome.errors.contains("sse9"))
    let doctor = try Workplace().bench("doctor", environment: ["BENCH_KERNELS": "sse9"])
    #expect(doctor.code == 2)
    #expect(doctor.output.contains("sse9"))
  }

  // MARK: Damaged data

  enum Damage: String, CaseIterable, Sendable {
    case truncated, oversized, changed, notGzip, empty
  }

  @Test(arguments: Damage.allCases) func damagedData(_ damage: Damage) throws {
    let work = try Workplace()
    let name = "fashion-mnist-mini"
    let folder = work.at("data/\(name)")
    try FileManager.default.createDirectory(
      at: folder.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: root.appendingPathComponent("datasets/\(name)"), to: folder)
    let file = folder.appendingPathComponent("train-labels-idx1-ubyte.gz")
    var bytes = try Bytes.read(file)
    let count = bytes.count
    switch damage {
    case .truncated: bytes.removeLast(100)
    case .oversized: bytes += [0]
    case .changed: bytes[1000] ^= 1
    case .notGzip: bytes = Array(repeating: 65, count: count)
    case .empty: bytes = []
    }
    try Data(bytes).write(to: file)
    let outcome = try work.bench(
      "reproduce", "sparse-vd-table1", "--data-dir", "data", "--quiet")
    #expect(outcome.code == 5)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("train-labels-idx1-ubyte.gz"), "\(outcome.errors)")
    #expect(outcome.errors.contains("expected"), "\(outcome.errors)")
    #expect(outcome.errors.contains("found"), "\(outcome.errors)")
    if bytes.count != count {
      #expect(outcome.errors.contains("\(count) bytes"), "\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: work.at("reports/sparse-vd-table1/smoke").path))
    let verified = try work.bench("data", "verify", name, "--data-dir", "data")
    #expect(verified.code == 5)
  }

  @Test func dataComeAndGo() throws {
    let work = try Workplace()
    let source = root.appendingPathComponent("datasets/fashion-mnist-mini")
    let imported = try work.bench("data", "import", "fashion-mnist-mini", source.path)
    #expect(imported.code == 0, "\(imported.errors)")
    let path = try work.bench("data", "path", "fashion-mnist-mini")
    #expect(path.output.hasSuffix(".cache/bench/datasets/fashion-mnist-mini\n"))
    #expect(try work.bench("data", "verify", "fashion-mnist-mini").output.hasPrefix("ok"))
    let listed = try work.bench("data", "list", "--json").json()
    let sets = try #require(listed["datasets"] as? [[String: Any]])
    #expect(sets.count >= 4)
    let size = try #require(sets[0]["size"] as? [String: Any])
    #expect(size["unit"] as? String == "B")
    #expect(size["value"] as? Double ?? 0 > 1_000_000)
  }

  /// Every verb speaks JSON, with a schema.
  @Test(arguments: [
    "list", "show sparse-vd-kl", "status", "verify", "data list", "doctor", "clean",
    "data path fashion-mnist-mini", "data verify", "reproduce sparse-vd-kl --quiet",
    "reproduce sparse-vd-table1 --dry-run --quiet",
  ])
  func json(_ command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let outcome = try Workplace().start(words + ["--json"]).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try outcome.json()["schema"] as? Int == 1)
    #expect(outcome.errors == "")
  }

  @Test func settingsAreShownAsTheyWouldBeTaken() throws {
    let outcome = try Workplace().bench(
      "show", "sparse-vd-table1", "--tier", "paper", "--config", "--set", "seeds=7")
    #expect(outcome.code == 0)
    let lines = Set(outcome.output.split(separator: "\n").map(String.init))
    #expect(lines.isSuperset(of: ["seeds=7", "dataset=mnist", "leNet5Epochs=200", "rate=0.001"]))
  }
}
