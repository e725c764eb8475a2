/// Why a training cannot go on.
public enum TrainingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The loss of a step is not finite; epochs and steps count from 0.
  case diverged(epoch: Int, step: Int)
  /// A parameter is not finite at an epoch's end, though every loss was.
  case parametersDiverged(epoch: Int)

  /// One line.
  public var description: String {
    switch self {
    case .diverged(let epoch, let step):
      "training: expected a finite loss, found none at epoch \(epoch), step \(step)"
    case .parametersDiverged(let epoch):
      "training: expected finite parameters, found others at the end of epoch \(epoch)"
    }
  }
}
