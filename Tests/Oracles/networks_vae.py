"""Fixture of a small convolutional variational autoencoder with given noise: loss and all gradients.

Batch 5 of 1x12x12, latent 3, ELU between layers, the plan of the benchmark's ConvVAE in small:
encoder conv 1->4 4x4 stride 2 (12->5), conv 4->6 3x3 (5->3), heads 54->3 (mean, logvariance);
z = mean + exp(logvariance / 2) eps;
decoder dense 3->6, convT 6->5 3x3 (1->3), convT 5->4 3x3 stride 2 (3->7),
convT 4->1 3x3 stride 2, padding 2, output padding 1 (7->12).
Loss per example, mean over the batch: Bernoulli negative log-likelihood of the logits, summed over
pixels, + KL(q(z|x) || N(0, I)).
"""

import torch
import torch.nn.functional as F

from compute_fixture import Inputs, case

SHAPES = {
    "encoder1": (4, 1, 4, 4),
    "encoder2": (6, 4, 3, 3),
    "mean": (3, 54),
    "logvariance": (3, 54),
    "decoder1": (6, 3),
    "decoder2": (6, 5, 3, 3),
    "decoder3": (5, 4, 3, 3),
    "decoder4": (4, 1, 3, 3),
}
TRANSPOSED = ("decoder2", "decoder3", "decoder4")


def forward(images, eps, **p):
    def conv(name, x, stride):
        return F.conv2d(x, p[f"{name}.weight"], p[f"{name}.bias"], stride)

    def dense(name, x):
        return F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])

    def transposed(name, x, stride=1, padding=0, extra=0):
        return F.conv_transpose2d(x, p[f"{name}.weight"], p[f"{name}.bias"], stride, padding, extra)

    x = F.elu(conv("encoder2", F.elu(conv("encoder1", images, 2)), 1)).flatten(1)
    mean, logvariance = dense("mean", x), dense("logvariance", x)
    z = mean + torch.exp(0.5 * logvariance) * eps
    x = F.elu(dense("decoder1", z)).reshape(-1, 6, 1, 1)
    x = F.elu(transposed("decoder2", x))
    x = F.elu(transposed("decoder3", x, 2))
    logits = transposed("decoder4", x, 2, 2, 1)
    assert logits.shape == images.shape
    likelihood = -F.binary_cross_entropy_with_logits(logits, images, reduction="sum") / len(images)
    kl = 0.5 * (torch.exp(logvariance) + mean**2 - 1 - logvariance).sum() / len(images)
    return {"loss": kl - likelihood, "kl": kl, "likelihood": likelihood, "logits": logits}


def main():
    inputs, tensors = Inputs("vae"), {}
    for name, shape in SHAPES.items():
        outer = shape[1] if name in TRANSPOSED else shape[0]
        fan = torch.Size(shape).numel() / outer
        tensors[f"{name}.weight"] = inputs.normal(*shape, scale=fan**-0.5)
        tensors[f"{name}.bias"] = inputs.normal(outer, scale=0.2)
    constants = {"images": inputs.uniform(5, 1, 12, 12), "eps": inputs.normal(5, 3)}
    case("Networks", "conv-vae", "convVAE", {"parameters": list(tensors)}, tensors, forward,
         constants=constants, watched=["kl", "likelihood", "logits"])


if __name__ == "__main__":
    main()
