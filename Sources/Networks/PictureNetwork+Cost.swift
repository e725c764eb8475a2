import Compute

extension PictureNetwork {
  /// Multiply-adds of one picture's way through convolutions and dense layers; depthwise ones are not counted.
  public var multiplyAdds: Int {
    var total = 0
    _ = Program.parameters { trace in
      _ = trace.replacing { layer in
        let output = layer.apply(layer.input, layer.weight, layer.bias)
        total += output.count * layer.weight.count / layer.weight.shape[0]
        return output
      } in: {
        forward(trace.input("x", input), in: trace)
      }
    }
    return total
  }
}
