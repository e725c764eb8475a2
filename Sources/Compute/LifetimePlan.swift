/// Where the batched values of a program that only predicts lie: values that are never needed at the same time may have
/// the same place, so that a network takes the memory of its widest part and not of all its layers.
struct LifetimePlan {
  /// First float of a value; none for one that has a place of its own.
  private(set) var offsets: [Int: Int] = [:]
  /// Floats of all places together.
  private(set) var total = 0

  /// - Parameters:
  ///   - roots: values that are read after a step, which nothing may overwrite.
  ///   - floats: how many a value takes.
  init(_ trace: Trace, shared: SharedBuffers, roots: [Int], floats: (Int) -> Int) {
    func owner(_ id: Int) -> Int { shared.data[id] ?? id }
    struct Life {
      var first: Int
      var last: Int
      var floats: Int
    }
    var lives: [Int: Life] = [:]
    for (index, node) in trace.nodes.enumerated() {
      for output in node.outputs where trace.values[output].domain != nil {
        let own = owner(output)
        lives[own, default: Life(first: index, last: index, floats: 0)].last = index
        lives[own]!.floats = max(lives[own]!.floats, floats(output))
      }
      for input in node.inputs { lives[owner(input)]?.last = index }
    }
    for root in roots { lives[owner(root)]?.last = .max }
    // The largest first, each at the lowest place that is free for the whole of its life.
    let order = lives.keys.sorted {
      (lives[$1]!.floats, lives[$0]!.first, $0) < (lives[$0]!.floats, lives[$1]!.first, $1)
    }
    var placed: [(start: Int, life: Life)] = []
    for id in order {
      let life = lives[id]!
      let size = padded(life.floats) + 16
      var start = 0
      for other in placed.sorted(by: { $0.start < $1.start })
      where other.life.first <= life.last && life.first <= other.life.last {
        if start + size <= other.start { break }
        start = max(start, other.start + padded(other.life.floats) + 16)
      }
      placed.append((start, life))
      offsets[id] = start
      total = max(total, start + size)
    }
  }
}
