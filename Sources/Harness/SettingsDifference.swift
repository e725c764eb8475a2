/// Where the settings of a run depart from an experiment's own for its tier. What the paper prints is not compared with
/// another experiment.
enum SettingsDifference {
  /// How often something is repeated: more or fewer of these make no other experiment.
  static let repetitions: Set<String> = ["seeds", "splits", "runs"]

  /// `key=value` for each setting that differs, sorted.
  static func departures(of settings: JSONValue, from own: JSONValue) -> [String] {
    let (found, expected) = (flat(settings), flat(own))
    return Set(found.keys).union(expected.keys)
      .filter { key in
        let last = key.split(separator: ".").last.map(String.init) ?? key
        return !repetitions.contains(last) && found[key] != expected[key]
      }
      .sorted().map { "\($0)=\(found[$0].map(text) ?? "none")" }
  }

  private static func flat(_ value: JSONValue, path: String = "") -> [String: JSONValue] {
    guard case .object(let fields) = value else { return [path: value] }
    return fields.reduce(into: [:]) { all, field in
      let key = path.isEmpty ? field.key : "\(path).\(field.key)"
      all.merge(flat(field.value, path: key)) { first, _ in first }
    }
  }

  private static func text(_ value: JSONValue) -> String {
    switch value {
    case .null: "none"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): value
    case .array(let items): items.map(text).joined(separator: ",")
    case .object: "{…}"
    }
  }
}
