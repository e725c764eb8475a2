import Harness
import Methods
import Networks

/// Trains a dense network on with soft weight sharing and exports it with every weight at the mean of its cluster.
struct TrainShared: Recipe {
  typealias Product = PrunedNetwork
  static let name = "train-shared"
  static let version = 1

  var training: Retraining
  var components: Int
  /// Share of the component at zero.
  var zeroShare: Double
  /// τ: the prior counts τ / N.
  var strength: Double
  /// Rates of means, log precisions and shares, as factors on the rate of the weights.
  var meanRate: Double
  var precisionRate: Double
  var shareRate: Double
  /// Epochs over which the prior comes in, linearly; at once where nil.
  var warmUpEpochs: Double?

  var datasets: [String] { [training.dataset] }

  func run(_ context: TrialContext) throws {
    try training.run(
      context, stream: Self.name,
      method: { SoftWeightSharing($0, components: components, zeroShare: zeroShare) },
      prepare: { _, _ in }
    ) { _, run, _, epoch, rate in
      let share = warmUpEpochs.map { Schedule.warmUp(from: 0, to: $0).value(Double(epoch + 1)) }
      run.program.bind("priorShare", (share ?? 1) * strength / Double(run.objects))
      return try run.trainer.runEpoch(
        rate: rate, decay: training.decay,
        rateOf: { name in
          switch name {
          case SoftWeightSharing.Parameter.means: meanRate
          case SoftWeightSharing.Parameter.zeroLogPrecision,
            SoftWeightSharing.Parameter.logPrecisions:
            precisionRate
          case SoftWeightSharing.Parameter.logits: shareRate
          default: 1
          }
        })
    }
  }
}
