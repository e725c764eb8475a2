import Compute

/// The variational autoencoder of convolution kernels that is the deep weight prior (Atanov et al. 2019, appendix): a
/// posterior of the code `r(z|w)` and a decoder `p(w|z)`, both diagonal Gaussians with softplus variances, ELU between
/// layers, `p(z) = N(0, I)`.
///
/// For kernels of 7 × 7 with 32 channels and 2 codes the two halves have 56,004 and 56,674 parameters, for 5 × 5 with 64
/// and 4 they have 260,040 and 304,194.
public struct KernelVAE: Sendable, Equatable {
  /// Height and width of a kernel: 5 or 7.
  public let size: Int
  /// Channels of the first layer; later ones have twice as many.
  public let hidden: Int
  /// Length of the code.
  public let latent: Int
  /// What stands before the names of its parameters, so that one program may hold several.
  public let prefix: String

  /// Added to every variance, so that no logarithm meets zero.
  static let floor: Float = 1e-6

  /// The autoencoder of a kernel size.
  public init(size: Int, hidden: Int, latent: Int, prefix: String = "") {
    precondition(size == 5 || size == 7, "kernels of 5 x 5 or 7 x 7")
    precondition(hidden > 0 && latent > 0, "channels and codes")
    self.size = size
    self.hidden = hidden
    self.latent = latent
    self.prefix = prefix
  }

  /// The same under other names.
  public func named(_ prefix: String) -> KernelVAE {
    KernelVAE(size: size, hidden: hidden, latent: latent, prefix: prefix)
  }

  /// The paper's of a kernel size.
  public static func paper(size: Int) -> KernelVAE {
    size == 7
      ? KernelVAE(size: 7, hidden: 32, latent: 2) : KernelVAE(size: 5, hidden: 64, latent: 4)
  }

  /// Multiply-adds of both halves for one kernel.
  public var multiplyAdds: Int {
    let (h, w, z) = (hidden, 2 * hidden, latent)
    // Positions times taps times channels, layer by layer.
    return size == 7
      ? 25 * 9 * h + 9 * 9 * h * w + 9 * w * w + 2 * w * z
        + 9 * z * w + 9 * 9 * w * w + 25 * 9 * w * h + 2 * 49 * h
      : 25 * 9 * h + 25 * 9 * h * h + 9 * 9 * h * w + 9 * w * w + 2 * w * z
        + z * w + 9 * w * w + 9 * 9 * w * w + 25 * w * h + 2 * 25 * h
  }

  /// `[1, size, size]`.
  public var input: [Int] { [1, size, size] }

  private var encoder: [Conv2d] {
    size == 7
      ? [
        Conv2d("\(prefix)encoder.conv1", hidden, kernel: 3),
        Conv2d("\(prefix)encoder.conv2", 2 * hidden, kernel: 3),
        Conv2d("\(prefix)encoder.conv3", 2 * hidden, kernel: 3),
      ]
      : [
        Conv2d("\(prefix)encoder.conv1", hidden, kernel: 3, padding: 1),
        Conv2d("\(prefix)encoder.conv2", hidden, kernel: 3, padding: 1),
        Conv2d("\(prefix)encoder.conv3", 2 * hidden, kernel: 3),
        Conv2d("\(prefix)encoder.conv4", 2 * hidden, kernel: 3),
      ]
  }

  private func decoder(_ z: Value, in t: Trace) -> Value {
    func up(_ name: String, _ channels: Int, _ x: Value) -> Value {
      elu(ConvTranspose2d("\(prefix)decoder.\(name)", channels, kernel: 3)(x, in: t))
    }
    func one(_ name: String, _ channels: Int, _ x: Value) -> Value {
      elu(Conv2d("\(prefix)decoder.\(name)", channels, kernel: 1)(x, in: t))
    }
    let start = z.reshaped([latent, 1, 1])
    if size == 7 {
      return up("up3", hidden, up("up2", 2 * hidden, up("up1", 2 * hidden, start)))
    }
    let wide = up("up2", 2 * hidden, up("up1", 2 * hidden, one("conv1", 2 * hidden, start)))
    return one("conv2", hidden, wide)
  }

  private func gaussian(_ name: String, _ channels: Int, _ x: Value, in t: Trace) -> (
    mean: Value, variance: Value
  ) {
    (
      Conv2d("\(prefix)\(name).mean", channels, kernel: 1)(x, in: t),
      softplus(Conv2d("\(prefix)\(name).variance", channels, kernel: 1)(x, in: t)) + Self.floor
    )
  }

  /// Mean and variance of the code of each kernel, `[latent]`; parameters `encoder.…`.
  public func encode(_ kernels: Value, in t: Trace) -> (mean: Value, variance: Value) {
    let features = encoder.reduce(kernels.reshaped(input)) { elu($1($0, in: t)) }
    let code = gaussian("encoder", latent, features, in: t)
    return (code.mean.flattened, code.variance.flattened)
  }

  /// Mean and variance of the kernel of each code, `[1, size, size]`; parameters `decoder.…`.
  public func decode(_ codes: Value, in t: Trace) -> (mean: Value, variance: Value) {
    gaussian("decoder", 1, decoder(codes, in: t), in: t)
  }

  /// The training program: input `x`; minimised is the mean over kernels of `-log p(w|z) + KL(r(z|w) ‖ p(z))` with one
  /// draw of z; taps `reconstruction`, `kl`.
  ///
  /// - Parameter noise: standard normal numbers of the shape of a value; drawn afresh where nil.
  public func trainingProgram(
    batch: Int, threads: Int = 1, noise: ((Trace, Value) -> Value)? = nil
  ) -> Program {
    Program(batch: batch, threads: threads) { t in
      let x = t.input("x", input)
      let code = encode(x, in: t)
      let draw = noise?(t, code.mean) ?? Compute.gaussian(like: code.mean)
      let kernel = decode(code.mean + sqrt(code.variance) * draw, in: t)
      let reconstruction = mean(
        gaussianEnergy(x, mean: kernel.mean, variance: kernel.variance))
      let kl = mean(standardNormalDivergence(mean: code.mean, variance: code.variance))
      t.tap("reconstruction", reconstruction)
      t.tap("kl", kl)
      return reconstruction + kl
    }
  }

  /// The program that draws kernels from codes: input `z`, taps `mean` and `variance`, `[N, 1, size, size]`.
  public func decodingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      let kernel = decode(t.input("z", [latent]), in: t)
      t.tap("mean", kernel.mean)
      t.tap("variance", kernel.variance)
      return nil
    }
  }

  /// The program that codes kernels: input `x`, taps `mean` and `variance`, `[N, latent]`.
  public func encodingProgram(batch: Int, threads: Int = 1) -> Program {
    Program(batch: batch, threads: threads) { t in
      let code = encode(t.input("x", input), in: t)
      t.tap("mean", code.mean)
      t.tap("variance", code.variance)
      return nil
    }
  }
}

/// `-log N(x | mean, variance)` summed over the features of each example, in nats.
public func gaussianEnergy(_ x: Value, mean: Value, variance: Value) -> Value {
  let halfLog2Pi: Float = 0.918_938_53
  return sumFeatures(0.5 * (square(x - mean) / variance + log(variance)) + halfLog2Pi)
}

/// `KL(N(mean, variance) ‖ N(0, I))` of each example, in nats.
public func standardNormalDivergence(mean: Value, variance: Value) -> Value {
  sumFeatures(0.5 * (variance + square(mean) - log(variance) - 1))
}
