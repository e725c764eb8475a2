import Harness

/// What settings may be, beyond their types: a wrong one is a user's mistake and says which and why.
enum SettingsCheck {
  /// - Throws: `HarnessError.wrongType` where a number lies outside a range.
  static func require<Number: Comparable>(
    _ setting: String, _ value: Number, in range: ClosedRange<Number>
  ) throws {
    guard range.contains(value) else {
      throw HarnessError.wrongType(
        setting: setting, expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(value)")
    }
  }

  /// The same for each of several.
  static func require<Number: Comparable>(
    _ setting: String, each values: [Number], in range: ClosedRange<Number>
  ) throws {
    for value in values { try require(setting, value, in: range) }
  }

  /// Steps, epochs, images: 1 to a thousand million.
  static func requireCounts(_ counts: (String, Int)...) throws {
    for (setting, count) in counts { try require(setting, count, in: 1...1_000_000_000) }
  }

  /// - Throws: `HarnessError.wrongType` where steps are not counts that rise, or end after a last one.
  static func requireRising(_ setting: String, _ steps: [Int], upTo last: Int = 1_000_000) throws {
    try require(setting, each: steps, in: 1...last)
    for (step, next) in zip(steps, steps.dropFirst()) where step >= next {
      throw HarnessError.wrongType(
        setting: setting, expected: "steps that rise", found: "\(next) after \(step)")
    }
  }
}
