import Compute
import Networks

/// Binary dropout (Srivastava et al. 2014): inputs of dense layers behind the first layer are zeroed with one
/// probability while training, the rest scaled up; the whole network predicts.
public struct BinaryDropout: Sendable {
  /// The network.
  public let architecture: Architecture
  /// Probability of being zeroed.
  public let rate: Float

  /// The method for a network.
  public init(_ architecture: Architecture, rate: Float = 0.5) {
    precondition(rate >= 0 && rate < 1, "a rate in [0, 1)")
    self.architecture = architecture
    self.rate = rate
  }

  /// The training program: inputs `x`, `labels`; the loss is the mean cross-entropy.
  public func trainingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      var isFirst = true
      let logits = architecture.forward(t.input("x", architecture.input)) { layer, x in
        defer { isFirst = false }
        let isDropped = layer.shape.count == 2 && !isFirst
        return layer.apply(isDropped ? dropout(x.flattened, rate: rate) : x, in: t)
      }
      return mean(softmaxCrossEntropy(logits, t.labels("labels")))
    }
  }
}
