/// The known name that a typing mistake most likely meant; nil when none is near.
///
/// Near is at most a third of the name's length in edits (swapped neighbours count once), or a common start of four letters.
public func nearestName(to name: String, in known: [String]) -> String? {
  let scored = known.map { (edits(name.lowercased(), $0.lowercased()), $0) }
    .sorted { $0.0 != $1.0 ? $0.0 < $1.0 : $0.1 < $1.1 }
  guard let (distance, best) = scored.first else { return nil }
  if distance <= max(1, max(name.count, best.count) / 3) { return best }
  let prefix = scored.first { name.count >= 4 && $0.1.lowercased().hasPrefix(name.lowercased()) }
  return prefix?.1
}

/// Fewest insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
private func edits(_ a: String, _ b: String) -> Int {
  let a = Array(a.unicodeScalars)
  let b = Array(b.unicodeScalars)
  var before: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
      row.append(best)
    }
    (before, last) = (last, row)
  }
  return last[b.count]
}
