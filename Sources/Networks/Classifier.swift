import Compute

/// Programs of a plain classifier.
extension Architecture {
  /// The training program: inputs `x`, `labels`; the loss is the mean cross-entropy.
  public func trainingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      let logits = forward(t.input("x", input)) { $0.apply($1, in: t) }
      return mean(softmaxCrossEntropy(logits, t.labels("labels")))
    }
  }

  /// The predicting program: input `x`, tap `logProbabilities` of `[N, classes]`.
  public func predictionProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      t.tap("logProbabilities", logSoftmax(forward(t.input("x", input)) { $0.apply($1, in: t) }))
      return nil
    }
  }
}
