import Files
import Foundation
import Harness
import Metrics
import Testing

@Suite struct VerdictTests {
  @Test func printedDigitsTellTheRounding() throws {
    let cases: [(String, Double, Double)] = [
      ("1.64", 1.64, 0.005), ("68", 68, 0.5), ("0.80", 0.8, 0.005), ("-3.5", -3.5, 0.05),
      ("1e3", 1000, 500), ("2.5e-3", 0.0025, 0.00005), ("7.", 7, 0.5),
    ]
    for (text, value, half) in cases {
      let printed = try #require(PrintedNumber(text))
      #expect(printed.value == value && abs(printed.halfUnit - half) < 1e-15, "\(text)")
    }
    for text in ["", "> 15", "nan", "inf", "1,5", "0x10", "1e999", "--1", "abc"] {
      #expect(PrintedNumber(text) == nil, "\(text)")
    }
  }

  private func compare(
    _ values: [Double], _ printed: String, _ margin: Double, _ direction: Direction = .lower
  ) -> Comparison {
    Comparison(
      values: values, printed: PrintedNumber(printed)!,
      margin: Margin(absolute: margin, reason: "test"), direction: direction)
  }

  @Test func ruleGivesEveryVerdict() {
    #expect(compare([1.9, 1.91, 1.92], "1.92", 0.15).verdict == .reproduced)
    #expect(compare([1.5, 1.51, 1.52], "1.92", 0.15).verdict == .exceeds)
    #expect(compare([1.5, 1.51, 1.52], "1.92", 0.15, .higher).verdict == .deviates)
    #expect(compare([1.5, 1.51, 1.52], "1.92", 0.15, .none).verdict == .deviates)
    #expect(compare([2.5, 2.51, 2.52], "1.92", 0.15).verdict == .deviates)
    #expect(compare([2.5, 2.51, 2.52], "1.92", 0.15, .higher).verdict == .exceeds)
    #expect(compare([1.5, 1.9, 2.3], "1.92", 0.15).verdict == .consistent)
    #expect(compare([2.0, 2.07, 2.12], "1.92", 0.15).verdict == .inconclusive)
    #expect(compare([1.92, 1.92], "1.92", 0.15).verdict == .inconclusive)
    #expect(compare([1.92], "1.92", 0.15).verdict == .inconclusive)
    #expect(compare([], "1.92", 0.15).verdict == .notComparable)
    #expect(compare([1.92, 1.92, 1.92], "1.92", 0).verdict == .reproduced, "equal seeds decide")
    let smoke = Comparison(
      values: [9, 9, 9], printed: PrintedNumber("1")!, margin: nil, direction: .lower,
      notComparable: "smoke tier")
    #expect(smoke.verdict == .notComparable && smoke.why == "smoke tier")
  }

  @Test func halfAUnitBelongsToTheMargin() {
    #expect(compare([1.924, 1.924, 1.924], "1.92", 0).verdict == .reproduced)
    #expect(compare([1.926, 1.926, 1.926], "1.92", 0).verdict == .deviates)
    let relative = Margin(relative: 0.15, reason: "test").width(around: PrintedNumber("68")!)
    #expect(abs(relative - 10.7) < 1e-12)
  }

  @Test func movingAReferenceByTwiceItsMarginFlips() {
    var generator = SystemRandomNumberGenerator()
    var flipped = 0
    for _ in 0..<500 {
      let centre = Double.random(in: 1...3, using: &generator)
      let spread = Double.random(in: 0...0.05, using: &generator)
      let values = (0..<4).map { _ in centre + Double.random(in: -1...1, using: &generator) * spread
      }
      let offset = Double.random(in: -0.14...0.14, using: &generator)
      let text = String(format: "%.2f", centre + offset)
      let before = compare(values, text, 0.15)
      for sign in [-1.0, 1.0] {
        let moved = String(format: "%.6f", before.margin * 2 * sign + PrintedNumber(text)!.value)
        let after = compare(values, moved, 0.15)
        if before.verdict == .reproduced {
          #expect(after.verdict != .reproduced && after.verdict != .consistent)
          flipped += 1
        }
      }
    }
    #expect(flipped > 200)
  }

  @Test func claimsFollowSignificance() {
    let below: ClaimOutcome = .test(differences: [-1, -1.1, -0.9], .less)
    #expect(below.verdict == .reproduced && below.seeds == 3 && below.interval != nil)
    #expect(ClaimOutcome.test(differences: [-1, -1.1, -0.9], .greater).verdict == .deviates)
    #expect(ClaimOutcome.test(differences: [-1, 1, 0.1], .less).verdict == .inconclusive)
    #expect(ClaimOutcome.test(differences: [-1], .less).verdict == .inconclusive)
    #expect(ClaimOutcome.test(differences: [], .less).verdict == .notComparable)
    // The tolerance stands on the right-hand side.
    #expect(
      ClaimOutcome.test(differences: [0.5, 0.51, 0.52], .less, bound: 0.7).verdict == .reproduced)
    #expect(
      ClaimOutcome.test(differences: [0.5, 0.51, 0.52], .less, bound: 0.4).verdict == .deviates)
  }

  @Test func partsMustAllHold() {
    let yes = ClaimOutcome.certain(true, why: "a")
    let no = ClaimOutcome.certain(false, why: "b")
    let maybe = ClaimOutcome(verdict: .inconclusive, seeds: 2, why: "c")
    let none = ClaimOutcome.notMeasured("d")
    #expect(ClaimOutcome.all([yes, yes]).verdict == .reproduced)
    #expect(ClaimOutcome.all([yes, no, maybe]).verdict == .deviates)
    #expect(ClaimOutcome.all([yes, maybe]).verdict == .inconclusive)
    #expect(ClaimOutcome.all([yes, none]).verdict == .inconclusive)
    #expect(ClaimOutcome.all([none, none]).verdict == .notComparable)
    #expect(ClaimOutcome.all([]).verdict == .notComparable)
  }

  /// Of many parts one is opposite by chance: their number counts.
  @Test func manyPartsAreCorrectedFor() {
    // p of the opposite 0.022 and 0.0017, by the t-test on 2 degrees of freedom.
    let slightly: ClaimOutcome = .test(differences: [1, 1.5, 0.7], .less)
    let clearly: ClaimOutcome = .test(differences: [1, 1.1, 0.9], .less)
    #expect(slightly.verdict == .deviates && clearly.verdict == .deviates)
    #expect((0.02...0.04).contains(slightly.oppositeP ?? 1))
    let fine: ClaimOutcome = .test(differences: [-1, -1.1, -0.9], .less)
    #expect(ClaimOutcome.all([slightly, fine]).verdict == .deviates)
    #expect(ClaimOutcome.all([slightly, fine, fine]).verdict == .inconclusive)
    #expect(ClaimOutcome.all([slightly, fine, fine]).why.contains("corrected for 3 parts"))
    #expect(ClaimOutcome.all([clearly, fine]).verdict == .deviates)
    #expect(
      ClaimOutcome.all(Array(repeating: fine, count: 30) + [clearly]).verdict == .inconclusive)
    // Parts within parts count as if they stood side by side.
    let nested = ClaimOutcome.all([.all([slightly, fine]), fine])
    #expect(nested.verdict == .inconclusive && nested.tests == 3)
    #expect(nested.oppositeP == slightly.oppositeP)
  }

  @Test func intervalsDecide() {
    func outcome(_ low: Double, _ high: Double, _ side: Alternative) -> ClaimOutcome {
      .test((low + high) / 2, in: Interval(low: low, high: high), side, why: "a")
    }
    #expect(outcome(0.1, 1, .greater).verdict == .reproduced)
    #expect(outcome(0.1, 1, .less).verdict == .deviates)
    #expect(outcome(-0.1, 1, .greater).verdict == .inconclusive)
    #expect(outcome(-1, -0.1, .less).verdict == .reproduced)
    // A 90 % interval that ends at the bound is a one-sided p of 0.05.
    #expect(abs((outcome(0, 1, .less).oppositeP ?? 1) - 0.05) < 1e-6)
    #expect(abs((outcome(-1, 0, .greater).oppositeP ?? 1) - 0.05) < 1e-6)
    #expect(abs((outcome(-1, 1, .greater).oppositeP ?? 1) - 0.5) < 1e-12)
    #expect(outcome(0, 0, .greater).oppositeP == 0.5)
    #expect(outcome(1, 1, .less).oppositeP == 0 && outcome(1, 1, .greater).oppositeP == 1)
    // What varies nowhere does not hide what deviates.
    #expect(
      ClaimOutcome.all([outcome(0, 0, .greater), outcome(-9, -8, .greater)]).verdict == .deviates)
  }

  @Test func exitCodesFollowTheirOrder() {
    func code(
      _ interrupted: Bool, _ failures: [TrialFailure], _ verdicts: [Verdict], _ tier: Tier = .paper
    ) -> Int32 {
      ExitStatus.of(interrupted: interrupted, failures: failures, verdicts: verdicts, tier: tier)
        .rawValue
    }
    #expect(code(false, [], [.reproduced, .exceeds, .consistent, .notComparable]) == 0)
    #expect(code(false, [], [.deviates, .inconclusive]) == 1)
    #expect(code(false, [], [.inconclusive, .reproduced]) == 4)
    #expect(code(false, [], [.deviates], .smoke) == 0)
    #expect(code(false, [.diverged("x")], [.deviates]) == 3)
    #expect(code(false, [.killed(signal: 9, output: "")], [], .smoke) == 3)
    #expect(code(false, [.diverged("x"), .data("y")], [.deviates]) == 5)
    #expect(code(false, [.cannotWrite("z"), .data("y")], []) == 6)
    #expect(code(true, [.cannotWrite("z")], [.deviates]) == 130)
    #expect(code(false, [.interrupted], []) == 3)
    #expect(ExitStatus.combined([.usage, .cannotWrite]) == .usage)
    #expect(ExitStatus.combined([]) == .success)
    let errors: [(any Error, Int32)] = [
      (HarnessError.cannotWrite(path: "x", why: "y"), 6),
      (HarnessError.unknownName(kind: "a", name: "b", suggestion: nil, known: []), 2),
      (HarnessError.malformed(file: "a/references.csv", line: 1, expected: "", found: ""), 2),
      (HarnessError.malformed(file: "k/measurements.csv", line: 1, expected: "", found: ""), 5),
      (FileError(.noSpace, path: "x", expected: "", found: ""), 6),
      (FileError(.wrongHash, path: "x", expected: "", found: ""), 5),
      (TrialFailure.diverged("x"), 3),
    ]
    for (error, code) in errors { #expect(ExitStatus.of(error).rawValue == code, "\(error)") }
    #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6, 130])
  }

  @Test func twoRowsOfOneSeedAreNotReplicates() throws {
    let rows = ["x", "y", "z"].map {
      ResultRow(
        columns: ["method": "a", "extra": $0], seed: 1, metric: "error", value: 1, unit: "")
    }
    let results = Results(
      experiment: "e", tier: .paper, rows: rows, factors: ["method", "extra"])
    let scratch = try Scratch()
    let file = try scratch.write("method,metric,value\na,error,1\n", "references.csv")
    let verdicts = try VerdictTable.rows(
      results, definition: ExperimentDefinition(id: "toy", yaml: toyYAML),
      references: References(file, experiment: "e"), claims: [], texts: [])
    #expect(verdicts.map(\.verdict) == [.notComparable])
  }

  @Test func resultsAreAskedByName() throws {
    func row(_ method: String, _ seed: UInt64, _ value: Double, epoch: String? = nil) -> ResultRow {
      var columns = ["method": method]
      columns["epoch"] = epoch
      return ResultRow(columns: columns, seed: seed, metric: "error", value: value, unit: "%")
    }
    let rows = [
      row("b", 2, 4), row("a", 10, 3), row("a", 2, 1), row("b", 10, 9), row("a", 3, 7),
      row("a", 2, 5, epoch: "10"), row("a", 2, 6, epoch: "9"),
    ]
    let results = Results(experiment: "e", tier: .paper, rows: rows, factors: ["method"])
    #expect(
      results == Results(experiment: "e", tier: .paper, rows: rows.reversed(), factors: ["method"]))
    #expect(results.columns == ["method", "epoch"] && results.coordinates == ["epoch"])
    let a = results.values(metric: "error", where: ["method": "a", "epoch": ""])
    #expect(a.map(\.seed) == [2, 3, 10] && a.map(\.value) == [1, 7, 3])
    #expect(results.distinct("epoch", metric: "error") == ["9", "10"])
    let pair = results.paired(
      ("error", ["method": "a", "epoch": ""]), ("error", ["method": "b", "epoch": ""]))
    #expect(pair.a == [1, 3] && pair.b == [4, 9])
    #expect(results.values(metric: "none").isEmpty && results.metrics == ["error"])
    #expect(
      MeasurementTable.encode(results).split(separator: "\n").prefix(3)
        == [
          "experiment,tier,method,epoch,seed,metric,value,unit", "e,paper,a,,2,error,1,%",
          "e,paper,a,,3,error,7,%",
        ])
  }

  @Test func plainArithmeticNeedsOneRun() throws {
    let printed = try #require(PrintedNumber("0.25"))
    func verdict(_ value: Double, certain: Bool) -> Verdict {
      Comparison(
        values: [value], printed: printed, margin: nil, direction: .none, isDeterministic: certain
      ).verdict
    }
    #expect(verdict(0.2549, certain: true) == .reproduced)
    #expect(verdict(0.2551, certain: true) == .deviates)
    #expect(verdict(0.2549, certain: false) == .inconclusive)
  }
}
