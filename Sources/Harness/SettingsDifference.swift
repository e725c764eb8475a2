/// Where the settings of a run depart from an experiment's own for its tier. What the paper prints is not compared with
/// another experiment.
enum SettingsDifference {
  /// How often something is repeated: more or fewer of these make no other experiment.
  static let repetitions: Set<String> = ["seeds", "splits", "runs"]

  /// `key=value` for each setting that differs, sorted.
  static func departures(of settings: JSONValue, from own: JSONValue) -> [String] {
    let (found, expected) = (settings.flat(), own.flat())
    return Set(found.keys).union(expected.keys)
      .filter { key in
        let last = key.split(separator: ".").last.map(String.init) ?? key
        return !repetitions.contains(last) && found[key] != expected[key]
      }
      .sorted().map { "\($0)=\(found[$0]?.settingText ?? "none")" }
  }
}

extension JSONValue {
  /// Every value that is no object, by its path such as `group.key`.
  public func flat(path: String = "") -> [String: JSONValue] {
    guard case .object(let fields) = self else { return [path: self] }
    return fields.reduce(into: [:]) { all, field in
      let key = path.isEmpty ? field.key : "\(path).\(field.key)"
      all.merge(field.value.flat(path: key)) { first, _ in first }
    }
  }

  /// As `--set` takes it; lists with commas between.
  public var settingText: String {
    switch self {
    case .null: ""
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): value
    case .array(let items): items.map(\.settingText).joined(separator: ",")
    case .object: "{…}"
    }
  }
}
