import Files
import Foundation

/// Policy files: JSON with the format's version, the family, and the sub-policies in order.
///
/// ```json
/// {
///   "policy": 1,
///   "family": "cifar",
///   "title": "For people, may be left out",
///   "source": "For people, may be left out",
///   "subPolicies": [
///     "central",
///     "crop_flip",
///     [{"transform": "ShearY", "magnitude": -12.5}, {"transform": "Color", "magnitude": 4}]
///   ]
/// }
/// ```
extension Policy {
  /// The version that is written, and the only one that is read.
  public static let formatVersion = 1
  /// Magnitudes beyond this have no meaning for some transform.
  public static let largestMagnitude = 60.0
  /// Sub-policies that a file may hold, and steps of each.
  static let most = (elements: 10_000, steps: 20)
  private static let central = "central"
  private static let cropAndFlip = "crop_flip"

  /// Reads a file.
  ///
  /// - Throws: `FileError`: not readable, no JSON; or which entry is wrong, what was expected there and what was found.
  public static func read(_ url: URL) throws(FileError) -> Policy {
    try parse(try Bytes.read(url, limit: 1 << 24), path: url.path)
  }

  /// Reads the bytes of a file.
  public static func parse(_ bytes: [UInt8], path: String = "policy") throws(FileError) -> Policy {
    func wrong(_ entry: String?, _ expected: String, _ found: String) -> FileError {
      FileError(
        .malformed, path: path, at: entry.map { .entry($0) } ?? .whole, expected: expected,
        found: found)
    }
    let root: JSONTree
    do {
      root = try JSONDecoder().decode(JSONTree.self, from: Data(bytes))
    } catch {
      throw wrong(nil, "JSON", "something else")
    }
    guard case .object(let fields) = root else { throw wrong(nil, "an object", root.words) }
    let known = ["policy", "family", "title", "source", "subPolicies"]
    for key in fields.keys.sorted() where !known.contains(key) {
      throw wrong(nil, "keys \(known.joined(separator: ", "))", "\"\(key)\"")
    }
    guard let version = fields["policy"], version == .number(Double(formatVersion)) else {
      throw wrong("policy", "version \(formatVersion)", fields["policy"]?.words ?? "none")
    }
    let families = ["cifar", "imagenet"]
    guard case .text(let name)? = fields["family"], let family = PolicyFamily(rawValue: name) else {
      throw wrong(
        "family", families.joined(separator: " or "), fields["family"]?.words ?? "none")
    }
    func text(_ key: String) throws(FileError) -> String {
      guard let value = fields[key] else { return "" }
      guard case .text(let text) = value else { throw wrong(key, "a text", value.words) }
      return text
    }
    let (title, source) = (try text("title"), try text("source"))
    guard case .list(let entries)? = fields["subPolicies"] else {
      throw wrong("subPolicies", "a list", fields["subPolicies"]?.words ?? "none")
    }
    guard (1...most.elements).contains(entries.count) else {
      throw wrong("subPolicies", "1 to \(most.elements) entries", "\(entries.count)")
    }
    var elements: [SubPolicy] = []
    for (index, entry) in entries.enumerated() {
      let place = "sub-policy \(index + 1)"
      switch entry {
      case .text(central): elements.append(.central)
      case .text(cropAndFlip): elements.append(.cropAndFlip)
      case .list(let steps):
        guard (1...most.steps).contains(steps.count) else {
          throw wrong(place, "1 to \(most.steps) steps", "\(steps.count)")
        }
        var read: [SubPolicy.Step] = []
        for (number, step) in steps.enumerated() {
          read.append(
            try parse(step, family: family) { expected, found in
              wrong("\(place), step \(number + 1)", expected, found)
            })
        }
        elements.append(SubPolicy(read))
      default:
        throw wrong(
          place, "\"\(central)\", \"\(cropAndFlip)\" or a list of steps", entry.words)
      }
    }
    return Policy(family: family, title: title, source: source, elements)
  }

  private static func parse(
    _ step: JSONTree, family: PolicyFamily, wrong: (String, String) -> FileError
  ) throws(FileError) -> SubPolicy.Step {
    guard case .object(let fields) = step else {
      throw wrong("an object of transform and magnitude", step.words)
    }
    for key in fields.keys.sorted() where key != "transform" && key != "magnitude" {
      throw wrong("keys transform, magnitude", "\"\(key)\"")
    }
    guard case .text(let name)? = fields["transform"],
      let transform = PolicyTransform(rawValue: name), family.transforms.contains(transform)
    else {
      let known = family.transforms.map(\.rawValue).joined(separator: ", ")
      throw wrong(
        "a transform of \(family.rawValue) (\(known))", fields["transform"]?.words ?? "none")
    }
    guard case .number(let magnitude)? = fields["magnitude"] else {
      throw wrong("a magnitude of \(name)", fields["magnitude"]?.words ?? "none")
    }
    guard abs(magnitude) <= largestMagnitude else {
      throw wrong(
        "a magnitude of \(name) from \(-Int(largestMagnitude)) to \(Int(largestMagnitude))",
        "\(magnitude)")
    }
    return SubPolicy.Step(transform, magnitude)
  }

  /// The file's text; the same policy gives the same text, and reading it gives the policy.
  public var json: String {
    func quoted(_ text: String) -> String {
      var line = "\""
      for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": line += "\\\(scalar)"
        case _ where scalar.value < 32: line += String(format: "\\u%04x", scalar.value)
        default: line.unicodeScalars.append(scalar)
        }
      }
      return line + "\""
    }
    let entries = elements.map { element -> String in
      if element == .central { return quoted(Self.central) }
      if element == .cropAndFlip { return quoted(Self.cropAndFlip) }
      let steps = element.steps.map {
        "{\"transform\": \(quoted($0.transform.rawValue)), \"magnitude\": \($0.magnitude)}"
      }
      return "[" + steps.joined(separator: ", ") + "]"
    }
    return """
      {
        "policy": \(Self.formatVersion),
        "family": \(quoted(family.rawValue)),
        "title": \(quoted(title)),
        "source": \(quoted(source)),
        "subPolicies": [
          \(entries.joined(separator: ",\n    "))
        ]
      }

      """
  }

  /// Writes a file.
  ///
  /// - Throws: `FileError`, as `AtomicFile.write`.
  public func write(to url: URL) throws(FileError) {
    try AtomicFile.write(json, to: url)
  }
}

/// JSON as it stands, to be looked through entry by entry.
private enum JSONTree: Decodable, Equatable {
  case null
  case truth(Bool)
  case number(Double)
  case text(String)
  case list([JSONTree])
  case object([String: JSONTree])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let truth = try? value.decode(Bool.self) {
      self = .truth(truth)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let list = try? value.decode([JSONTree].self) {
      self = .list(list)
    } else {
      self = .object(try value.decode([String: JSONTree].self))
    }
  }

  /// What it is, for an error.
  var words: String {
    switch self {
    case .null: "null"
    case .truth(let truth): "\(truth)"
    case .number(let number): "\(number)"
    case .text(let text): "\"\(text)\""
    case .list(let list): "a list of \(list.count)"
    case .object: "an object"
    }
  }
}
