import Compute
import Networks

/// A method that makes a trained network sparse by training it further.
public protocol Sparsifying: Sendable {
  /// The network.
  var architecture: Architecture { get }
  /// The training program: inputs `x` and `labels`, and whatever the method binds besides.
  func trainingProgram(batch: Int, threads: Int) -> Program
  /// Parameters at the start, from those of the trained plain network.
  func start(_ program: Program, from dense: ParameterSet) -> ParameterSet
  /// The sparse network as parameters of the plain one: what is removed is exactly zero.
  func pruned(_ set: ParameterSet, into plain: ParameterSet)
}
