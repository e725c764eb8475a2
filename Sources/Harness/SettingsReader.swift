import Foundation
import Yams

/// Turns YAML nodes and `key=value` texts into typed settings, naming what does not fit.
enum SettingsReader {
  static func decode<S: Codable>(_ type: S.Type, _ node: Node) throws -> S {
    let value: S
    do {
      value = try YAMLDecoder().decode(type, from: node)
    } catch let error as DecodingError {
      throw named(error, present: node.mapping?.keys.compactMap(\.string) ?? [])
    }
    // What the type did not take does not come back when it is written: that is a key nobody knows.
    try check(node, against: try CanonicalJSON.tree(value), path: "")
    return value
  }

  private static func check(_ node: Node, against tree: JSONValue, path: String) throws {
    guard let mapping = node.mapping, case .object(let known) = tree else { return }
    for (keyNode, value) in mapping {
      let key = keyNode.string ?? ""
      guard let inner = known[key] else {
        if value.null != nil { continue }
        throw HarnessError.unknownName(
          kind: "setting", name: path + key,
          suggestion: nearestName(to: key, in: Array(known.keys)).map { path + $0 },
          known: known.keys.sorted())
      }
      try check(value, against: inner, path: path + key + ".")
    }
  }

  /// Applies `key=value` (or `group.key=value`) texts, each typed by the settings themselves.
  static func applying<S: Codable>(_ overrides: [String], to settings: S) throws -> S {
    var settings = settings
    for text in overrides {
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
        throw HarnessError.wrongType(setting: text, expected: "key=value", found: text)
      }
      let key = String(text[..<equals])
      let value = String(text[text.index(after: equals)...])
      settings = try applying(key, value, to: settings)
    }
    return settings
  }

  private static func applying<S: Codable>(_ key: String, _ text: String, to settings: S) throws
    -> S
  {
    let tree = try CanonicalJSON.tree(settings)
    let path = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let current = value(at: path[...], in: tree)
    for candidate in candidates(text) {
      let changed = replacing(path[...], with: candidate, in: tree)
      guard let decoded = try? CanonicalJSON.decode(S.self, from: CanonicalJSON.encode(changed))
      else { continue }
      // A key that nobody reads vanishes; an optional one that was empty appears.
      guard let now = value(at: path[...], in: try CanonicalJSON.tree(decoded)) else { break }
      if current == nil && now == .null { break }
      return decoded
    }
    guard let current else {
      let known = names(in: tree)
      throw HarnessError.unknownName(
        kind: "setting", name: key, suggestion: nearestName(to: key, in: known), known: known)
    }
    throw HarnessError.wrongType(setting: key, expected: expected(current), found: text)
  }

  private static func expected(_ value: JSONValue) -> String {
    if case .array(let items) = value, let first = items.first {
      return "a list of values such as \(first.kind), separated by commas"
    }
    return value.kind
  }

  /// Every JSON value a text can mean, the most specific first.
  private static func candidates(_ text: String) -> [JSONValue] {
    var found: [JSONValue] = []
    if let value = Int64(text) { found.append(.int(value)) }
    if let value = UInt64(text) { found.append(.unsigned(value)) }
    if let value = Double(text), value.isFinite { found.append(.double(value)) }
    if text == "true" || text == "false" { found.append(.bool(text == "true")) }
    found.append(.string(text))
    let inner =
      text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    let items =
      inner.isEmpty ? [] : inner.split(separator: ",").map { String($0.trimmingPrefix(" ")) }
    // A list is of one kind: all numbers or all texts.
    let kinds: [(String) -> JSONValue?] = [
      { Int64($0).map(JSONValue.int) }, { Double($0).map(JSONValue.double) },
      { JSONValue.string($0) },
    ]
    for kind in kinds {
      let values = items.compactMap(kind)
      if values.count == items.count { found.append(.array(values)) }
    }
    return found
  }

  private static func value(at path: ArraySlice<String>, in tree: JSONValue) -> JSONValue? {
    guard let key = path.first else { return tree }
    guard case .object(let fields) = tree, let next = fields[key] else { return nil }
    return value(at: path.dropFirst(), in: next)
  }

  private static func replacing(
    _ path: ArraySlice<String>, with value: JSONValue, in tree: JSONValue
  ) -> JSONValue {
    guard let key = path.first else { return value }
    var fields: [String: JSONValue] = [:]
    if case .object(let known) = tree { fields = known }
    fields[key] = replacing(path.dropFirst(), with: value, in: fields[key] ?? .object([:]))
    return .object(fields)
  }

  private static func names(in tree: JSONValue, path: String = "") -> [String] {
    guard case .object(let fields) = tree else { return [] }
    return fields.keys.sorted().flatMap { key in
      [path + key] + names(in: fields[key] ?? .null, path: path + key + ".")
    }
  }

  private static func named(_ error: DecodingError, present: [String]) -> HarnessError {
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, _):
      return .missingSetting(
        key.stringValue, suggestion: nearestName(to: key.stringValue, in: present))
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      return .wrongType(
        setting: path(context), expected: words(for: type), found: "something else")
    case .dataCorrupted(let context):
      return .wrongType(
        setting: path(context), expected: "another value", found: context.debugDescription)
    @unknown default: return .wrongType(setting: "", expected: "settings", found: "\(error)")
    }
  }

  private static func words(for type: any Any.Type) -> String {
    if type is any BinaryInteger.Type { return "a whole number" }
    if type is any BinaryFloatingPoint.Type { return "a number" }
    if type == Bool.self { return "true or false" }
    if type == String.self { return "text" }
    return "\(type)"
  }
}
