import Fuzzing
import Testing

/// The first files of what `make fuzz` runs by the minute: the same ones every time.
@Suite struct FuzzingTests {
  @Test(arguments: Target.all.map(\.name))
  func readersKeepTheirRules(_ name: String) throws {
    let target = try #require(Target.named(name))
    var read = 0
    var refused: [String: Int] = [:]
    for iteration in 0..<1500 {
      switch target.read(target.input(seed: 1, iteration: iteration)) {
      case .read: read += 1
      case .refused(let kind): refused[kind, default: 0] += 1
      case .broken(let why): Issue.record("\(name), iteration \(iteration): \(why)")
      }
    }
    // Damage that is always noticed, or never, would test one half of a reader.
    #expect(read > 0 && refused.values.reduce(0, +) > 300, "\(read) read, \(refused)")
    // A table, a catalogue and a policy are malformed or they are not.
    #expect(["csv", "catalogue", "policy"].contains(name) || refused.count >= 2, "\(refused)")
  }

  @Test(arguments: Target.all.map(\.name))
  func seedsAreValid(_ name: String) throws {
    let target = try #require(Target.named(name))
    let outcomes = target.seeds.map { target.read($0) }
    #expect(outcomes.contains(.read))
    for outcome in outcomes {
      // Some committed files are there because they are refused.
      #expect([.read, .refused("unsupported")].contains(outcome))
    }
  }

  @Test func equalSeedsGiveEqualFiles() throws {
    let target = try #require(Target.named("png"))
    #expect(target.input(seed: 3, iteration: 7) == target.input(seed: 3, iteration: 7))
    #expect(target.input(seed: 3, iteration: 7) != target.input(seed: 4, iteration: 7))
    #expect(target.input(seed: 3, iteration: 7) != target.input(seed: 3, iteration: 8))
  }
}
