import Compute
import Networks

/// A Gaussian around trained weights whose precision is a Kronecker product per layer (Ritter, Botev and Barber 2018).
///
/// Of a layer `y = W a`, biases as a last column of W: `A = E[Σ_t a aᵀ]` and `G = E[1/T Σ_t g gᵀ]` over pictures and the T positions
/// of a convolution, g the gradient of -log p(label) with the label drawn from the prediction. The precision is
/// `(√N A + √τ I) ⊗ (√N G + √τ I)` for N training pictures and a prior of precision τ.
public struct KroneckerLaplace: Sendable {
  /// The network; its normalisations keep their running statistics, depthwise convolutions their weights.
  public let network: any PictureNetwork
  private let layers: [Layer]

  private struct Layer: Sendable {
    let name: String
    /// `[O, C, K, K]` or `[O, I]`.
    let weight: [Int]
    let hasBias: Bool
    /// `[C, H, W]` of the input, rows and columns of the output, window steps and padding; a dense layer has one position.
    let input: [Int]
    let positions: (rows: Int, columns: Int)
    let stride: (Int, Int)
    let padding: (Int, Int)
    var columns: Int { weight.dropFirst().reduce(1, *) + (hasBias ? 1 : 0) }
  }

  /// The Laplace approximation of a network.
  public init(_ network: any PictureNetwork) {
    self.network = network
    var layers: [Layer] = []
    _ = Program.parameters { trace in
      _ = trace.replacing { call in
        let output = call.apply(call.input, call.weight, call.bias)
        let isDense = call.geometry == nil
        layers.append(
          Layer(
            name: call.name, weight: call.weight.shape, hasBias: call.bias != nil,
            input: isDense ? [call.input.count, 1, 1] : call.input.shape,
            positions: isDense ? (1, 1) : (output.shape[1], output.shape[2]),
            stride: call.geometry?.stride ?? (1, 1), padding: call.geometry?.padding ?? (0, 0)))
        return output
      } in: {
        network.forward(trace.input("x", network.input), in: trace)
      }
    }
    self.layers = layers
  }

  /// The program that curvature is measured with: inputs `x` and `labels`, tap `logits`.
  public func program(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { trace in
      let logits = trace.replacing { call in
        let output = call.apply(call.input, call.weight, call.bias)
        trace.tap("\(call.name) in", call.input)
        trace.tap("\(call.name) out", output)
        return output
      } in: {
        network.forward(trace.input("x", network.input), in: trace)
      }
      trace.tap("logits", logits)
      return mean(softmaxCrossEntropy(logits, trace.labels("labels")))
    }
  }

  /// Sums of a's and g's outer products over the pictures seen.
  public struct Curvature: Sendable {
    /// Pictures seen.
    public private(set) var pictures = 0
    /// Σ a aᵀ of each layer.
    public fileprivate(set) var inputs: [Matrix<Double>]
    /// Σ 1/T g gᵀ of each layer.
    public fileprivate(set) var gradients: [Matrix<Double>]

    fileprivate mutating func count(_ more: Int) { pictures += more }
  }

  /// Curvature of no pictures.
  public var none: Curvature {
    Curvature(
      inputs: layers.map { Matrix(rows: $0.columns, columns: $0.columns) },
      gradients: layers.map { Matrix(rows: $0.weight[0], columns: $0.weight[0]) })
  }

  /// Adds the pictures bound to `x`: labels are drawn from the network's own predictions.
  public func add(
    to curvature: inout Curvature, _ set: ParameterSet, with program: Program, examples: Int,
    stream: RandomStream
  ) {
    program.run(set, mode: .evaluation, examples: examples)
    let logits = program.read("logits")
    var generator = stream.generator
    let classes = network.classes
    program.bind(
      labels: "labels",
      (0..<examples).map { n in
        Self.drawnClass(logits[n * classes..<(n + 1) * classes], generator.uniform())
      })
    program.run(set, mode: .sampling, examples: examples, backward: true)
    for (place, layer) in layers.enumerated() {
      let input = program.read("\(layer.name) in")
      // The loss is a mean over the batch.
      let gradient = program.readGradient("\(layer.name) out").map { $0 * Float(examples) }
      let positions = layer.positions.rows * layer.positions.columns
      for n in 0..<examples {
        let size = layer.input.reduce(1, *)
        let patches = Self.patches(layer, input[n * size..<(n + 1) * size])
        Self.accumulate(patches, 1, into: &curvature.inputs[place])
        let length = layer.weight[0] * positions
        let own = Matrix(
          rows: layer.weight[0], columns: positions,
          Array(gradient[n * length..<(n + 1) * length]))
        Self.accumulate(own, 1 / Double(positions), into: &curvature.gradients[place])
      }
    }
    curvature.count(examples)
  }

  /// A class drawn from the softmax of logits by a uniform number.
  private static func drawnClass(_ logits: ArraySlice<Float>, _ uniform: Double) -> Int32 {
    let largest = logits.max()!
    let weights = logits.map { _exp(Double($0 - largest)) }
    var rest = uniform * weights.reduce(0, +)
    for (place, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return Int32(place) }
    }
    return Int32(weights.count - 1)
  }

  private static func accumulate(
    _ columns: Matrix<Float>, _ factor: Double, into sum: inout Matrix<Double>
  ) {
    let product = columns * columns.transposed
    for place in sum.elements.indices {
      sum.elements[place] += factor * Double(product.elements[place])
    }
  }

  /// What each position sees of a picture, a column each; a row of ones where there is a bias.
  private static func patches(_ layer: Layer, _ input: ArraySlice<Float>) -> Matrix<Float> {
    let (rows, columns) = layer.positions
    let kernel = layer.weight.count == 4 ? (layer.weight[2], layer.weight[3]) : (1, 1)
    let (height, width) = (layer.input[1], layer.input[2])
    var out = Matrix<Float>(rows: layer.columns, columns: rows * columns)
    input.withUnsafeBufferPointer { pixels in
      var row = 0
      for channel in 0..<layer.input[0] {
        for dy in 0..<kernel.0 {
          for dx in 0..<kernel.1 {
            for y in 0..<rows {
              let sourceY = y * layer.stride.0 + dy - layer.padding.0
              guard sourceY >= 0, sourceY < height else { continue }
              for x in 0..<columns {
                let sourceX = x * layer.stride.1 + dx - layer.padding.1
                guard sourceX >= 0, sourceX < width else { continue }
                out.elements[row * rows * columns + y * columns + x] =
                  pixels[(channel * height + sourceY) * width + sourceX]
              }
            }
            row += 1
          }
        }
      }
    }
    if layer.hasBias {
      for position in 0..<rows * columns {
        out.elements[(layer.columns - 1) * rows * columns + position] = 1
      }
    }
    return out
  }

  /// The Gaussian of a curvature.
  ///
  /// - Parameters:
  ///   - trainingPictures: N.
  ///   - priorPrecision: τ, which keeps every factor positive definite.
  /// - Throws: `LinearAlgebraError` where the curvature is not finite.
  public func posterior(
    _ curvature: Curvature, trainingPictures: Int, priorPrecision: Double
  ) throws(LinearAlgebraError) -> Posterior {
    precondition(curvature.pictures > 0 && priorPrecision > 0, "no curvature, or no prior")
    func root(_ sum: Matrix<Double>) throws(LinearAlgebraError) -> CholeskyFactor {
      var factor = sum
      let share = Double(trainingPictures).squareRoot() / Double(curvature.pictures)
      for place in factor.elements.indices { factor.elements[place] *= share }
      for i in 0..<factor.rows { factor[i, i] += priorPrecision.squareRoot() }
      return try factor.cholesky()
    }
    var parts: [Posterior.Part] = []
    for (place, layer) in layers.enumerated() {
      let (a, g) = (try root(curvature.inputs[place]), try root(curvature.gradients[place]))
      // L⁻¹ = Lᵀ C⁻¹.
      parts.append(
        Posterior.Part(
          name: layer.name, hasBias: layer.hasBias,
          left: g.solve(.identity(g.lower.rows)) * g.lower,
          right: a.lower.transposed * a.solve(.identity(a.lower.rows))))
    }
    return Posterior(parts: parts)
  }

  /// Draws of weights around trained ones.
  public struct Posterior: Sendable {
    fileprivate struct Part: Sendable {
      let name: String
      let hasBias: Bool
      /// L_G⁻ᵀ and L_A⁻¹: with Z of standard normal numbers, `left Z right` has the layer's covariance.
      let left, right: Matrix<Double>
    }
    fileprivate let parts: [Part]

    /// Adds a draw, `scale` times the deviation, to the weights of a set.
    public func addDraw(to set: ParameterSet, scale: Double, stream: RandomStream) {
      for part in parts {
        var generator = stream.child(part.name).generator
        let (rows, columns) = (part.left.rows, part.right.rows)
        let noise = Matrix(
          rows: rows, columns: columns, (0..<rows * columns).map { _ in scale * generator.normal() }
        )
        let change = part.left * noise * part.right
        let width = part.hasBias ? columns - 1 : columns
        var weight = set["\(part.name).weight"]
        for i in weight.indices {
          weight[i] += Float(change.elements[i / width * columns + i % width])
        }
        set["\(part.name).weight"] = weight
        guard part.hasBias else { continue }
        set["\(part.name).bias"] = set["\(part.name).bias"].enumerated().map { row, bias in
          bias + Float(change[row, columns - 1])
        }
      }
    }
  }
}
