import CAllocations
import Compute
import Testing

/// A training step allocates nothing: binding, forward, backward, update, on the thread that runs it.
struct AllocationTests {
  @Test(.enabled(if: test_allocations_available() != 0))
  func theCounterCounts() {
    let before = test_allocations()
    let array = [Int](repeating: Int.random(in: 0..<9), count: 1_000 + Int.random(in: 0..<9))
    #expect(array.count >= 1_000)
    #expect(test_allocations() > before)
  }

  @Test(.enabled(if: test_allocations_available() != 0), arguments: Net.allCases, [1, 2])
  func stepsAllocateNothing(_ net: Net, _ threads: Int) {
    let program = net.program(threads: threads)
    let set = net.start(program.parameters)
    let adam = Adam(program.parameters)
    let sgd = SGD(program.parameters)
    let data = net.data
    let order = (0..<500).map { Int32($0 * 7 % 500) }
    var counts = [Int64](repeating: 0, count: 4)
    func step(_ index: Int) {
      let start = index % 5 * 80
      var before = test_allocations()
      func count(_ part: Int) {
        let now = test_allocations()
        counts[part] += now - before
        before = test_allocations()
      }
      net.bind(program, data, rows: order[start..<start + 50 + index % 50])
      count(0)
      program.run(
        set, mode: .training, examples: 50 + index % 50, noise: 1, index: UInt32(index),
        backward: true)
      count(1)
      adam.update(set, rate: 1e-4, on: program)
      count(2)
      sgd.update(set, rate: 1e-4, on: program)
      count(3)
    }
    for index in 0..<5 { step(index) }
    counts = [0, 0, 0, 0]
    for index in 5..<55 { step(index) }
    #expect(counts[0] == 0, "binding \(net)")
    #expect(counts[1] == 0, "running \(net)")
    #expect(counts[2] == 0, "Adam on \(net)")
    #expect(counts[3] == 0, "SGD on \(net)")
    #expect(program.lossNumber.isFinite)
  }
}
