import Files
import Foundation
import Methods
import Testing

/// The divergence from the log-uniform prior against values of 50-digit arithmetic (`Tests/Oracles/methods.py`).
struct DivergenceTests {
  private var table: [[Double]] {
    get throws {
      let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .appendingPathComponent("Fixtures/Methods/kl.csv")
      return try CSV.read(url).rows.map { $0.map { Double($0) ?? .nan } }
    }
  }

  @Test func exactValuesAgree() throws {
    let rows = try table
    #expect(rows.count == 65)
    for row in rows {
      let ours = -LogUniformDivergence.exact(logAlpha: row[0])
      // The series is summed in double precision over up to some 2,000 terms.
      #expect(
        abs(ours - row[1]) < 1e-9 * max(1, abs(row[1])),
        "log alpha \(row[0]): \(ours), not \(row[1])")
    }
  }

  @Test func approximateValuesAgree() throws {
    for row in try table {
      let ours = -LogUniformDivergence.approximation(logAlpha: row[0])
      #expect(abs(ours - row[2]) < 1e-10, "log alpha \(row[0]): \(ours), not \(row[2])")
    }
  }

  @Test func relevanceIsTheDivergenceFromTheBestGaussian() {
    // KL(N(m, s²) | N(0, t)) at its best t = m² + s², from the closed form of two Gaussians.
    for (mean, deviation) in [(0.3, 0.1), (1.0, 2.0), (0.01, 0.5)] {
      let t = mean * mean + deviation * deviation
      let closed =
        0.5 * (log(t / (deviation * deviation)) + (deviation * deviation + mean * mean) / t - 1)
      let logAlpha = log(deviation * deviation / (mean * mean))
      #expect(abs(LogUniformDivergence.automaticRelevance(logAlpha: logAlpha) - closed) < 1e-12)
    }
  }
}
