import Compute

extension PictureNetwork {
  /// Sets running means and variances to the averages over batches of pictures, as weights that were never trained with
  /// batches need it (SWA, Izmailov et al. 2018).
  ///
  /// - Parameters:
  ///   - program: one that has trained or could train the network; its batches are used whole.
  ///   - count: pictures; what is left of a batch takes no part.
  ///   - bind: binds the pictures of a batch to `x`.
  public func refreshStatistics(
    of set: ParameterSet, with program: Program, count: Int,
    bind: (Program, Range<Int>) throws -> Void
  ) rethrows {
    let statistics = set.layout.entries.filter { $0.role == .statistic }
    guard !statistics.isEmpty else { return }
    precondition(count >= program.capacity, "fewer pictures than a batch")
    // From running values of zero one step leaves a known share of the batch's own.
    let share = BatchNorm("").momentum
    var sums = statistics.map { [Double](repeating: 0, count: $0.count) }
    let batches = count / program.capacity
    for batch in 0..<batches {
      for entry in statistics { set[entry.name] = [Float](repeating: 0, count: entry.count) }
      try bind(program, batch * program.capacity..<(batch + 1) * program.capacity)
      program.run(set, mode: .training, examples: program.capacity)
      for (place, entry) in statistics.enumerated() {
        for (index, value) in set[entry.name].enumerated() {
          sums[place][index] += Double(value / share)
        }
      }
    }
    for (place, entry) in statistics.enumerated() {
      set[entry.name] = sums[place].map { Float($0 / Double(batches)) }
    }
  }
}
