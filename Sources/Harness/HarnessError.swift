/// What the world, or a file, or a user can do to the harness. Each describes itself in one line.
public enum HarnessError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A plan names a recipe this program does not have.
  case unknownRecipe(String, known: [String])
  /// A plan was made for another version of a recipe.
  case recipeVersion(String, planned: Int, here: Int)
  /// A plan that cannot be run as it stands.
  case brokenPlan(String)
  /// The program computes another key than the plan says.
  case keyMismatch(planned: String, computed: String)
  /// No such trial in the plan.
  case unknownTrial(String)
  /// A trial needs the product of one that is not in the store.
  case missingInput(trial: String, needs: String)
  /// A committed trial has no such product file.
  case missingProduct(trial: String, file: String)
  /// A file name that is not plain, or is taken by the harness itself.
  case badProductName(String)
  /// One name is used for a factor and for a coordinate, or has no text that a column can carry.
  case badColumn(String)
  /// A file of this project that does not read as it should.
  case malformed(file: String, line: Int?, expected: String, found: String)
  /// An unknown name, with the nearest known one.
  case unknownName(kind: String, name: String, suggestion: String?, known: [String])
  /// A `--set` or file value of the wrong type.
  case wrongType(setting: String, expected: String, found: String)
  /// A required setting is not there.
  case missingSetting(String, suggestion: String?)
  /// Two runs of one trial gave different results: the trial is not deterministic.
  case notDeterministic(trial: String, file: String, keptAt: String)
  /// The store or a report cannot be written.
  case cannotWrite(path: String, why: String)
  /// A report or record that is not there or does not read.
  case noReport(String)

  /// One line: what it is about, what was expected, what was found.
  public var description: String {
    switch self {
    case .unknownRecipe(let name, let known):
      return "unknown recipe '\(name)'\(hint(nearestName(to: name, in: known)))"
    case .recipeVersion(let name, let planned, let here):
      return "recipe '\(name)': the plan was made for version \(planned), this program has \(here)"
    case .brokenPlan(let why): return "plan: \(why)"
    case .keyMismatch(let planned, let computed):
      return
        "trial \(planned): this program computes key \(computed); the plan is from another build"
    case .unknownTrial(let key): return "trial \(key): not in the plan"
    case .missingInput(let trial, let needs):
      return "trial \(trial): needs the product of \(needs), which is not in the store"
    case .missingProduct(let trial, let file): return "trial \(trial): has no product '\(file)'"
    case .badProductName(let name):
      return "product name '\(name)': expected a plain file name that the harness does not use"
    case .badColumn(let name):
      return "column '\(name)': expected a name that is either a factor or a coordinate"
    case .malformed(let file, let line, let expected, let found):
      let place = line.map { ":\($0)" } ?? ""
      return "\(file)\(place): expected \(expected), found \(found)"
    case .unknownName(let kind, let name, let suggestion, let known):
      let list =
        suggestion == nil && !known.isEmpty ? " (known: \(known.joined(separator: ", ")))" : ""
      return "unknown \(kind) '\(name)'\(hint(suggestion))\(list)"
    case .wrongType(let setting, let expected, let found):
      return "setting '\(setting)': expected \(expected), found '\(found)'"
    case .missingSetting(let name, let suggestion):
      return "setting '\(name)' is missing"
        + (suggestion.map { "; found '\($0)', did you mean '\(name)'?" } ?? "")
    case .notDeterministic(let trial, let file, let kept):
      return "trial \(trial): a second run gave another \(file); it is kept at \(kept)"
    case .cannotWrite(let path, let why): return "\(path): cannot be written: \(why)"
    case .noReport(let what): return what
    }
  }

  private func hint(_ name: String?) -> String { name.map { "; did you mean '\($0)'?" } ?? "" }
}
