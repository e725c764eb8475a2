import Files
import Foundation

/// Identity of a trial: SHA-256 of everything that determines its result, as 64 hexadecimal digits.
///
/// It covers recipe name and version, the recipe's own fields, seed, data digests, keys of what it
/// needs, and the numeric mode. Never the experiment or its settings: a network trained for one figure serves all.
public struct TrialKey: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let hex: String

  /// A key from its text; nil unless it is 64 lower-case hexadecimal digits.
  public init?(_ hex: String) {
    guard hex.utf8.count == 64,
      hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    self.hex = hex
  }

  /// Reads the digits; anything else is an error, so a key can safely name a folder.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let key = TrialKey(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected a key of 64 hexadecimal digits")
    }
    self = key
  }

  /// Writes the digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }

  /// The digits.
  public var description: String { hex }
  /// The first 12 digits, for people.
  public var short: String { String(hex.prefix(12)) }
  /// Alphabetical order.
  public static func < (a: TrialKey, b: TrialKey) -> Bool { a.hex < b.hex }
}

/// What a key is made of.
struct KeyMaterial<Fields: Encodable>: Encodable {
  var recipe: String
  var version: Int
  var fields: Fields
  var seed: UInt64
  var data: [String: String]
  var inputs: [TrialKey]
  var numericMode: String

  func key() throws -> TrialKey {
    let digest = Digest.sha256(of: [UInt8](try CanonicalJSON.encode(self)))
    guard let key = TrialKey(digest.hex) else { preconditionFailure("SHA-256 has 64 digits") }
    return key
  }
}
