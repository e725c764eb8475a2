import Foundation

/// A JSON document as a value, so that a recipe's fields travel through plans and manifests unread.
///
/// Whole numbers stay whole: a 64-bit seed is not rounded through Double.
public enum JSONValue: Codable, Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A whole number that fits Int64.
  case int(Int64)
  /// A whole number above `Int64.max`.
  case unsigned(UInt64)
  /// Any other finite number.
  case double(Double)
  /// Text.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object.
  case object([String: JSONValue])

  /// Reads any JSON value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .int(value)
    } else if let value = try? container.decode(UInt64.self) {
      self = .unsigned(value)
    } else if let value = try? container.decode(Double.self) {
      self = .double(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// Writes the value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .unsigned(let value): try container.encode(value)
    case .double(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// What kind of value this is, for messages.
  public var kind: String {
    switch self {
    case .null: "nothing"
    case .bool: "true or false"
    case .int, .unsigned: "a whole number"
    case .double: "a number"
    case .string: "text"
    case .array: "a list"
    case .object: "a group of settings"
    }
  }
}

/// JSON whose bytes depend on the value alone: sorted keys, no spaces, shortest round-trip numbers.
public enum CanonicalJSON {
  /// Encodes `value`; `pretty` adds line breaks for files that people read.
  public static func encode<T: Encodable>(
    _ value: T, pretty: Bool = false, userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    encoder.userInfo = userInfo
    return try encoder.encode(value)
  }

  /// Decodes one document.
  public static func decode<T: Decodable>(_ type: T.Type, from data: Data) throws -> T {
    try JSONDecoder().decode(type, from: data)
  }

  /// The value as a tree.
  static func tree<T: Encodable>(
    _ value: T, userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) throws -> JSONValue {
    try decode(JSONValue.self, from: encode(value, userInfo: userInfo))
  }
}
