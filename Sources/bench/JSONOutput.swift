import Foundation

/// Documents for programs on standard output; every one has a `schema`.
enum JSONOutput {
  static func show(_ document: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(document), as: UTF8.self))
  }

  /// A number with what it is; `value`, `low` and `high` are null where there is none.
  struct Number: Encodable {
    var metric: String
    var value: Double?
    var low: Double?
    var high: Double?
    var unit: String

    private enum CodingKeys: CodingKey { case metric, value, low, high, unit }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(metric, forKey: .metric)
      try container.encode(value, forKey: .value)
      try container.encode(low, forKey: .low)
      try container.encode(high, forKey: .high)
      try container.encode(unit, forKey: .unit)
    }
  }

  /// Seconds as a number.
  static func seconds(_ metric: String, _ value: Double?) -> Number {
    Number(metric: metric, value: value, unit: "s")
  }
  /// Bytes as a number.
  static func bytes(_ metric: String, _ value: Int?) -> Number {
    Number(metric: metric, value: value.map(Double.init), unit: "B")
  }
}
