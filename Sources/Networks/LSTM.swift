import Compute

/// A long short-term memory cell (Hochreiter and Schmidhuber 1997) with PyTorch's parameters and gate order i, f, g, o:
/// `weight_ih` `[4H, I]`, `weight_hh` `[4H, H]`, `bias_ih` and `bias_hh` `[4H]`.
///
/// `c' = σ(f) c + σ(i) tanh(g)`, `h' = σ(o) tanh(c')`.
public struct LSTMCell: Sendable {
  /// What its parameters begin with, such as `lstm.`.
  public let prefix: String
  /// What its parameters end with, such as `_l0` for the first layer of PyTorch's `LSTM`.
  public let suffix: String
  /// Length of the hidden state.
  public let hidden: Int

  /// Hidden and cell state.
  public typealias State = (hidden: Value, cell: Value)

  /// A cell.
  public init(_ prefix: String = "", hidden: Int, suffix: String = "") {
    self.prefix = prefix
    self.hidden = hidden
    self.suffix = suffix
  }

  /// The state after an input; where there is none before it, that one is zero.
  public func callAsFunction(_ x: Value, _ state: State?, in trace: Trace) -> State {
    func parameter(_ name: String, _ shape: [Int]) -> Value {
      trace.parameter("\(prefix)\(name)\(suffix)", shape)
    }
    let biases = (
      parameter("bias_ih", [4 * hidden]), parameter("bias_hh", [4 * hidden])
    )
    let own = dense(
      x.flattened, parameter("weight_ih", [4 * hidden, x.count]), bias: biases.0)
    let weight = parameter("weight_hh", [4 * hidden, hidden])
    let gates =
      state.map { own + dense($0.hidden, weight, bias: biases.1) }
      ?? channelAffine(own, shift: biases.1)
    func gate(_ n: Int) -> Value { gates[channels: n * hidden..<(n + 1) * hidden] }
    let written = sigmoid(gate(0)) * tanh(gate(2))
    let cell = state.map { sigmoid(gate(1)) * $0.cell + written } ?? written
    return (sigmoid(gate(3)) * tanh(cell), cell)
  }
}

/// A language model unrolled over a fixed number of steps: an LSTM from a zero state, and a dense layer with softmax
/// at every step. Parameters as PyTorch's `lstm = LSTM(…)`, `head = Linear(…)` have them.
public struct LSTMLanguageModel: Sendable {
  /// Length of the vector read at each step, such as an embedding or a one-hot symbol.
  public let inputs: Int
  /// Length of the hidden state.
  public let hidden: Int
  /// Symbols it predicts.
  public let symbols: Int
  /// Steps of a sequence.
  public let steps: Int

  /// A model of sequences of fixed length.
  public init(inputs: Int, hidden: Int, symbols: Int, steps: Int) {
    precondition(steps > 0, "a sequence has at least one step")
    self.inputs = inputs
    self.hidden = hidden
    self.symbols = symbols
    self.steps = steps
  }

  /// The logits of every step from the vectors of all steps, `[steps, inputs]` of each example.
  public func forward(_ x: Value, in trace: Trace) -> [Value] {
    let cell = LSTMCell("lstm.", hidden: hidden, suffix: "_l0")
    let head = Linear("head", symbols)
    let sequence = x.reshaped([steps, inputs])
    var state: LSTMCell.State?
    return (0..<steps).map { step in
      let next = cell(sequence[channels: step..<step + 1], state, in: trace)
      state = next
      return head(next.hidden, in: trace)
    }
  }

  /// The training program: input `x` `[N, steps, inputs]`, labels `labels0`, `labels1`… of each step; the loss is
  /// the cross-entropy, mean over steps and examples.
  public func trainingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      let logits = forward(t.input("x", [steps, inputs]), in: t)
      let losses = logits.enumerated().map {
        softmaxCrossEntropy($1, t.labels("labels\($0)"))
      }
      return mean((1 / Float(steps)) * losses.dropFirst().reduce(losses[0], +))
    }
  }
}
