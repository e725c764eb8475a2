import Compute
import Metrics

extension CalibrationSplits {
  /// Random halvings of `0..<count`, each from a stream of its own below `stream`, so that more repeats leave the first as
  /// they are.
  public init(count: Int, repeats: Int = CalibrationSplits.repeats, stream: RandomStream) {
    self.init(
      orders: (0..<repeats).map { index in
        var generator = stream.child(index).generator
        return permutation(count, using: &generator)
      })
  }
}
