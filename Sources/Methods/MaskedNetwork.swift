import Compute
import Networks

/// A network whose weights are multiplied with masks of zeros and ones: what is masked takes no part.
///
/// The masks are parameters that no gradient moves: `name.weight.mask`, and `name.bias.mask` where biases are masked.
public struct MaskedNetwork: Sparsifying {
  /// The network.
  public let architecture: Architecture
  /// Whether gradients reach what is masked as well, so that it may come back.
  public let regrows: Bool
  /// Whether biases have masks, too.
  public let masksBiases: Bool

  /// A network with masks.
  public init(_ architecture: Architecture, regrows: Bool, masksBiases: Bool) {
    self.architecture = architecture
    self.regrows = regrows
    self.masksBiases = masksBiases
  }

  /// What the mask of a parameter is called.
  public static func mask(_ name: String) -> String { "\(name).mask" }

  /// The parameters of a layer that have masks.
  public func maskedNames(_ layer: WeightedLayer) -> [String] {
    ["\(layer.name).weight"] + (masksBiases && layer.hasBias ? ["\(layer.name).bias"] : [])
  }

  /// The loss is the mean cross-entropy of the masked network.
  public func trainingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      func masked(_ name: String, _ shape: [Int]) -> Value {
        let x = t.parameter(name, shape)
        let mask = t.parameter(Self.mask(name), shape, role: .frozen)
        return regrows ? straightThroughMask(x, by: mask) : x * mask
      }
      let logits = architecture.forward(t.input("x", architecture.input)) { layer, x in
        let (weight, bias) = ("\(layer.name).weight", "\(layer.name).bias")
        let shape = [layer.shape[0]]
        return layer.apply(
          x, weight: masked(weight, layer.shape),
          bias: !layer.hasBias
            ? nil : masksBiases ? masked(bias, shape) : t.parameter(bias, shape))
      }
      return mean(softmaxCrossEntropy(logits, t.labels("labels")))
    }
  }

  /// Weights and biases of the trained network, nothing masked.
  public func start(_ program: Program, from dense: ParameterSet) -> ParameterSet {
    let set = ParameterSet(program.parameters)
    set.copyValues(from: dense)
    for layer in architecture.weighted {
      for name in maskedNames(layer) {
        set[Self.mask(name)] = Array(repeating: 1, count: set.layout[name].count)
      }
    }
    return set
  }

  /// A parameter times its mask.
  public func masked(_ set: ParameterSet, _ name: String) -> [Float] {
    zip(set[name], set[Self.mask(name)]).map { $1 == 0 ? 0 : $0 }
  }

  /// What is masked becomes zero.
  public func pruned(_ set: ParameterSet, into plain: ParameterSet) {
    plain.copyValues(from: set)
    for layer in architecture.weighted {
      for name in maskedNames(layer) { plain[name] = masked(set, name) }
    }
  }
}

/// A method that makes a network sparse through masks.
public protocol Masking: Sparsifying {
  /// The network with its masks.
  var network: MaskedNetwork { get }
}

extension Masking {
  /// The network.
  public var architecture: Architecture { network.architecture }
  /// The program of the masked network.
  public func trainingProgram(batch: Int, threads: Int = 1) -> Program {
    network.trainingProgram(batch: batch, threads: threads)
  }
  /// The trained network, nothing masked.
  public func start(_ program: Program, from dense: ParameterSet) -> ParameterSet {
    network.start(program, from: dense)
  }
  /// What is masked becomes zero.
  public func pruned(_ set: ParameterSet, into plain: ParameterSet) {
    network.pruned(set, into: plain)
  }
}
