import Compute

/// A convolutional variational autoencoder (Kingma and Welling 2014) of pictures in [0, 1]: convolutions, two dense
/// heads for the posterior, a dense layer to a single position, transposed convolutions back; ELU in between.
///
/// Minimised is the mean over examples of `-log p(x | z) + KL(N(m, exp(v)) || N(0, I))`, pixels Bernoulli.
public struct ConvVAE: Sendable {
  /// `[C, H, W]` of a picture.
  public let input: [Int]
  /// Length of the code.
  public let latent: Int
  /// Convolutions of the encoder, in order.
  public let encoder: [Conv2d]
  /// The dense layer that opens the decoder.
  public let opening: Linear
  /// Transposed convolutions of the decoder; the last one gives logits.
  public let decoder: [ConvTranspose2d]

  /// An autoencoder.
  public init(
    input: [Int], latent: Int, encoder: [Conv2d], opening: Linear, decoder: [ConvTranspose2d]
  ) {
    self.input = input
    self.latent = latent
    self.encoder = encoder
    self.opening = opening
    self.decoder = decoder
  }

  /// The autoencoder of MNIST of the deep weight prior's Fig. 4; the paper leaves paddings open: everything is valid
  /// here, and the decoder grows from one position.
  public static func mnist(latent: Int = 10) -> ConvVAE {
    ConvVAE(
      input: [1, 28, 28], latent: latent,
      encoder: [
        Conv2d("conv1", 64, kernel: 7, stride: 2), Conv2d("conv2", 128, kernel: 5),
      ],
      opening: Linear("dense", 128),
      decoder: [
        ConvTranspose2d("up1", 128, kernel: 5), ConvTranspose2d("up2", 64, kernel: 5, stride: 2),
        ConvTranspose2d("up3", 1, kernel: 5, stride: 2, padding: 1, outputPadding: 1),
      ])
  }

  /// Multiply-adds of encoder and decoder for one picture.
  public var multiplyAdds: Int {
    var (channels, size, total) = (input[0], (height: input[1], width: input[2]), 0)
    for layer in encoder {
      size = layer.geometry.narrow((size.height, size.width), (layer.kernel, layer.kernel))
      total += size.height * size.width * layer.channels * channels * layer.kernel * layer.kernel
      channels = layer.channels
    }
    total += 2 * channels * size.height * size.width * latent + latent * opening.outputs
    (channels, size) = (opening.outputs, (1, 1))
    for layer in decoder {
      // Once per position of the input, pair of channels and tap.
      total += size.height * size.width * layer.channels * channels * layer.kernel * layer.kernel
      size = layer.geometry.wide((size.height, size.width), (layer.kernel, layer.kernel))
      channels = layer.channels
    }
    return total
  }

  /// Mean and log variance of the code of each picture.
  public func encode(_ x: Value, in trace: Trace) -> (mean: Value, logVariance: Value) {
    let features = encoder.reduce(x.reshaped(input)) { elu($1($0, in: trace)) }
    return (
      Linear("mean", latent)(features, in: trace),
      Linear("logvariance", latent)(features, in: trace)
    )
  }

  /// Logits of the pixels of each code.
  public func decode(_ z: Value, in trace: Trace) -> Value {
    let start = elu(opening(z, in: trace)).reshaped([opening.outputs, 1, 1])
    let logits = decoder.dropLast().reduce(start) { elu($1($0, in: trace)) }
    return decoder.last.map { $0(logits, in: trace) } ?? logits
  }

  /// The program that draws pictures from codes: input `z`, tap `pixels` `[N, C, H, W]`, their probabilities.
  public func decodingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      t.tap("pixels", sigmoid(decode(t.input("z", [latent]), in: t)))
      return nil
    }
  }

  /// The training program: input `x`, which is the target too; taps `logits`, `likelihood` (mean log p(x | z)), `kl`.
  ///
  /// - Parameter noise: standard normal numbers of the shape of a value; drawn afresh where nil.
  public func trainingProgram(
    batch: Int, threads: Int = 1, noise: ((Trace, Value) -> Value)? = nil
  ) -> Program {
    Program(batch: batch, threads: threads) { t in
      let x = t.input("x", input)
      let (mean, logVariance) = encode(x, in: t)
      let draw = noise?(t, mean) ?? gaussian(like: mean)
      let logits = decode(mean + exp(0.5 * logVariance) * draw, in: t)
      precondition(logits.shape == input, "decoder gives \(logits.shape) for \(input)")
      let reconstruction = Compute.mean(binaryCrossEntropy(logits: logits, target: x))
      let kl = Compute.mean(
        sumFeatures(0.5 * (exp(logVariance) + square(mean) - logVariance - 1)))
      t.tap("logits", logits)
      t.tap("likelihood", -reconstruction)
      t.tap("kl", kl)
      return reconstruction + kl
    }
  }
}
