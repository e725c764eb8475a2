import Files

/// What can go wrong between the name of a data set and its records.
public enum DataError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The catalogue has no such set.
  case unknown(name: String, suggestion: String?)
  /// The set has no such split.
  case unknownSplit(dataset: String, split: String, known: [String])
  /// The set is in none of the places.
  case missing(dataset: String, file: String, places: [String], package: String?, fetchable: Bool)
  /// A file of the set is damaged, or the place cannot be read or written.
  case file(dataset: String, FileError)
  /// A download failed; the last thing that each mirror said.
  case download(dataset: String, file: String, reasons: [String])
  /// No variant in the catalogue has a URL.
  case notFetchable(dataset: String)
  /// The set is of photos, where records of one size are asked for.
  case photos(dataset: String)

  /// One line.
  public var description: String {
    switch self {
    case .unknown(let name, let suggestion):
      let hint = suggestion.map { "; did you mean \($0)?" } ?? ""
      return "\(name): no data set of this name\(hint)"
    case .unknownSplit(let dataset, _, []):
      return "\(dataset): expected a set with records, found one of files"
    case .unknownSplit(let dataset, let split, let known):
      return "\(dataset): expected a split \(known.joined(separator: ", ")), found \(split)"
    case .missing(let dataset, let file, let places, let package, let fetchable):
      var ways = fetchable ? ["bench data fetch \(dataset)"] : []
      ways.append("bench data import \(dataset) <folder>")
      if let package { ways.append("apt-get install \(package)") }
      return "\(dataset): expected \(file) in \(places.joined(separator: " or ")), found nothing; "
        + "get it with: \(ways.joined(separator: "  or: "))"
    case .file(let dataset, let error): return "\(dataset): \(error)"
    case .download(let dataset, let file, let reasons):
      return "\(dataset): expected to fetch \(file), found \(reasons.joined(separator: "; "))"
    case .notFetchable(let dataset):
      return "\(dataset): expected a URL in the catalogue, found none; "
        + "get it with: bench data import \(dataset) <folder>"
    case .photos(let dataset):
      return "\(dataset): expected records of one size, found photos of many; "
        + "their folder: bench data path \(dataset)"
    }
  }
}

/// The closest of `candidates`, if it is close enough to be what was meant.
func closest(to name: String, among candidates: [String]) -> String? {
  let scored = candidates.map { ($0, editDistance(name.lowercased(), $0.lowercased())) }
  guard let best = scored.min(by: { ($0.1, $0.0) < ($1.1, $1.0) }) else { return nil }
  return best.1 <= max(2, name.count / 3) ? best.0 : nil
}

/// Number of letters to insert, remove or replace (Levenshtein).
func editDistance(_ first: String, _ second: String) -> Int {
  let first = Array(first.prefix(100))
  let second = Array(second.prefix(100))
  var row = Array(0...second.count)
  for (i, a) in first.enumerated() {
    var previous = row[0]
    row[0] = i + 1
    for (j, b) in second.enumerated() {
      let old = row[j + 1]
      row[j + 1] = min(old + 1, row[j] + 1, previous + (a == b ? 0 : 1))
      previous = old
    }
  }
  return row[second.count]
}
