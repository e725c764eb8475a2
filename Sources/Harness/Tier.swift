/// How large an experiment runs. Numbers of different tiers are never compared with each other.
public enum Tier: String, Codable, Sendable, CaseIterable {
  /// Embedded data, seconds.
  case smoke
  /// Real data, about an hour.
  case desktop
  /// The paper's own data, sizes and schedules.
  case paper
}
