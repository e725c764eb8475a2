import Foundation
import Yams

/// Reads YAML nodes and says in which line something is not as it should be.
struct YAMLReader {
  let file: String

  func compose(_ text: String) throws -> Node {
    do {
      guard let node = try Yams.compose(yaml: text) else {
        throw HarnessError.malformed(file: file, line: nil, expected: "YAML", found: "nothing")
      }
      return node
    } catch let error as YamlError {
      switch error {
      case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        throw HarnessError.malformed(file: file, line: mark.line, expected: "YAML", found: problem)
      default:
        throw HarnessError.malformed(file: file, line: nil, expected: "YAML", found: "\(error)")
      }
    }
  }

  func mapping(_ node: Node, _ what: String) throws -> Node.Mapping {
    guard let mapping = node.mapping else {
      throw HarnessError.malformed(
        file: file, line: node.mark?.line, expected: what, found: node.string ?? "a list")
    }
    return mapping
  }

  func check(_ mapping: Node.Mapping, known: [String], kind: String) throws {
    for key in mapping.keys {
      let name = key.string ?? ""
      guard known.contains(name) else {
        throw HarnessError.unknownName(
          kind: "\(kind) in \(file)", name: name, suggestion: nearestName(to: name, in: known),
          known: known)
      }
    }
  }

  func text(_ mapping: Node.Mapping, _ key: String) throws -> String {
    guard let text = mapping[key]?.string, !text.isEmpty else {
      throw HarnessError.malformed(
        file: file, line: nil, expected: "text under '\(key)'", found: "nothing")
    }
    return text
  }

  func truth(_ node: Node, _ name: String) throws -> Bool {
    switch node.scalar?.string {
    case "true": return true
    case "false": return false
    default:
      throw HarnessError.malformed(
        file: file, line: node.mark?.line, expected: "true or false for \(name)",
        found: node.string ?? "something else")
    }
  }

  private func number(_ node: Node?, _ name: String) throws -> Double {
    guard let node else { return 0 }
    guard let value = Double(node.scalar?.string ?? ""), value.isFinite, value >= 0 else {
      throw HarnessError.malformed(
        file: file, line: node.mark?.line, expected: "a number ≥ 0 for \(name)",
        found: node.string ?? "something else")
    }
    return value
  }

  /// Both mappings, the second on top; groups are merged key by key.
  func merge(_ base: Node.Mapping, _ top: Node.Mapping) -> Node.Mapping {
    var merged = base
    for (key, value) in top {
      if let inner = value.mapping, let below = merged[key]?.mapping {
        merged[key] = .mapping(merge(below, inner))
      } else {
        merged[key] = value
      }
    }
    return merged
  }

  func metrics(_ node: Node?) throws -> [String: ExperimentDefinition.Metric] {
    guard let node else { return [:] }
    var metrics: [String: ExperimentDefinition.Metric] = [:]
    for (key, value) in try mapping(node, "metrics") {
      let name = key.string ?? ""
      let fields = try mapping(value, "a mapping for metric '\(name)'")
      try check(fields, known: ["better", "unit", "margin"], kind: "key of metric '\(name)'")
      let better = fields["better"]?.string ?? "none"
      guard let direction = Direction(rawValue: better) else {
        throw HarnessError.malformed(
          file: file, line: value.mark?.line, expected: "lower, higher or none", found: better)
      }
      var margin: Margin?
      if let node = fields["margin"] {
        let parts = try mapping(node, "a margin")
        try check(
          parts, known: ["absolute", "relative", "reason"], kind: "key of margin '\(name)'")
        margin = Margin(
          absolute: try number(parts["absolute"], "absolute"),
          relative: try number(parts["relative"], "relative"), reason: try text(parts, "reason"))
      }
      metrics[name] = .init(
        better: direction, unit: fields["unit"]?.string ?? "", margin: margin)
    }
    return metrics
  }
}
