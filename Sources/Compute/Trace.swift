/// Records the operations of a forward pass, once per shape; `Program` replays them.
///
/// A class because every `Value` of one forward pass must speak of the same recording.
public final class Trace {
  struct Record {
    let domain: Int?
    let shape: [Int]
    var needsGradient: Bool
    var producer: Int?
    var parameter: Int?
    var consumers = 0
    /// Never materialised: its producer writes the next value at once.
    var isFused = false
  }
  struct Parameter {
    let name: String
    let shape: [Int]
    let role: ParameterRole
    let value: Int
  }

  var values: [Record] = []
  var nodes: [Node] = []
  var parameters: [Parameter] = []
  /// Examples each batch domain has room for; domain 0 is the batch of the program.
  var capacities: [Int]
  var inputs: [String: Int] = [:]
  var outputs: [(name: String, value: Value)] = []
  var noises: UInt32 = 0
  private var freezes = false
  private var substitute: ((LayerCall) -> Value)?

  init(batch: Int) {
    precondition(batch > 0, "a batch has at least one example")
    capacities = [batch]
  }

  func value(domain: Int?, shape: [Int], needsGradient: Bool = false) -> Value {
    values.append(Record(domain: domain, shape: shape, needsGradient: needsGradient))
    return Value(trace: self, id: values.count - 1, shape: shape)
  }

  /// Appends a node and returns its output, which needs a gradient if any input does.
  func append(_ node: Node, domain: Int?, shape: [Int], differentiable: Bool = true) -> Value {
    let needs = differentiable && node.inputs.contains { values[$0].needsGradient }
    let output = value(domain: domain, shape: shape, needsGradient: needs)
    node.output = output.id
    values[output.id].producer = nodes.count
    for input in node.inputs { values[input].consumers += 1 }
    nodes.append(node)
    return output
  }

  /// A batched input `[N, features…]`, bound by name before each step.
  ///
  /// - Parameters:
  ///   - differentiable: whether a backward pass computes the gradient with respect to the input, for
  ///     `Program.readGradient` of its tap; nothing else asks for it.
  ///   - other: a value with as many examples; the batch of the program where nil.
  public func input(
    _ name: String, _ shape: [Int], differentiable: Bool = false, like other: Value? = nil
  ) -> Value {
    precondition(inputs[name] == nil, "two inputs named \(name)")
    precondition(other?.isBatched ?? true, "a value with examples")
    let domain = other?.domain ?? 0
    let output = append(InputNode(domain: domain), domain: domain, shape: shape)
    values[output.id].needsGradient = differentiable
    inputs[name] = output.id
    return output
  }

  /// Class labels, one per example, bound by name.
  public func labels(_ name: String) -> Labels {
    precondition(inputs[name] == nil, "two inputs named \(name)")
    let node = LabelNode(capacity: capacities[0])
    let output = append(node, domain: 0, shape: [1])
    inputs[name] = output.id
    return Labels(value: output, node: node)
  }

  /// A number bound by name before each step, such as a weight of a term of the loss.
  public func scalar(_ name: String) -> Value {
    precondition(inputs[name] == nil, "two inputs named \(name)")
    let output = append(ScalarNode(), domain: nil, shape: [1])
    inputs[name] = output.id
    return output
  }

  /// What `body` traces, with every trainable parameter that it declares frozen.
  public func frozen<T>(_ body: () -> T) -> T {
    let before = freezes
    freezes = true
    defer { freezes = before }
    return body()
  }

  /// What `body` traces, with another result for every layer it applies: noise in the place of weights, or taps.
  public func replacing<T>(_ layer: @escaping (LayerCall) -> Value, in body: () -> T) -> T {
    let before = substitute
    substitute = layer
    defer { substitute = before }
    return body()
  }

  /// The output of a layer, or what takes its place.
  public func call(_ layer: LayerCall) -> Value {
    substitute?(layer) ?? layer.apply(layer.input, layer.weight, layer.bias)
  }

  /// A parameter of the parameter set, by name.
  public func parameter(_ name: String, _ shape: [Int], role: ParameterRole = .trainable) -> Value {
    let role = freezes && role == .trainable ? .frozen : role
    if let known = parameters.first(where: { $0.name == name }) {
      precondition(
        known.shape == shape && known.role == role, "parameter \(name) declared twice, differently")
      return Value(trace: self, id: known.value, shape: shape)
    }
    let output = value(domain: nil, shape: shape, needsGradient: role == .trainable)
    values[output.id].parameter = parameters.count
    parameters.append(Parameter(name: name, shape: shape, role: role, value: output.id))
    return output
  }

  /// Names a value so that its numbers can be read after a step.
  public func tap(_ name: String, _ value: Value) { outputs.append((name, value)) }

  /// A number that differs for every source of noise in the program.
  func nextNoise() -> UInt32 {
    noises += 1
    return noises
  }
}

/// A layer as it is applied: `y = f(x, W) + b` with `f` linear in `x` and in `W`.
public struct LayerCall {
  /// What its parameters are called, less `.weight` and `.bias`.
  public let name: String
  /// What it is applied to.
  public let input: Value
  /// Its weight, `[O, I]` or `[O, C, K, K]`.
  public let weight: Value
  /// Its bias, where it has one.
  public let bias: Value?
  /// Of a convolution.
  public let geometry: ConvolutionGeometry?
  /// The layer with another input, weight or bias.
  public let apply: (_ input: Value, _ weight: Value, _ bias: Value?) -> Value

  /// A layer on an input.
  public init(
    name: String, input: Value, weight: Value, bias: Value?,
    geometry: ConvolutionGeometry? = nil,
    apply: @escaping (_ input: Value, _ weight: Value, _ bias: Value?) -> Value
  ) {
    self.name = name
    self.input = input
    self.weight = weight
    self.bias = bias
    self.geometry = geometry
    self.apply = apply
  }
}

/// Class labels bound to a program.
public struct Labels {
  let value: Value
  let node: LabelNode
}
