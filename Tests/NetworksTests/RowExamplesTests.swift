import Compute
import Networks
import Testing

/// Training that makes several examples of a row, and ends a pass with its last whole batch.
struct RowExamplesTests {
  @Test func rowsBecomeSeveralExamples() throws {
    let program = Program(batch: 12) { t in
      mean(sumFeatures(square(Linear("linear", 1)(t.input("x", [2]), in: t) - t.input("y", [1]))))
    }
    let set = ParameterSet(program.parameters)
    let rows = TrainingRows(
      table: RowTable(floats: (0..<13).map { Float($0) }, features: 1),
      labels: Array(repeating: 0, count: 13), rows: (0..<13).map { $0 })
    var seen: [[Int32]] = []
    let trainer = EpochTrainer(
      program: program, parameters: set, data: rows, batch: 4, examplesPerRow: 3,
      leavesOutRest: true, stream: RandomStream(seed: 1, "rows")
    ) { program, rows, _ in
      seen.append(Array(rows))
      program.bind("x", rows.flatMap { row in (0..<6).map { _ in Float(row) / 13 } })
      program.bind("y", rows.flatMap { row in (0..<3).map { _ in Float(row) / 13 } })
    }
    #expect(trainer.stepsPerEpoch == 3)
    var losses: [Double] = []
    for _ in 0..<150 { losses.append(try trainer.runEpoch(rate: 0.03)) }
    #expect(seen.count == 450 && seen.allSatisfy { $0.count == 4 })
    // Whole batches only, and another record left out from pass to pass.
    let passes = (0..<150).map { Set(seen[3 * $0..<3 * $0 + 3].joined()) }
    #expect(passes.allSatisfy { $0.count == 12 })
    #expect(Set(passes.joined()).count == 13)
    // All three examples of a row took part: the line y = x is found.
    #expect(losses.last! < 0.01 * losses[0])
  }
}
