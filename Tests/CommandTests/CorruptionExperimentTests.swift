import Files
import Foundation
import Harness
import Metrics
import Testing

/// The published ResNet-20 on corrupted pictures.
struct CorruptionExperimentTests {
  private func error(_ results: Results, _ corruption: String, _ severity: String) throws -> Double
  {
    try #require(
      results.values(
        metric: "test_error",
        where: ["corruption": corruption, "severity": severity, "variant": ""]
      ).first?.value)
  }

  @Test func smokeScoresEveryCorruptionAndAverages() throws {
    let id = "cifar10-c-resnet20"
    let work = try Workplace()
    let outcome = try work.bench(
      "reproduce", id, "--tier", "smoke", "--quiet", "--set", "pictures=4")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let results = try Results(fromRecords: RecordFolder(report: work.report(id)))
    let corruptions = results.distinct("corruption", metric: "test_error", where: [:])
      .filter { $0 != "clean" }
    #expect(corruptions.count == 19)
    for corruption in corruptions {
      let severities = try (1...5).map { try error(results, corruption, "\($0)") }
      #expect(abs(try error(results, corruption, "") - mean(severities)) < 1e-9)
      #expect(severities.allSatisfy { [0, 25, 50, 75, 100].contains($0) })
    }
    let extra = ["speckle_noise", "gaussian_blur", "spatter", "saturate"]
    let benchmark = corruptions.filter { !extra.contains($0) }
    #expect(benchmark.count == 15)
    let average = try #require(results.values(metric: "mu_ce").first?.value)
    #expect(abs(average - mean(try benchmark.map { try error(results, $0, "") })) < 1e-9)
    let pictures = try #require(results.rows(metric: "pictures").first)
    #expect(pictures.value == 4 && pictures.columns["variant"] == "generated")
    for file in ["heat_map.csv", "heat_map.png", "severity.csv", "severity.png", "table.md"] {
      #expect(try !Bytes.read(work.report(id).appendingPathComponent(file)).isEmpty)
    }
    let map = try CSV.read(work.report(id).appendingPathComponent("heat_map.csv"))
    #expect(map.rows.count == 19 * 6 && map.rows.allSatisfy { !$0[2].isEmpty })
  }

  /// The committed numbers against PyTorch on the same corrupted pictures (`networks_corrupted.py`).
  @Test func paperReportAgreesWithPyTorch() throws {
    let report = root.appendingPathComponent("reports/cifar10-c-resnet20/paper")
    let results = try Results(fromRecords: RecordFolder(report: report))
    let expected = try CSV.read(
      root.appendingPathComponent("Tests/Fixtures/Networks/corrupted-errors.csv"))
    #expect(expected.rows.count == 30)
    for row in expected.rows {
      let (pictures, wrong) = (try #require(Double(row[2])), try #require(Double(row[3])))
      #expect(pictures == 10_000)
      // Two answers of 10,000 may turn with the order of sums.
      let difference = try error(results, row[0], row[1]) - 100 * wrong / pictures
      #expect(abs(difference) < 0.021, "\(row[0]) \(row[1]): \(difference)")
    }
  }
}
