"""Fixtures of Gaussian weights and codes: local reparametrization, sampling, divergences.

Variance = exp(logvariance). Local reparametrization:
y = f(x, theta) + sqrt(f(x^2, variance) + 1e-8) eps + bias, with f dense or convolution.
KL against the log-uniform prior (sigmoid approximation, sum over weights), with
L = clip(logvariance - log(theta^2 + 1e-8), -8, 8), gradient zero where clipped:
KL = k1 + log(1 + exp(-L)) / 2 - k1 sigmoid(k2 + k3 L).
"""

import torch
import torch.nn.functional as F

from compute_fixture import Inputs, case, f32

K1, K2, K3 = 0.63576, 1.87320, 1.48695
EPSILON = 1e-8


def local_dense(name, batch, inner, outer, bias=True):
    inputs = Inputs(name)
    tensors = {
        "x": inputs.normal(batch, inner),
        "theta": inputs.normal(outer, inner, scale=0.3),
        "logvariance": inputs.normal(outer, inner, shift=-3.0),
    }
    if bias:
        tensors["bias"] = inputs.normal(outer)

    def forward(x, theta, logvariance, eps, bias=None):
        variance = F.linear(x**2, torch.exp(logvariance)) + EPSILON
        return F.linear(x, theta, bias) + torch.sqrt(variance) * eps

    case("Compute", name, "localReparametrizationDense", {"epsilon": EPSILON}, tensors, forward,
         constants={"eps": inputs.normal(batch, outer)})


def local_conv(name, batch, channels, size, kernel, stride=(1, 1), padding=(0, 0)):
    inputs, (inner, outer) = Inputs(name), channels
    tensors = {
        "x": inputs.normal(batch, inner, *size),
        "theta": inputs.normal(outer, inner, *kernel, scale=0.3),
        "logvariance": inputs.normal(outer, inner, *kernel, shift=-3.0),
        "bias": inputs.normal(outer),
    }
    result = F.conv2d(tensors["x"], tensors["theta"], None, stride, padding).shape

    def forward(x, theta, logvariance, bias, eps):
        variance = F.conv2d(x**2, torch.exp(logvariance), None, stride, padding) + EPSILON
        return F.conv2d(x, theta, bias, stride, padding) + torch.sqrt(variance) * eps

    case("Compute", name, "localReparametrizationConv2d",
         {"stride": list(stride), "padding": list(padding), "epsilon": EPSILON}, tensors, forward,
         constants={"eps": inputs.normal(*result)})


def log_uniform_kl(theta, logvariance):
    """The approximation as a sum over weights; `torch.clamp` has no gradient outside its bounds."""
    log_alpha = (logvariance - torch.log(theta**2 + EPSILON)).clamp(-8, 8)
    softplus = torch.logaddexp(-log_alpha, torch.zeros(()))
    return (K1 + 0.5 * softplus - K1 * torch.sigmoid(K2 + K3 * log_alpha)).sum()


def kl(name, shape, spread):
    inputs = Inputs(name)
    theta = inputs.normal(*shape, scale=0.2)
    # The ratio is drawn so that some weights lie beyond either bound, none within 0.01 of one.
    log_alpha = inputs.uniform(*shape, low=-spread, high=spread)
    log_alpha = torch.where((log_alpha.abs() - 8).abs() < 0.01, torch.zeros(()), log_alpha)
    logvariance = f32(log_alpha + torch.log(theta**2 + EPSILON))
    case("Compute", name, "klLogUniform", {"clip": [-8, 8], "epsilon": EPSILON, "reduction": "sum"},
         {"theta": theta, "logvariance": logvariance}, log_uniform_kl)


def main():
    for batch in (1, 5, 17, 33):
        local_dense(f"localReparametrizationDense-batch{batch}", batch, 19, 11)
    local_dense("localReparametrizationDense-1to1", 5, 1, 1)
    local_dense("localReparametrizationDense-no-bias", 5, 37, 13, bias=False)
    local_conv("localReparametrizationConv2d-valid", 5, (2, 3), (6, 5), (3, 3))
    local_conv("localReparametrizationConv2d-5x5-one-channel", 17, (1, 3), (7, 6), (5, 5))
    local_conv("localReparametrizationConv2d-stride2x1", 5, (3, 2), (7, 5), (3, 3), (2, 1), (1, 0))
    local_conv("localReparametrizationConv2d-batch1", 1, (2, 5), (5, 4), (3, 3), (1, 1), (1, 1))
    local_conv("localReparametrizationConv2d-batch33", 33, (1, 2), (4, 5), (3, 2))

    kl("klLogUniform", (13, 7), 7.9)
    kl("klLogUniform-clipped", (31, 5), 12.0)
    kl("klLogUniform-one", (1, 1), 3.0)
    # theta exactly zero and theta tiny: 1e-8 keeps the logarithm and its gradient finite.
    theta = f32(torch.tensor([[0.0, 1e-6, -1e-5, 1e-4, -1e-3, 0.01]]))
    case("Compute", "klLogUniform-tiny", "klLogUniform",
         {"clip": [-8, 8], "epsilon": EPSILON, "reduction": "sum"},
         {"theta": theta, "logvariance": torch.full((1, 6), -15.0)}, log_uniform_kl)

    for name, batch in (("klStandardNormal", 17), ("klStandardNormal-batch1", 1)):
        inputs = Inputs(name)
        case("Compute", name, "klStandardNormal", {"reduction": "sum over features, mean over batch"},
             {"x": inputs.normal(batch, 6), "x2": inputs.normal(batch, 6)},
             lambda x, x2: 0.5 * (torch.exp(x2) + x**2 - 1 - x2).sum() / x.shape[0])

    name = "gaussianSample"
    inputs = Inputs(name)
    case("Compute", name, "gaussianSample", {"formula": "y = x + exp(x2 / 2) eps"},
         {"x": inputs.normal(17, 6), "x2": inputs.normal(17, 6)},
         lambda x, x2, eps: x + torch.exp(0.5 * x2) * eps, constants={"eps": inputs.normal(17, 6)})


if __name__ == "__main__":
    main()
