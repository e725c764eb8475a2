extension ImageDataset {
  /// Record numbers of each class, ascending.
  public var indicesByClass: [[Int]] {
    var byClass = [[Int]](repeating: [], count: classCount)
    for (index, label) in labels.enumerated() { byClass[Int(label)].append(index) }
    return byClass
  }

  /// Two parts without a record in common, each class in both as in the whole.
  ///
  /// Of class c with n_c of N records, holdOut · n_c / N are held out, rounded so that the sum is `holdOut`
  /// (largest remainders first, lower classes first where they are equal). Both parts keep the records' order.
  ///
  /// - Parameter holdOut: size of the second part.
  public func split(
    holdOut: Int, using generator: inout some RandomNumberGenerator
  ) -> (kept: ImageDataset, heldOut: ImageDataset) {
    let (kept, heldOut) = splitIndices(holdOut: holdOut, using: &generator)
    return (subset(kept), subset(heldOut))
  }

  /// The record numbers of `split(holdOut:using:)`, each part ascending.
  public func splitIndices(
    holdOut: Int, using generator: inout some RandomNumberGenerator
  ) -> (kept: [Int], heldOut: [Int]) {
    precondition((0...count).contains(holdOut), "holdOut: beyond the number of records")
    let byClass = indicesByClass
    var quota = byClass.map { count == 0 ? 0 : holdOut * $0.count / count }
    // holdOut · n_c modulo N, exact in whole numbers.
    let rest = byClass.map { count == 0 ? 0 : holdOut * $0.count % count }
    let order = rest.indices.sorted { (rest[$1], $0) < (rest[$0], $1) }
    for index in order.prefix(holdOut - quota.reduce(0, +)) { quota[index] += 1 }
    var held = [Bool](repeating: false, count: count)
    for (indices, quota) in zip(byClass, quota) {
      var shuffled = indices
      Permutation.shuffle(&shuffled, using: &generator)
      for index in shuffled.prefix(quota) { held[index] = true }
    }
    let all = Array(0..<count)
    return (all.filter { !held[$0] }, all.filter { held[$0] })
  }

  /// `perClass` random records of each class, in the set's order; `nil` if a class has fewer.
  public func sample(
    perClass: Int, using generator: inout some RandomNumberGenerator
  ) -> ImageDataset? {
    var chosen: [Int] = []
    for indices in indicesByClass {
      if indices.count < perClass { return nil }
      var shuffled = indices
      Permutation.shuffle(&shuffled, using: &generator)
      chosen += shuffled.prefix(perClass)
    }
    return subset(chosen.sorted())
  }

  /// The first `perClass` records of each class, in the set's order; `nil` if a class has fewer.
  public func first(perClass: Int) -> ImageDataset? {
    let byClass = indicesByClass
    if byClass.contains(where: { $0.count < perClass }) { return nil }
    return subset(byClass.flatMap { $0.prefix(perClass) }.sorted())
  }
}
