import Compute

extension PictureNetwork {
  /// What the network's last dense layer reads of each picture: its features.
  public func features(_ x: Value, in trace: Trace) -> Value {
    var found: Value?
    let classes = classes
    _ = trace.replacing { layer in
      guard layer.weight.shape.count == 2, layer.weight.shape[0] == classes else {
        return layer.apply(layer.input, layer.weight, layer.bias)
      }
      found = layer.input
      // Nothing reads what the classifier would say.
      return layer.input
    } in: {
      forward(x, in: trace)
    }
    guard let found else { preconditionFailure("no dense layer of \(classes) outputs") }
    return found
  }

  /// A program of the features alone: input `x`, tap `features`.
  public func featuresProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      t.tap("features", features(t.input("x", input), in: t))
      return nil
    }
  }

  /// How many features there are.
  public var featureCount: Int {
    var count = 0
    _ = Program.parameters { trace in
      count = features(trace.input("x", input), in: trace).count
    }
    return count
  }
}
