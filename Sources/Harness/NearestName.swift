/// The known name that a typing mistake most likely meant; nil when none is near.
///
/// Near is at most a third of the name's length in edits (Levenshtein), or a common start of four letters.
public func nearestName(to name: String, in known: [String]) -> String? {
  let scored = known.map { (edits(name.lowercased(), $0.lowercased()), $0) }
    .sorted { $0.0 != $1.0 ? $0.0 < $1.0 : $0.1 < $1.1 }
  guard let (distance, best) = scored.first else { return nil }
  if distance <= max(1, max(name.count, best.count) / 3) { return best }
  let prefix = scored.first { name.count >= 4 && $0.1.lowercased().hasPrefix(name.lowercased()) }
  return prefix?.1
}

/// Fewest insertions, deletions and replacements that turn `a` into `b`.
private func edits(_ a: String, _ b: String) -> Int {
  let b = Array(b.unicodeScalars)
  var row = Array(0...b.count)
  for (i, x) in a.unicodeScalars.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let above = row[j + 1]
      row[j + 1] = x == y ? diagonal : 1 + min(diagonal, above, row[j])
      diagonal = above
    }
  }
  return row[b.count]
}
