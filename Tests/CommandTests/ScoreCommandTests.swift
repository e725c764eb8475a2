import Files
import Foundation
import Metrics
import Testing

/// `bench score`.
struct ScoreCommandTests {
  private static let fixtures = root.appendingPathComponent("Tests/Fixtures/Metrics")
  private func fixture(_ name: String) -> String { Self.fixtures.appendingPathComponent(name).path }

  /// The numbers of a `--json` document by metric.
  private func numbers(_ outcome: Outcome) throws -> [String: [String: Any]] {
    let listed = try #require(try outcome.json()["numbers"] as? [[String: Any]])
    return Dictionary(uniqueKeysWithValues: listed.map { ($0["metric"] as? String ?? "", $0) })
  }

  /// What the libraries of the oracle say of the same files.
  @Test(arguments: [("soft", "probabilities", 1), ("ensemble", "logits", 4)])
  func scoresAreThoseOfOtherLibraries(_ name: String, kind: String, members: Int) throws {
    let outcome = try Workplace().bench(
      "score", "--\(kind)", fixture("scores_\(name)_\(kind).npy"), "--labels",
      fixture("scores_\(name)_labels.npy"), "--resamples", "100", "--json")
    #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
    let document = try outcome.json()
    #expect(document["members"] as? Int == members && document["seed"] as? Int == 0)
    #expect(document["kind"] as? String == kind && document["schema"] as? Int == 1)
    #expect((document["temperatures"] as? [Double])?.count == 10)
    let found = try numbers(outcome)
    #expect(found.count == 15)
    let rows = try String(
      contentsOf: Self.fixtures.appendingPathComponent("scores.csv"), encoding: .utf8
    ).split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    var compared = 0
    for row in rows where row[0] == name && !row[1].hasPrefix("calibrated_") {
      let number = try #require(found[row[1]])
      let value = try #require(number["value"] as? Double)
      let expected = try #require(Double(row[2]))
      #expect(abs(value - expected) < 1e-12 * max(1, abs(expected)), "\(row)")
      let (low, high) = (number["low"] as? Double ?? .nan, number["high"] as? Double ?? .nan)
      #expect(low <= value && value <= high && low < high, "\(row)")
      #expect(found["calibrated_" + row[1]]?["low"] is Double)
      compared += 1
    }
    #expect(compared == 7)
  }

  /// A seed moves halves and resamples, and nothing else.
  @Test func theSeedIsPrintedAndRepeats() throws {
    let work = try Workplace()
    func score(_ more: String...) throws -> Outcome {
      try work.start(
        [
          "score", "--probabilities", fixture("scores_soft_probabilities.npy"), "--labels",
          fixture("scores_soft_labels.npy"), "--resamples", "50",
        ] + more
      ).wait()
    }
    let (first, second, other) = (try score(), try score("--seed", "0"), try score("--seed", "1"))
    #expect(first.code == 0 && first.output == second.output)
    #expect(first.output.contains("seed 0") && other.output.contains("seed 1"))
    #expect(first.output != other.output)
    let (a, b) = (try numbers(score("--json")), try numbers(score("--json", "--seed", "1")))
    #expect(a["ece"]?["value"] as? Double == b["ece"]?["value"] as? Double)
    #expect(
      a["calibrated_log_likelihood"]?["value"] as? Double
        != b["calibrated_log_likelihood"]?["value"] as? Double)
    let bare = try numbers(score("--json", "--resamples", "0"))
    #expect(bare["brier"]?["low"] is NSNull && bare["brier"]?["value"] is Double)
  }

  // MARK: Bad input

  /// Four rows of three classes, and their labels, each with one thing wrong.
  struct Mistake: CustomTestStringConvertible, Sendable {
    var kind = "probabilities"
    var table = NPY(good, shape: [4, 3])
    var labels = NPY([Int32](arrayLiteral: 0, 1, 2, 0), shape: [4])
    let says: String
    var testDescription: String { says }
    static let good: [Float] = [
      0.5, 0.25, 0.25, 1, 0, 0, 0.125, 0.125, 0.75, 0.25, 0.5, 0.25,
    ]

    /// The good table with one number changed.
    static func changed(_ place: Int, to value: Float) -> NPY {
      var numbers = good
      numbers[place] = value
      return NPY(numbers, shape: [4, 3])
    }
  }

  static let mistakes: [Mistake] = [
    Mistake(
      table: Mistake.changed(7, to: 0.5),
      says:
        "table.npy: row 2: expected probabilities that sum to 1 within 0.0001, found 1.375"),
    Mistake(
      table: Mistake.changed(4, to: -0.25),
      says: "table.npy: row 1, column 1: expected a probability, 0 or more, found -0.25"),
    Mistake(
      table: Mistake.changed(11, to: .nan),
      says: "table.npy: row 3, column 2: expected a finite number, found nan"),
    Mistake(
      kind: "logits", table: Mistake.changed(0, to: .infinity),
      says: "table.npy: row 0, column 0: expected a finite number, found inf"),
    Mistake(
      table: NPY(Mistake.good + Mistake.changed(5, to: 2).floats(), shape: [2, 4, 3]),
      says:
        "table.npy: member 1, row 1: expected probabilities that sum to 1 within 0.0001, found 3.0"
    ),
    Mistake(
      kind: "logits",
      table: NPY(Mistake.good + Mistake.changed(5, to: -.infinity).floats(), shape: [2, 4, 3]),
      says: "table.npy: member 1, row 1, column 2: expected a finite number, found -inf"),
    Mistake(
      table: NPY(Mistake.good, shape: [12]),
      says: "table.npy: expected shape [N, C] or [S, N, C], found [12]"),
    Mistake(
      table: NPY(Mistake.good, shape: [1, 1, 4, 3]),
      says: "table.npy: expected shape [N, C] or [S, N, C], found [1, 1, 4, 3]"),
    Mistake(
      table: NPY([Float](), shape: [0, 3]),
      says: "table.npy: expected at least 2 rows and 2 classes, found shape [0, 3]"),
    Mistake(
      table: NPY([Float](), shape: [0, 4, 3]),
      says: "table.npy: expected at least 2 rows and 2 classes, found shape [0, 4, 3]"),
    Mistake(
      table: NPY([Float](repeating: 1, count: 4), shape: [4, 1]),
      says: "table.npy: expected at least 2 rows and 2 classes, found shape [4, 1]"),
    Mistake(
      table: NPY([Int32](repeating: 1, count: 12), shape: [4, 3]),
      says: "table.npy: expected floating-point numbers (f2, f4 or f8), found i4"),
    Mistake(
      labels: NPY([Int32](arrayLiteral: 0, 1, 2), shape: [3]),
      says: "labels.npy: expected shape [4] to go with [4, 3] of table.npy, found [3]"),
    Mistake(
      labels: NPY([Int32](arrayLiteral: 0, 1, 2, 0), shape: [4, 1]),
      says: "labels.npy: expected shape [4] to go with [4, 3] of table.npy, found [4, 1]"),
    Mistake(
      labels: NPY([Int32](arrayLiteral: 0, 1, 3, 0), shape: [4]),
      says: "labels.npy: row 2: expected a label in 0 ..< 3, found 3"),
    Mistake(
      labels: NPY([Int64](arrayLiteral: 0, -1, 2, 0), shape: [4]),
      says: "labels.npy: row 1: expected a label in 0 ..< 3, found -1"),
    Mistake(
      labels: NPY([Float](arrayLiteral: 0, 1, 2, 0), shape: [4]),
      says: "labels.npy: expected integers, found f4"),
  ]

  @Test(arguments: mistakes) func mistake(_ mistake: Mistake) throws {
    let work = try Workplace()
    try mistake.table.write(to: work.at("table.npy"))
    try mistake.labels.write(to: work.at("labels.npy"))
    let outcome = try work.bench(
      "score", "--\(mistake.kind)", "table.npy", "--labels", "labels.npy")
    #expect(outcome.code == 5 && outcome.output == "")
    #expect(outcome.errors == "bench: \(mistake.says)\n")
  }

  /// The table that the mistakes are made in is itself fine, also in half precision with its coarser sums.
  @Test func theGoodTableIsScored() throws {
    let work = try Workplace()
    try NPY([Int64](arrayLiteral: 0, 1, 2, 0), shape: [4]).write(to: work.at("labels.npy"))
    try NPY(Mistake.good, shape: [4, 3]).write(to: work.at("table.npy"))
    // A third in half precision is 0.33325.
    try NPY(
      shape: [4, 3], elementType: .f2, bytes: (0..<12).flatMap { _ in [0x55, 0x35] as [UInt8] }
    )
    .write(to: work.at("half.npy"))
    for table in ["table.npy", "half.npy"] {
      let outcome = try work.bench("score", "--probabilities", table, "--labels", "labels.npy")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output.hasPrefix("\(table), probabilities of 4 rows and 3 classes\nseed 0"))
    }
  }

  @Test func filesAndOptions() throws {
    let work = try Workplace()
    try NPY(Mistake.good, shape: [4, 3]).write(to: work.at("table.npy"))
    try AtomicFile.write("no array", to: work.at("text.npy"))
    let cases: [([String], Int32, String)] = [
      (["--logits", "nowhere.npy", "--labels", "table.npy"], 5, "nowhere.npy"),
      (["--logits", "table.npy", "--labels", "nowhere.npy"], 5, "nowhere.npy"),
      (
        ["--logits", "text.npy", "--labels", "table.npy"], 5, "text.npy: at byte 0: expected magic"
      ),
      (["--labels", "table.npy"], 2, "either --logits or --probabilities"),
      (
        ["--logits", "table.npy", "--probabilities", "table.npy", "--labels", "table.npy"], 2,
        "either --logits or --probabilities"
      ),
      (
        ["--logits", "table.npy", "--labels", "table.npy", "--resamples", "100001"], 2,
        "--resamples: expected 0 to 100000, found 100001"
      ),
    ]
    for (arguments, code, message) in cases {
      let outcome = try work.start(["score"] + arguments).wait()
      #expect(outcome.code == code && outcome.output == "", "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
      if code == 5 { #expect(outcome.errorLines.count == 1) }
    }
  }

  // MARK: The manual

  /// The example of docs/uncertainty.md prints what stands below it.
  @Test func theDocumentedExampleRuns() throws {
    let text = try String(
      contentsOf: root.appendingPathComponent("docs/uncertainty.md"), encoding: .utf8)
    let parts = text.components(separatedBy: "```")
    let place = try #require(parts.firstIndex { $0.hasPrefix("sh\nbench score") })
    let command = parts[place].dropFirst(3).replacing("\\\n", with: " ")
    let words = command.split(whereSeparator: \.isWhitespace).map(String.init).dropFirst()
    let work = try Workplace()
    try FileManager.default.createSymbolicLink(
      at: work.at("Tests"), withDestinationURL: root.appendingPathComponent("Tests"))
    let outcome = try work.start(Array(words)).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    let shown = parts[place + 2].split(separator: "\n", maxSplits: 1)
    #expect(shown.first == "text" && shown.last.map(String.init) == outcome.output)
  }
}
