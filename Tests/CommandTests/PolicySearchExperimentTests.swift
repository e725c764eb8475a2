import Files
import Foundation
import Harness
import Images
import Testing

/// Greedy policy search from training to report, small, on the embedded shapes.
struct PolicySearchExperimentTests {
  private func files(_ names: [String], in folder: URL) {
    for name in names {
      #expect(
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path), "\(name)")
    }
  }

  @Test func everyStrategyIsSearchedAndScored() throws {
    let work = try Workplace()
    let id = "gps-fig6-mce"
    let outcome = try work.bench("reproduce", id, "--tier", "smoke", "--quiet", minutes: 10)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let results = try Results(fromRecords: RecordFolder(report: work.report(id)))
    func values(_ metric: String, _ network: String, _ method: String, _ n: Int) -> [Double] {
      results.values(
        metric: metric,
        where: [
          "network": network, "method": method, "n": "\(n)", "against": "", "corruption": "",
        ]
      ).map(\.value)
    }
    for network in ["ResNet-8", "2 x ResNet-8", "ResNet-20"] {
      let count = network == "ResNet-8" ? 2 : 1
      for method in ["crop_flip", "randaugment_best_M", "as_in_training", "gps"] {
        #expect(values("negative_cll", network, method, 8).count == count, "\(network) \(method)")
        #expect(values("mu_ce", network, method, 4).count == count, "\(network) \(method)")
      }
      #expect(values("mu_ce", network, "central_crop", 1).count == count)
      #expect(values("negative_cll", network, "gps", 1).count == count)
    }
    // Ten shapes: an answer by chance errs in 90 % and costs log 10 = 2.30 nats.
    for value in values("test_error", "ResNet-8", "gps", 8) { #expect(value < 80) }
    for value in values("negative_cll", "ResNet-8", "gps", 8) { #expect(value < 2.1) }
    // Two networks together are better than the mean of them.
    let pair = try #require(values("negative_cll", "2 x ResNet-8", "crop_flip", 8).first)
    #expect(pair < values("negative_cll", "ResNet-8", "crop_flip", 8).reduce(0, +) / 2)
    // On its own pictures a search ends above where it began.
    for network in ["ResNet-8", "2 x ResNet-8", "ResNet-20"] {
      let first = values("search_score", network, "gps", 1)
      let last = values("search_score", network, "gps", 8)
      #expect(!first.isEmpty && zip(first, last).allSatisfy { $0 <= $1 })
    }
    // The gain is the difference of what is reported.
    let gain = try #require(
      results.values(
        metric: "corruption_gain",
        where: [
          "network": "ResNet-20", "method": "gps", "against": "crop_flip", "n": "4",
        ]
      ).first?.value)
    let difference =
      try #require(values("mu_ce", "ResNet-20", "crop_flip", 4).first)
      - (try #require(values("mu_ce", "ResNet-20", "gps", 4).first))
    #expect(abs(gain - difference) < 1e-4)
    files(
      ["table.csv", "in_domain.csv", "search.csv", "mu_ce.png", "likelihood.png"],
      in: work.report(id))

    // The policy is there already; drawing it trains nothing.
    let drawn = try work.bench("reproduce", "gps-fig5-policy", "--tier", "smoke", "--quiet")
    #expect(drawn.code == 0, "\(drawn.errors)")
    files(["policy.png", "table.csv", "score.png"], in: work.report("gps-fig5-policy"))
    let records = work.report("gps-fig5-policy").appendingPathComponent("records")
    let policies = try FileManager.default.subpathsOfDirectory(atPath: records.path)
      .filter { $0.hasSuffix("/policy.json") }
    #expect(!policies.isEmpty)
    for path in policies {
      let policy = try Policy.read(records.appendingPathComponent(path))
      #expect(policy.elements.count == 8 && policy.family == .cifar)
    }
  }

  @Test func thePolicyOfPhotosOnEnlargedShapes() throws {
    let work = try Workplace()
    let id = "gps-imagenet"
    let outcome = try work.bench(
      "reproduce", id, "--tier", "smoke", "--quiet", "--set", "training.epochs=4")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let results = try Results(fromRecords: RecordFolder(report: work.report(id)))
    func value(_ metric: String, _ method: String, _ n: Int, against: String = "") -> Double? {
      results.values(
        metric: metric,
        where: ["method": method, "n": "\(n)", "against": against, "corruption": ""]
      ).first?.value
    }
    for (method, n) in [("central_crop", 1), ("crop_flip", 5), ("gps", 20)] {
      let (mce, plain) = (
        try #require(value("mce", method, n)), try #require(value("mu_ce", method, n))
      )
      // AlexNet's errors lie between 56 and 93 %.
      #expect(mce > plain && mce < plain / 0.56)
    }
    let gain = try #require(value("corruption_gain", "gps", 20, against: "central_crop"))
    let difference =
      try #require(value("mce", "central_crop", 1)) - (try #require(value("mce", "gps", 20)))
    #expect(abs(gain - difference) < 1e-3)
    files(["table.csv", "recorded.csv", "views.png"], in: work.report(id))
    let recorded = try String(
      contentsOf: work.report(id).appendingPathComponent("recorded.csv"), encoding: .utf8)
    #expect(recorded.split(separator: "\n").count == 16)
  }

  @Test func settingsThatNothingCanBeMadeOfAreOneLine() throws {
    let work = try Workplace()
    let cases: [(String, String, String)] = [
      ("gps-fig6-mce", "search.pool.strongMagnitude=90", "search.pool.strongMagnitude"),
      ("gps-fig6-mce", "search.steps=0", "search.steps"),
      ("gps-fig6-mce", "severities=[1,7]", "severities"),
      ("gps-fig6-mce", "sizes=[5,1]", "sizes"),
      ("gps-fig6-mce", "magnitudes=[]", "magnitudes"),
      ("gps-fig6-mce", "networks=[efficientnet-lite0]", "network"),
      ("gps-fig5-policy", "pictures=0", "pictures"),
      ("gps-imagenet", "sizes=[1,50]", "sizes"),
      ("gps-imagenet", "corruptions=[spatter]", "corruptions"),
    ]
    for (id, setting, name) in cases {
      let outcome = try work.bench("reproduce", id, "--quiet", "--set", setting)
      #expect(outcome.code == 2, "\(setting): \(outcome.code) \(outcome.errors)")
      #expect(
        outcome.errorLines.count == 1 && outcome.errors.contains(name),
        "\(setting): \(outcome.errors)")
    }
  }
}
