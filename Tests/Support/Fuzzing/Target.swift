import Compute
import Datasets
import Files
import Images

/// A reader, with valid files to start from.
public struct Target: Sendable {
  /// Name on the command line.
  public let name: String
  /// Files that it reads.
  public let seeds: [[UInt8]]
  /// Makes checksums fit again, so that damage gets past them.
  let repair: @Sendable ([UInt8]) -> [UInt8]
  /// Runs the reader.
  public let read: @Sendable ([UInt8]) -> Outcome

  init(
    _ name: String, seeds: [[UInt8]],
    repair: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 },
    read: @escaping @Sendable ([UInt8]) -> Outcome
  ) {
    self.name = name
    self.seeds = seeds
    self.repair = repair
    self.read = read
  }

  /// The file of one iteration: what it is depends on seed, reader and number alone.
  public func input(seed: UInt64, iteration: Int) -> [UInt8] {
    var generator = RandomStream(seed: seed, "fuzz").child(name).child(iteration).generator
    let one = seeds[Mutator.pick(seeds.count, &generator)]
    let other = seeds[Mutator.pick(seeds.count, &generator)]
    let mutated = Mutator.mutate(one, with: other, using: &generator)
    return generator.next() >> 63 == 0 ? mutated : repair(mutated)
  }

  /// All readers of pictures, arrays and tables.
  public static let all: [Target] = [
    .png, .jpeg, .npy, .safetensors, .csv, .gzip, .tar, .idxImages, .idxLabels, .cifar10,
    .cifar100, .catalogue, .policy,
  ]

  /// The reader of this name.
  public static func named(_ name: String) -> Target? { all.first { $0.name == name } }
}
