import Compute

/// A network that tells pictures apart: what it takes, how many classes it knows, and how its logits come about.
public protocol PictureNetwork: Sendable {
  /// `[C, H, W]`.
  var input: [Int] { get }
  /// Classes it tells apart.
  var classes: Int { get }
  /// Whether normalisations are part of the convolutions before them, as `folded` makes them: for prediction only.
  var isFolded: Bool { get set }
  /// What its normalisations add to the variance.
  var epsilon: Float { get }
  /// The normalisation that follows a convolution at once, by name; `nil` where none does.
  func norm(of convolution: String) -> String?
  /// The same network with dropout where its kind has it; `nil` where it has none.
  func dropping(rate: Float) -> Self?
  /// The logits of each picture.
  func forward(_ x: Value, in trace: Trace) -> Value
}

extension PictureNetwork {
  /// None.
  public func dropping(rate: Float) -> Self? { nil }
  /// PyTorch's.
  public var epsilon: Float { 1e-5 }

  /// The training program: inputs `x`, `labels`; the loss is the mean cross-entropy; tap `logits`.
  public func trainingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      let logits = forward(t.input("x", input), in: t)
      t.tap("logits", logits)
      return mean(softmaxCrossEntropy(logits, t.labels("labels")))
    }
  }

  /// A program of the logits alone: input `x`, tap `logits`.
  public func logitsProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      t.tap("logits", forward(t.input("x", input), in: t))
      return nil
    }
  }

  /// The predicting program: input `x`, taps `logits` and `logProbabilities`.
  public func predictionProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      let logits = forward(t.input("x", input), in: t)
      t.tap("logits", logits)
      t.tap("logProbabilities", logSoftmax(logits))
      return nil
    }
  }

  /// Its parameters.
  public var parameters: ParameterLayout {
    Program.parameters { t in _ = forward(t.input("x", input), in: t) }
  }

  /// The same network with its normalisations' running statistics folded into the convolutions.
  public var folded: Self {
    var other = self
    other.isFolded = true
    return other
  }

  /// Fills the parameters of the folded network: `w s / sqrt(v + ε)` and `t + (b - m) s / sqrt(v + ε)`.
  public func fold(_ set: ParameterSet, into other: ParameterSet) {
    precondition(!isFolded, "already folded")
    other.copyValues(from: set)
    for entry in set.layout.entries where entry.name.hasSuffix(".weight") && entry.shape.count == 4
    {
      let convolution = String(entry.name.dropLast(".weight".count))
      guard let norm = norm(of: convolution) else { continue }
      let variance = set["\(norm).running_var"]
      let scale = zip(set["\(norm).weight"], variance).map { $0 / ($1 + epsilon).squareRoot() }
      let size = entry.count / scale.count
      let weight = set[entry.name]
      other[entry.name] = weight.indices.map { weight[$0] * scale[$0 / size] }
      let mean = set["\(norm).running_mean"]
      let shift = set["\(norm).bias"]
      let bias =
        set.layout.entries.contains { $0.name == "\(convolution).bias" }
        ? set["\(convolution).bias"] : Array(repeating: 0, count: scale.count)
      other["\(convolution).bias"] = scale.indices.map {
        shift[$0] + (bias[$0] - mean[$0]) * scale[$0]
      }
    }
  }

  /// A convolution and the normalisation after it, or the two in one where the network is folded.
  func normalised(_ convolution: Conv2d, _ x: Value, in trace: Trace) -> Value {
    var convolution = convolution
    convolution.hasBias = convolution.hasBias || isFolded
    return normalised(convolution.name, convolution(x, in: trace), in: trace)
  }

  /// What a convolution gave, normalised where that is not part of it.
  func normalised(_ convolution: String, _ y: Value, in trace: Trace) -> Value {
    if isFolded { return y }
    guard let norm = norm(of: convolution) else {
      preconditionFailure("\(convolution): no normalisation follows it")
    }
    return BatchNorm(norm, epsilon: epsilon)(y, in: trace)
  }
}
