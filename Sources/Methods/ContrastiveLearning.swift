import Compute
import Networks

/// Learning features without labels: two random views of a picture shall be told apart from the views of all others (SimCLR, Chen et
/// al. 2020).
///
///     z = W₂ max(0, W₁ features(x) + b₁) + b₂
///     loss = mean over views n of −log( exp(s(n, partner(n)) / T) / Σ_{m ≠ n} exp(s(n, m) / T) ),  s(n, m) = cos(z_n, z_m)
public struct ContrastiveLearning: Sendable {
  /// Whose features.
  public let network: any PictureNetwork
  /// Numbers of z.
  public let projection: Int
  /// T.
  public let temperature: Float

  /// A way to train a network.
  public init(_ network: any PictureNetwork, projection: Int = 64, temperature: Float = 0.5) {
    precondition(projection > 0 && temperature > 0, "projection, temperature: positive")
    self.network = network
    self.projection = projection
    self.temperature = temperature
  }

  /// The training program of so many pictures: input `x` of twice as many views, those of a picture together, and labels
  /// `partners`. The projection's parameters are `projector.0` and `projector.2`.
  public func trainingProgram(pictures: Int, threads: Int = 1) -> Program {
    Program(batch: 2 * pictures, threads: threads) { t in
      let features = network.features(t.input("x", network.input), in: t)
      let hidden = relu(Linear("projector.0", features.count)(features, in: t))
      let z = Linear("projector.2", projection)(hidden, in: t)
      return Self.loss(z, temperature: temperature, partners: t.labels("partners"))
    }
  }

  /// Which view belongs to which, where the two of a picture follow each other.
  public static func partners(pictures: Int) -> [Int32] {
    (0..<Int32(2 * pictures)).map { $0 ^ 1 }
  }

  /// The normalised, temperature-scaled cross-entropy (NT-Xent): a scalar.
  public static func loss(_ z: Value, temperature: Float, partners: Labels) -> Value {
    mean(softmaxCrossEntropy((1 / temperature) * similarities(unitLength(z)), partners))
  }
}
