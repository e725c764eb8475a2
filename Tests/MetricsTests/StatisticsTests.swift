import Metrics
import Testing

@Suite struct StatisticsTests {
  @Test func studentAgreesWithSciPy() throws {
    for row in try fixture("student_cdf.csv") {
      let t = StudentT(degreesOfFreedom: row.number("nu"))
      // GSL loses digits where no test will ever look, below 1e-30.
      let tolerance = min(row.number("cdf"), row.number("upper")) < 1e-30 ? 1e-6 : 1e-9
      #expect(relativeError(t.cdf(row.number("t")), row.number("cdf")) < tolerance, "\(row)")
      #expect(
        relativeError(t.upperTail(row.number("t")), row.number("upper")) < tolerance, "\(row)")
    }
    for row in try fixture("student_quantile.csv") {
      let t = StudentT(degreesOfFreedom: row.number("nu"))
      #expect(relativeError(t.quantile(row.number("p")), row.number("t")) < 1e-9, "\(row)")
    }
  }

  @Test func studentAtTheEnds() {
    let t = StudentT(degreesOfFreedom: 2)
    #expect(t.cdf(.infinity) == 1 && t.cdf(-.infinity) == 0 && t.cdf(0) == 0.5)
    #expect(t.upperTail(.infinity) == 0 && t.upperTail(-.infinity) == 1)
    #expect(t.quantile(0) == -.infinity && t.quantile(1) == .infinity)
  }

  @Test func samplesAgreeWithSciPy() throws {
    for row in try fixture("samples.csv") {
      let a = row.numbers("a")
      let b = row.numbers("b")
      let null = row.number("null")
      let close = { (x: Double, column: String) in
        abs(x - row.number(column)) <= 1e-9 * max(1, abs(row.number(column)))
      }
      #expect(close(mean(a), "mean") && close(standardDeviation(a), "sd"))
      #expect(close(quantile(a, 0.37), "q37"))
      let ci = try #require(confidenceInterval(ofMean: a))
      #expect(close(ci.low, "low95") && close(ci.high, "high95"))
      let difference = try #require(differenceInterval(a, printed: row.number("printed")))
      #expect(close(difference.low, "low") && close(difference.high, "high"))
      let greater = try #require(pairedTTest(a, b, null: null, alternative: .greater))
      #expect(close(greater.t, "t") && close(greater.p, "greater"))
      let less = try #require(pairedTTest(a, b, null: null, alternative: .less))
      #expect(close(less.p, "less"))
      let margin = row.number("margin")
      let p = try #require(
        equivalenceTest(a, reference: row.number("printed"), margin: margin))
      #expect(close(p, "tost"))
      let inside = Interval(low: -margin, high: margin).contains(difference)
      #expect((p <= 0.05) == inside, "TOST at 5 % is the 90 % interval inside the margin")
    }
  }

  @Test func tooFewValuesGiveNothing() {
    #expect(mean([]).isNaN && standardDeviation([1]).isNaN && quantile([], 0.5).isNaN)
    #expect(confidenceInterval(ofMean: [1]) == nil)
    #expect(differenceInterval([], printed: 1) == nil)
    #expect(pairedTTest([1], [2], alternative: .less) == nil)
    #expect(equivalenceTest([1], reference: 1, margin: 1) == nil)
    #expect(confidenceInterval(ofMean: [1, .nan]) == nil)
  }

  @Test func agreeingValuesDecideBySign() throws {
    let above = try #require(oneSampleTTest([2, 2, 2], null: 1, alternative: .greater))
    #expect(above.p == 0 && above.t == .infinity)
    #expect(oneSampleTTest([2, 2, 2], null: 1, alternative: .less)?.p == 1)
    #expect(oneSampleTTest([1, 1, 1], null: 1, alternative: .greater)?.p == 1)
    #expect(differenceInterval([2, 2, 2], printed: 2) == Interval(low: 0, high: 0))
  }

  @Test func intervalsCompare() {
    let a = Interval(low: -1, high: 1)
    #expect(a.contains(Interval(low: -1, high: 0.5)) && !a.contains(Interval(low: 0, high: 2)))
    #expect(
      a.isDisjoint(from: Interval(low: 1.5, high: 2))
        && !a.isDisjoint(from: Interval(low: 1, high: 2)))
    #expect(a.shifted(by: 2) == Interval(low: 1, high: 3))
  }

  @Test func bootstrapCoversAndRepeats() {
    var source = SplitMix64(state: 1)
    var covered = 0
    for _ in 0..<200 {
      let values = (0..<40).map { _ in Double.random(in: 0..<1, using: &source) }
      let interval = bootstrapInterval(ofMean: values, replicates: 300, using: &source)
      if interval.contains(0.5) { covered += 1 }
    }
    #expect((165...195).contains(covered), "90 % intervals covered \(covered) of 200")
    var one = SplitMix64(state: 7)
    var two = SplitMix64(state: 7)
    let values = [1.0, 5, 2, 8]
    let first = bootstrapInterval(ofMean: values, replicates: 100, using: &one)
    #expect(first == bootstrapInterval(ofMean: values, replicates: 100, using: &two))
    #expect(first.low >= 1 && first.high <= 8)
  }
}
