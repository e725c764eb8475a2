import Harness

extension Plan {
  /// The trials that stand at all the given factors, with what they need.
  ///
  /// - Parameters:
  ///   - selections: each `factor=value`, as `--only` takes them; none selects everything.
  ///   - onlyMatchingPlaces: whether a trial that stands at several factors keeps only those asked for.
  /// - Throws: `UsageError` for another form, or where nothing is left.
  func selected(_ selections: [String], onlyMatchingPlaces: Bool = false) throws -> Plan {
    if selections.isEmpty { return self }
    let pairs = try selections.map { text -> (String, String) in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw UsageError("--only: expected factor=value, found '\(text)'")
      }
      return (parts[0], parts[1])
    }
    var wanted: Set<TrialKey> = []
    var chosen: [PlannedTrial] = []
    for trial in trials.reversed() {
      let matching = trial.places.filter { place in pairs.allSatisfy { place[$0.0] == $0.1 } }
      let matches = !matching.isEmpty
      guard matches || wanted.contains(trial.key) else { continue }
      var trial = trial
      // What is only needed by others runs only if they do.
      if !matches || onlyMatchingPlaces { trial.places = matching }
      wanted.formUnion(trial.needs)
      chosen.append(trial)
    }
    guard !chosen.isEmpty else {
      throw UsageError("--only: no trial has \(selections.joined(separator: " and "))")
    }
    return try Plan(chosen.reversed())
  }
}
