import Metrics
import Testing

@Suite struct CorruptionErrorTests {
  /// Accuracies that were logged for real networks on ImageNet-C, averaged by NumPy.
  @Test func loggedAccuraciesGiveWhatNumPyGives() throws {
    let rows = try fixture("corruption_errors.csv")
    let expected = try fixture("mean_corruption_errors.csv")
    #expect(expected.count == 15)
    for mean in expected {
      let own = rows.filter { row in
        ["network", "method", "n"].allSatisfy { row[$0] == mean[$0] }
      }
      #expect(own.count == 15)
      let errors = own.map { $0.numbers("errors") }
      let mce = meanCorruptionError(errors, baseline: own.map { $0.number("baseline") })
      #expect(abs(mce - mean.number("mce")) < 1e-9)
      #expect(abs(unnormalisedMeanCorruptionError(errors) - mean.number("mu_ce")) < 1e-9)
    }
  }

  @Test func normalisingTakesTheMeanOfRatios() {
    let errors = [[10.0, 30], [60, 100]]
    #expect(unnormalisedMeanCorruptionError(errors) == 50)
    // 20/40 and 80/80; the ratio of means would be 50/60.
    #expect(meanCorruptionError(errors, baseline: [40, 80]) == 75)
    #expect(meanCorruptionError(errors, baseline: [20, 80]) == 100)
  }
}
