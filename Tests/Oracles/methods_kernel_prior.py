"""Fixtures of the deep weight prior, in PyTorch from its formulas.

kernel_vae_5, kernel_vae_7   an autoencoder of kernels: -log p(w|z) + KL(r(z|w) || N(0, I)) with given noise, its gradients
implicit_prior               the bound of one layer's divergence under such an autoencoder, gradients in posterior and encoder
kernel_gaussian              KL(N(mu, diag) || N(m, C)) of every kernel of a layer, C fitted to samples; log N(mu | m, C)
log_uniform_polynomial       the sigmoid form of the log-uniform divergence and its gradient
"""

import json
import math

import torch
from torch import nn
from torch.nn import functional as F

from compute_fixture import FIXTURES, Inputs, write_safetensors

FLOOR = 1e-6


def write(name, tensors, attributes):
    write_safetensors(FIXTURES / "Methods" / f"{name}.safetensors", tensors, {
        "attributes": json.dumps(attributes, sort_keys=True), "torch": torch.__version__,
    })


class KernelVAE(nn.Module):
    def __init__(self, size, hidden, latent):
        super().__init__()
        h = hidden
        if size == 7:
            encoder = [("conv1", nn.Conv2d(1, h, 3)), ("conv2", nn.Conv2d(h, 2 * h, 3)),
                       ("conv3", nn.Conv2d(2 * h, 2 * h, 3))]
            decoder = [("up1", nn.ConvTranspose2d(latent, 2 * h, 3)), ("up2", nn.ConvTranspose2d(2 * h, 2 * h, 3)),
                       ("up3", nn.ConvTranspose2d(2 * h, h, 3))]
        else:
            encoder = [("conv1", nn.Conv2d(1, h, 3, padding=1)), ("conv2", nn.Conv2d(h, h, 3, padding=1)),
                       ("conv3", nn.Conv2d(h, 2 * h, 3)), ("conv4", nn.Conv2d(2 * h, 2 * h, 3))]
            decoder = [("conv1", nn.Conv2d(latent, 2 * h, 1)), ("up1", nn.ConvTranspose2d(2 * h, 2 * h, 3)),
                       ("up2", nn.ConvTranspose2d(2 * h, 2 * h, 3)), ("conv2", nn.Conv2d(2 * h, h, 1))]
        self.order = ([name for name, _ in encoder], [name for name, _ in decoder])
        self.encoder = nn.ModuleDict(dict(encoder) | {
            "mean": nn.Conv2d(2 * h, latent, 1), "variance": nn.Conv2d(2 * h, latent, 1)})
        self.decoder = nn.ModuleDict(dict(decoder) | {
            "mean": nn.Conv2d(h, 1, 1), "variance": nn.Conv2d(h, 1, 1)})

    def run(self, half, names, x):
        for name in names:
            x = F.elu(half[name](x))
        return half["mean"](x), F.softplus(half["variance"](x)) + FLOOR

    def encode(self, kernels):
        mean, variance = self.run(self.encoder, self.order[0], kernels)
        return mean.flatten(1), variance.flatten(1)

    def decode(self, codes):
        return self.run(self.decoder, self.order[1], codes[:, :, None, None])


def counted():
    for size, hidden, latent, halves in [(7, 32, 2, (56004, 56674)), (5, 64, 4, (260040, 304194))]:
        model = KernelVAE(size, hidden, latent)
        assert tuple(sum(p.numel() for p in half.parameters()) for half in (model.encoder, model.decoder)) == halves


def energy(x, mean, variance):
    return (0.5 * ((x - mean) ** 2 / variance + variance.log() + math.log(2 * math.pi))).flatten(1).sum(1)


def divergence(mean, variance):
    return 0.5 * (variance + mean ** 2 - variance.log() - 1).sum(1)


def model(inputs, size, hidden, latent):
    made = KernelVAE(size, hidden, latent)
    for parameter in made.parameters():
        parameter.data = inputs.normal(*parameter.shape, scale=0.3)
    return made


def autoencoders():
    for size, hidden, latent in [(7, 3, 2), (5, 2, 3)]:
        inputs = Inputs(f"kernel-vae-{size}")
        made = model(inputs, size, hidden, latent)
        x, noise = inputs.normal(5, 1, size, size, scale=0.5), inputs.normal(5, latent)
        mean, variance = made.encode(x)
        kernel = made.decode(mean + variance.sqrt() * noise)
        reconstruction, kl = energy(x, *kernel).mean(), divergence(mean, variance).mean()
        (reconstruction + kl).backward()
        tensors = {"x": x, "noise": noise, "reconstruction": reconstruction, "kl": kl, "code.mean": mean,
                   "code.variance": variance}
        for name, parameter in made.named_parameters():
            tensors |= {name: parameter, f"d{name}": parameter.grad}
        write(f"kernel_vae_{size}", tensors, {"size": size, "hidden": hidden, "latent": latent})


def implicit():
    inputs, size, hidden, latent, shape = Inputs("implicit-prior"), 5, 2, 3, (4, 3, 5, 5)
    made = model(inputs, size, hidden, latent)
    theta = inputs.normal(*shape, scale=0.4).requires_grad_()
    log_variance = inputs.normal(*shape, scale=0.5, shift=-2).requires_grad_()
    noise, code = inputs.normal(12, 25), inputs.normal(12, latent)
    flat = log_variance.reshape(12, 25)
    kernel = theta.reshape(12, 25) + (0.5 * flat).exp() * noise
    mean, variance = made.encode(kernel.reshape(12, 1, size, size))
    decoded = made.decode(mean + variance.sqrt() * code)
    entropy = 0.5 * (flat + math.log(2 * math.pi * math.e)).sum(1)
    terms = energy(kernel.reshape(12, 1, size, size), *decoded) + divergence(mean, variance) - entropy
    terms.sum().backward()
    tensors = {"theta": theta, "logVariance": log_variance, "noise": noise, "code": code, "divergence": terms.sum(),
               "terms": terms, "dtheta": theta.grad, "dlogVariance": log_variance.grad}
    for name, parameter in made.named_parameters():
        tensors[name] = parameter
        if name.startswith("encoder."):
            tensors[f"d{name}"] = parameter.grad
    write("implicit_prior", tensors, {"size": size, "hidden": hidden, "latent": latent})


def gaussian():
    inputs, shape = Inputs("kernel-gaussian"), (3, 2, 5, 5)
    mixing = torch.tril(torch.ones(25, 25)) / 8
    samples = inputs.normal(200, 25, scale=0.3, shift=0.05) @ mixing
    samples = samples.to(torch.float32).to(torch.float64)
    mean = samples.mean(0)
    covariance = (samples - mean).T @ (samples - mean) / len(samples)
    covariance += 1e-4 * covariance.trace() / 25 * torch.eye(25)
    theta = inputs.normal(*shape, scale=0.4).requires_grad_()
    log_variance = inputs.normal(*shape, scale=0.5, shift=-2).requires_grad_()
    prior = torch.distributions.MultivariateNormal(mean, covariance)
    total = torch.zeros(())
    for mu, spread in zip(theta.reshape(6, 25), log_variance.reshape(6, 25)):
        posterior = torch.distributions.MultivariateNormal(mu, torch.diag(spread.exp()))
        total = total + torch.distributions.kl_divergence(posterior, prior)
    total.backward()
    write("kernel_gaussian", {
        "samples": samples, "theta": theta, "logVariance": log_variance, "divergence": total, "dtheta": theta.grad,
        "dlogVariance": log_variance.grad, "logDensity": prior.log_prob(theta.reshape(6, 25)).mean()}, {"size": 25})


def polynomial():
    inputs, shape = Inputs("log-uniform-polynomial"), (4, 3, 5, 5)
    a = inputs.normal(*shape, scale=2, shift=-2).requires_grad_()
    alpha = torch.sigmoid(a)
    kl = -(0.5 * alpha.log() + 1.16145124 * alpha - 1.50204118 * alpha ** 2 + 0.58629921 * alpha ** 3).sum()
    kl.backward()
    write("log_uniform_polynomial", {"a": a, "divergence": kl, "da": a.grad}, {})


def main():
    counted()
    autoencoders()
    implicit()
    gaussian()
    polynomial()


if __name__ == "__main__":
    main()
