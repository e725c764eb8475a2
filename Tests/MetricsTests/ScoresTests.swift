import Metrics
import Testing

@Suite struct ScoresTests {
  @Test func countsHitsAndMisses() {
    let labels: [UInt8] = [0, 1, 2, 1]
    #expect(accuracy(predictions: [0, 1, 1, 1], labels: labels) == 0.75)
    #expect(testError(predictions: [0, 1, 1, 1], labels: labels) == 25)
  }

  @Test func predictsTheLargestAndNeverNaN() {
    let scores: [Float] = [0, 2, 1, 3, 3, 1, .nan, -1, -2, .nan, .nan, .nan]
    #expect(predictions(scores: scores, classes: 3) == [1, 0, 1, 0])
    #expect(predictions(scores: [Float](), classes: 3) == [])
  }

  @Test func likelihoodIsTheMeanOfLabels() {
    let logs: [Float] = [-1, -2, -3, -4]
    #expect(negativeLogLikelihood(logProbabilities: logs, classes: 2, labels: [1, 0]) == 2.5)
  }
}
