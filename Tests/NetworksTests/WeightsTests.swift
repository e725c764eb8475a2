import Compute
import Files
import Foundation
import Networks
import Testing

/// A small net whose rows do not fill vectors, with parameters of every role.
private func smallProgram() -> Program {
  Program(batch: 5) { t in
    let x = t.input("x", [7])
    let hidden = batchNorm(
      dense(x, t.parameter("fc.weight", [5, 7]), bias: t.parameter("fc.bias", [5])),
      scale: t.parameter("bn.weight", [5]), shift: t.parameter("bn.bias", [5]),
      runningMean: t.parameter("bn.running_mean", [5], role: .statistic),
      runningVariance: t.parameter("bn.running_var", [5], role: .statistic))
    let y = dense(hidden, t.parameter("head.weight", [3, 5], role: .frozen))
    return mean(softmaxCrossEntropy(y, t.labels("labels")))
  }
}

private func filled(_ layout: ParameterLayout, seed: UInt64 = 1) -> ParameterSet {
  let set = ParameterSet(layout)
  var generator = RandomStream(seed: seed, "fill").generator
  for entry in layout.entries {
    set[entry.name] = (0..<entry.count).map { _ in Float(generator.uniform() + 0.1) }
  }
  return set
}

private func error(_ body: () throws -> Void) -> WeightsError? {
  do {
    try body()
    return nil
  } catch { return error as? WeightsError }
}

@Suite struct WeightsTests {
  let program = smallProgram()

  @Test func savedWeightsLoadToTheSameBits() throws {
    let set = filled(program.parameters)
    set["fc.weight"] = (0..<35).map { $0 == 3 ? -0.0 : Float($0) * 1e-42 + 1 / 3 }
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("weights-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    try set.save(to: url, metadata: ["network": "small"])
    let other = ParameterSet(program.parameters)
    #expect(try other.load(from: url) == ["network": "small"])
    for entry in program.parameters.entries {
      #expect(set[entry.name].map(\.bitPattern) == other[entry.name].map(\.bitPattern))
    }
    let file = try SafetensorsFile.read(url)
    #expect(Set(file.tensors.map(\.name)) == Set(program.parameters.entries.map(\.name)))
    #expect(file["fc.weight"]?.shape == [5, 7] && file["fc.weight"]?.elementType == .f32)
  }

  @Test func wrongTensorsAreNamedAndChangeNothing() throws {
    let set = filled(program.parameters)
    let before = set.safetensors().tensors
    func changed(_ change: (inout [SafetensorsFile.Tensor]) -> Void) -> WeightsError? {
      var tensors = filled(program.parameters, seed: 2).safetensors().tensors
      change(&tensors)
      return error { try set.load(SafetensorsFile(tensors: tensors), path: "w") }
    }
    let place = before.firstIndex { $0.name == "fc.bias" }!
    #expect(changed { $0.remove(at: place) } == .missing(path: "w", name: "fc.bias"))
    #expect(
      changed { $0[place] = .init(name: "fc.bias", shape: [1, 5], Array(repeating: 0, count: 5)) }
        == .shape(path: "w", name: "fc.bias", expected: [5], found: [1, 5]))
    #expect(
      changed { $0.append(.init(name: "fc3.bias", shape: [1], [0])) }
        == .extra(path: "w", name: "fc3.bias"))
    #expect(
      changed { $0[place] = .init(name: "fc.bias", shape: [5], [0, 0, 0, .infinity, 0]) }
        == .notFinite(path: "w", name: "fc.bias", index: 3))
    #expect(
      changed {
        $0[place] = .init(
          name: "fc.bias", elementType: .i32, shape: [5], bytes: Array(repeating: 0, count: 20))
      } == .type(path: "w", name: "fc.bias", found: "I32"))
    #expect(set.safetensors().tensors == before)
    let nowhere = URL(fileURLWithPath: "/nonexistent/weights.safetensors")
    guard case .file(let reason)? = error({ try set.load(from: nowhere) }) else {
      Issue.record("a missing file loads")
      return
    }
    #expect(reason.kind == .missing)
  }

  @Test func tensorsMayHaveOtherNamesAndCompany() throws {
    let set = filled(program.parameters)
    var file = SafetensorsFile(
      tensors: set.safetensors().tensors.map {
        .init(name: "module.\($0.name)", shape: $0.shape, $0.floats!)
      })
    file.append(
      .init(name: "steps", elementType: .i64, shape: [], bytes: Array(repeating: 0, count: 8)))
    let other = ParameterSet(program.parameters)
    try other.load(file, nameInFile: { "module.\($0)" }, ignored: { $0 == "steps" })
    #expect(other.safetensors().tensors == set.safetensors().tensors)
  }
}

@Suite struct TrainingStateTests {
  let program = smallProgram()

  /// A state after two steps along made-up data.
  private func trained() -> (ParameterSet, Adam) {
    let set = filled(program.parameters)
    let adam = Adam(program.parameters)
    for step in 0..<2 {
      program.bind("x", (0..<35).map { Float(($0 * 7 + step) % 11) })
      program.bind(labels: "labels", [0, 1, 2, 1, 0])
      program.run(set, mode: .training, backward: true)
      adam.update(set, rate: 0.01, on: program)
    }
    return (set, adam)
  }

  @Test func bytesRestoreTheSameState() throws {
    let (set, adam) = trained()
    let state = TrainingState(
      epoch: 4, parameters: set, optimiser: adam, metadata: ["curve": "1 2"])
    let fresh = Adam(program.parameters)
    let read = try TrainingState(decoding: state.encode(), program.parameters, fresh)
    #expect(read.encode() == state.encode())
    #expect(read.epoch == 4 && read.steps == 2 && read.metadata == ["curve": "1 2"])

    let other = ParameterSet(program.parameters)
    read.restore(other, fresh)
    #expect(other.safetensors() == set.safetensors())
    #expect(fresh.state == adam.state)
    #expect(fresh.state.second.contains { $0 > 0 })
  }

  @Test func damageIsFound() throws {
    let (set, adam) = trained()
    let state = TrainingState(epoch: 4, parameters: set, optimiser: adam)
    func thrown(_ change: (inout SafetensorsFile) -> Void) throws -> (any Error)? {
      var file = try SafetensorsFile.parse(Array(state.encode()))
      change(&file)
      do {
        _ = try TrainingState(
          decoding: Data(file.encoded()), program.parameters, adam, path: "c")
        return nil
      } catch { return error }
    }
    func changed(_ name: String, _ change: @escaping ([Float]) -> [Float]?) throws -> (any Error)? {
      try thrown { file in
        file = SafetensorsFile(
          metadata: file.metadata,
          tensors: file.tensors.compactMap { tensor in
            guard tensor.name == name else { return tensor }
            return change(tensor.floats!).map { .init(name: name, shape: [$0.count], $0) }
          })
      }
    }
    #expect(try thrown { _ in } == nil)
    #expect(
      try thrown { $0.metadata["epoch"] = "-1" } as? TrainingError
        == .foreignState("expected a count as epoch, found \"-1\""))
    #expect(
      try thrown { $0.metadata = [:] } as? TrainingError
        == .foreignState("expected a count as epoch, found \"\""))
    #expect(
      try thrown { $0.append(.init(name: "fc9.bias", shape: [0], [])) } as? WeightsError
        == .extra(path: "c", name: "fc9.bias"))
    #expect(
      try changed("adam.second") { _ in nil } as? WeightsError
        == .missing(path: "c", name: "adam.second"))
    let count = adam.stateCount
    #expect(
      try changed("adam.first") { Array($0.dropLast()) } as? WeightsError
        == .shape(path: "c", name: "adam.first", expected: [count], found: [count - 1]))
    #expect(
      try changed("fc.bias") { [.nan] + $0.dropFirst() } as? WeightsError
        == .notFinite(path: "c", name: "fc.bias", index: 0))
    #expect(try changed("adam.second") { [-1] + $0.dropFirst() } is TrainingError)
    #expect(throws: FileError.self) {
      _ = try TrainingState(decoding: state.encode().dropLast(3), program.parameters, adam)
    }
  }
}
