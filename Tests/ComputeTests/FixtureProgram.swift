import Compute

/// The program of one fixture: builds its operation, seeds its gradients, binds its tensors.
///
/// A class because the trace's closure fills it in.
final class FixtureProgram {
  /// An output of the operation. The gradient of a batched one is divided by the number of examples,
  /// as its part of the loss is the mean over examples of the product with the seed.
  enum Output {
    case batched(Value)
    case scalar(Value)
    case free(Value)
  }

  let fixture: Fixture
  let examples: Int
  private var trace: Trace!
  private(set) var leaves: [String] = []  // differentiable inputs
  private var constants: [String] = []
  private(set) var parameters: [String] = []
  private var labels = false
  private var seeds: [String] = []
  private(set) var outputs: [(name: String, output: Output)] = []
  private(set) var program: Program!
  private(set) var set: ParameterSet!

  init(_ fixture: Fixture, path: KernelPath, threads: Int) throws {
    self.fixture = fixture
    let batched = ["x", "h0"].first { fixture.has($0) && fixture.shape($0).count > 1 }
    examples = batched.map { fixture.shape($0)[0] } ?? 1
    var failure: (any Error)?
    program = Program(batch: examples, threads: threads, path: path) { trace in
      self.trace = trace
      do {
        outputs = try build()
      } catch {
        failure = error
        return nil
      }
      var loss: Value?
      for (name, output) in outputs {
        let term: Value
        switch output {
        case .batched(let y):
          seeds.append("d\(name)")
          term = mean(sumFeatures(y * trace.input("d\(name)", y.shape)))
          trace.tap(name, y)
        case .scalar(let y):
          trace.tap(name, y)
          term = y
        case .free(let y):
          trace.tap(name, y)
          term = sum(y * trace.parameter("d\(name)", y.shape, role: .frozen))
        }
        loss = loss.map { $0 + term } ?? term
      }
      return loss
    }
    if let failure { throw failure }
    set = ParameterSet(program.parameters)
  }

  /// Binds everything and runs one step.
  func run(_ mode: Mode, backward: Bool) {
    for name in constants + leaves + seeds { program.bind(name, fixture.floats(name)) }
    if labels { program.bind(labels: "labels", fixture.integers("labels")) }
    for entry in program.parameters.entries { set[entry.name] = fixture.floats(entry.name) }
    program.run(set, mode: mode, backward: backward)
  }

  /// What the backward pass is to be multiplied with.
  var gradientFactor: Float {
    if case .batched = outputs[0].output { return Float(examples) }
    return 1
  }

  // MARK: Declaring tensors

  private func feature(_ name: String) -> [Int] {
    let shape = Array(fixture.shape(name).dropFirst())
    return shape.isEmpty ? [1] : shape
  }
  private func input(_ name: String) -> Value {
    leaves.append(name)
    let value = trace.input(name, feature(name), differentiable: true)
    trace.tap("leaf \(name)", value)
    return value
  }
  private func constant(_ name: String) -> Value {
    constants.append(name)
    return trace.input(name, feature(name))
  }
  private func parameter(_ name: String) -> Value {
    parameters.append(name)
    return trace.parameter(name, fixture.shape(name))
  }
  private func optional(_ name: String) -> Value? { fixture.has(name) ? parameter(name) : nil }
  private func statistic(_ name: String) -> Value {
    trace.parameter(name, fixture.shape(name), role: .statistic)
  }

  // MARK: Operations

  struct Unknown: Error, CustomStringConvertible {
    let operation: String
    var description: String { "no test knows the operation \(operation)" }
  }

  private var geometry: ConvolutionGeometry {
    ConvolutionGeometry(
      stride: fixture.pair("stride"), padding: fixture.pair("padding"),
      outputPadding: fixture.pair("outputPadding"), farPadding: fixture.pair("farPadding"))
  }

  private func build() throws -> [(String, Output)] {
    func y(_ value: Value) -> [(String, Output)] { [("y", .batched(value))] }
    switch fixture.operation {
    case "relu": return y(relu(input("x")))
    case "relu6": return y(relu6(input("x")))
    case "leakyRelu": return y(leakyRelu(input("x"), slope: Float(fixture.number("slope"))))
    case "elu": return y(elu(input("x"), alpha: Float(fixture.number("alpha"))))
    case "sigmoid": return y(sigmoid(input("x")))
    case "tanh": return y(tanh(input("x")))
    case "softplus": return y(softplus(input("x")))
    case "exp": return y(exp(input("x")))
    case "log": return y(log(input("x")))
    case "sqrt": return y(sqrt(input("x")))
    case "square": return y(square(input("x")))
    case "reciprocal": return y(reciprocal(input("x")))
    case "negate": return y(-input("x"))
    case "add": return y(input("x") + input("x2"))
    case "subtract": return y(input("x") - input("x2"))
    case "multiply": return y(input("x") * input("x2"))
    case "divide": return y(input("x") / input("x2"))
    case "multiplyBySelf":
      let x = input("x")
      return y(x * x)
    case "scalarMultiply": return y(Float(fixture.number("value")) * input("x"))
    case "scalarAdd": return y(input("x") + Float(fixture.number("value")))
    case "clamp":
      return y(clip(input("x"), Float(fixture.number("low"))...Float(fixture.number("high"))))
    case "channelAffine":
      return y(channelAffine(input("x"), scale: parameter("weight"), shift: parameter("bias")))
    case "flatten": return y(input("x").flattened)
    case "reshape": return y(input("x").reshaped(Array(fixture.shape("y").dropFirst())))
    case "concat": return y(concatenate([input("x"), input("x2")]))
    case "slice":
      return y(input("x")[channels: Int(fixture.number("start"))..<Int(fixture.number("end"))])
    case "dense": return y(dense(input("x"), parameter("weight"), bias: optional("bias")))
    case "conv2d":
      return y(conv2d(input("x"), parameter("weight"), bias: optional("bias"), geometry))
    case "depthwiseConv2d":
      return y(depthwiseConv2d(input("x"), parameter("weight"), bias: optional("bias"), geometry))
    case "convTranspose2d":
      return y(convTranspose2d(input("x"), parameter("weight"), bias: optional("bias"), geometry))
    case "maxPool2d":
      return y(
        maxPool2d(
          input("x"), kernel: fixture.pair("kernel").0, stride: fixture.pair("stride").0,
          padding: fixture.pair("padding").0))
    case "avgPool2d":
      return y(
        averagePool2d(
          input("x"), kernel: fixture.pair("kernel").0, stride: fixture.pair("stride").0))
    case "globalAveragePool": return y(globalAveragePool(input("x")))
    case "batchNorm1d", "batchNorm2d":
      return y(
        batchNorm(
          input("x"), scale: parameter("weight"), shift: parameter("bias"),
          runningMean: statistic("running_mean"), runningVariance: statistic("running_var"),
          epsilon: Float(fixture.number("epsilon")), momentum: Float(fixture.number("momentum"))))
    case "logSoftmax": return y(logSoftmax(input("x")))
    case "softmaxCrossEntropy":
      labels = true
      return [("y", .scalar(mean(softmaxCrossEntropy(input("x"), trace.labels("labels")))))]
    case "binaryCrossEntropyWithLogits":
      return [
        ("y", .scalar(mean(binaryCrossEntropy(logits: input("x"), target: constant("target")))))
      ]
    case "mseSum":
      return [("y", .scalar(mean(sumFeatures(square(input("x") - input("x2"))))))]
    case "sum", "mean": return try reduction()
    case "klLogUniform":
      return [
        (
          "y",
          .scalar(logUniformDivergence(parameter("theta"), logVariance: parameter("logvariance")))
        )
      ]
    case "straightThroughMask":
      let mask = trace.parameter("mask", fixture.shape("mask"), role: .frozen)
      return [("y", .free(straightThroughMask(parameter("theta"), by: mask)))]
    case "mixtureEnergy":
      return [
        (
          "y",
          .scalar(
            mixtureEnergy(
              parameter("theta"), zeroShare: Float(fixture.number("zeroShare")),
              zeroLogPrecision: parameter("zero_log_precision"), means: parameter("means"),
              logPrecisions: parameter("log_precisions"), logits: parameter("logits")))
        )
      ]
    case "klStandardNormal":
      let (x, x2) = (input("x"), input("x2"))
      return [("y", .scalar(mean(sumFeatures(0.5 * (exp(x2) + square(x) - 1 - x2)))))]
    case "gaussianSample": return y(input("x") + exp(0.5 * input("x2")) * constant("eps"))
    case "localReparametrizationDense":
      let x = input("x")
      let mean = dense(x, parameter("theta"), bias: optional("bias"))
      let variance = dense(square(x), exp(parameter("logvariance")))
      return y(mean + sqrt(variance + Float(fixture.number("epsilon"))) * constant("eps"))
    case "localReparametrizationConv2d":
      let x = input("x")
      let mean = conv2d(x, parameter("theta"), bias: optional("bias"), geometry)
      let variance = conv2d(square(x), exp(parameter("logvariance")), geometry)
      return y(mean + sqrt(variance + Float(fixture.number("epsilon"))) * constant("eps"))
    case "lstmCell":
      let (h, c) = cell(input("x"), input("x2"), input("x3"))
      return [("y", .batched(h)), ("y2", .batched(c))]
    case "lstm":
      var (h, c) = (input("h0"), input("c0"))
      var outputs: [(String, Output)] = []
      for step in ["", "2", "3", "4"] {
        (h, c) = cell(input("x\(step)"), h, c)
        outputs.append(("y\(step)", .batched(h)))
      }
      return outputs + [("c4", .batched(c))]
    default: throw Unknown(operation: fixture.operation)
    }
  }

  private func reduction() throws -> [(String, Output)] {
    let x = input("x")
    let isMean = fixture.operation == "mean"
    // The attribute is text; the shapes tell the axes just as well.
    if fixture.name.hasSuffix("-features") {
      let total = sumFeatures(x)
      return [("y", .batched(isMean ? (1 / Float(x.count)) * total : total))]
    }
    if fixture.name.hasSuffix("-batch") {
      let total = sumExamples(x)
      return [("y", .free(isMean ? (1 / Float(examples)) * total : total))]
    }
    let average = mean(sumFeatures(x))
    return [("y", .scalar((isMean ? 1 / Float(x.count) : Float(examples)) * average))]
  }

  /// One step of an LSTM, gates in the order input, forget, candidate, output.
  private func cell(_ x: Value, _ h: Value, _ c: Value) -> (Value, Value) {
    let hidden = h.count
    func weight(_ name: String) -> Value {
      parameters.contains(name)
        ? trace.parameter(name, fixture.shape(name)) : parameter(name)
    }
    let gates =
      dense(x, weight("w_ih"), bias: weight("b_ih"))
      + dense(h, weight("w_hh"), bias: weight("b_hh"))
    func gate(_ index: Int) -> Value { gates[channels: index * hidden..<(index + 1) * hidden] }
    let next = sigmoid(gate(1)) * c + sigmoid(gate(0)) * tanh(gate(2))
    return (sigmoid(gate(3)) * tanh(next), next)
  }
}
