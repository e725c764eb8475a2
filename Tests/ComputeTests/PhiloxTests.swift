import Compute
import Testing

/// Philox4x32-10 against the known answers of the Random123 distribution, and streams by name.
struct PhiloxTests {
  @Test(
    arguments: [
      (
        [0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
      ),
      (
        [.max, .max, .max, .max], [.max, .max],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func knownAnswers(_ counter: [UInt32], _ key: [UInt32], _ expected: [UInt32]) {
    #expect(Philox.block(counter: counter, key: key) == expected)
  }

  @Test func aGeneratorReadsBlocksInOrder() {
    let key: UInt64 = 0x299f_31d0_a409_3822
    var generator = Philox(key: key)
    for counter in 0..<5 as Range<UInt32> {
      let block = Philox.block(counter: [counter, 0, 0, 0], key: [0xa409_3822, 0x299f_31d0])
      #expect(generator.next() == UInt64(block[1]) << 32 | UInt64(block[0]))
      #expect(generator.next() == UInt64(block[3]) << 32 | UInt64(block[2]))
    }
  }

  @Test func equalNamesGiveEqualNumbers() {
    let first = RandomStream(seed: 3, "noise").child("epoch 4")
    let second = RandomStream(seed: 3, "noise").child("epoch 4")
    var (a, b) = (first.generator, second.generator)
    #expect((0..<100).allSatisfy { _ in a.next() == b.next() })
    var other = RandomStream(seed: 3, "noise").child("epoch 5").generator
    #expect(other.next() != first.key)
    #expect(RandomStream(seed: 3, "noise").child("epoch 5").key != first.key)
    #expect(first.path == "3/noise/epoch 4")
  }

  /// 64 bits of SHA-256: among 1e5 names a collision has probability 3e-10.
  @Test func namesDoNotCollide() {
    var keys = Set<UInt64>()
    for seed in 0..<10 as Range<UInt64> {
      for purpose in ["weights", "batches", "noise", "dropout", "augmentation"] {
        let stream = RandomStream(seed: seed, purpose)
        for step in 0..<2_000 { keys.insert(stream.child(step).key) }
      }
    }
    #expect(keys.count == 100_000)
  }

  @Test func uniformAndNormalMoments() {
    var generator = RandomStream(seed: 1, "moments").generator
    let uniform = Moments((0..<200_000).map { _ in generator.uniform() })
    #expect(uniform.minimum >= 0 && uniform.maximum < 1)
    #expect(abs(uniform.mean - 0.5) < 4.5 * (1.0 / 12 / 200_000).squareRoot())
    #expect(abs(uniform.variance - 1.0 / 12) < 0.001)
    let normal = Moments((0..<200_000).map { _ in generator.normal() })
    #expect(abs(normal.mean) < 4.5 / 200_000.0.squareRoot())
    #expect(abs(normal.variance - 1) < 4.5 * (2.0 / 200_000).squareRoot())
  }

  @Test func permutationsHoldEveryIndexOnce() {
    var generator = RandomStream(seed: 7, "order").generator
    let first = permutation(1_000, using: &generator)
    let second = permutation(1_000, using: &generator)
    #expect(first.sorted() == Array(0..<1_000))
    #expect(first != second)
    #expect(permutation(0, using: &generator).isEmpty)
    // Each place receives each index about equally often.
    var counts = [Int](repeating: 0, count: 25)
    for _ in 0..<20_000 {
      let order = permutation(5, using: &generator)
      for (place, index) in order.enumerated() { counts[place * 5 + Int(index)] += 1 }
    }
    let deviation = (20_000 * 0.2 * 0.8).squareRoot()
    #expect(counts.allSatisfy { abs(Double($0) - 4_000) < 5 * deviation })
  }
}
