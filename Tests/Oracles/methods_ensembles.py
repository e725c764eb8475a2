"""ensemble_curvature, factorised_posterior and weight_average.safetensors: what ensembles around one optimum rest on, in PyTorch.

The network: a convolution of stride 2 without bias, a rectifier, a dense layer with bias.

Curvature: sums over pictures of the outer products of layer inputs (summed over positions, a one appended where there is a bias) and of
the gradients of -log p(y) for the layer's output (mean over positions), in expectation over y drawn from the prediction. `covariance` is that
of the dense layer's weights, row by row with their bias, under the precision (sqrt(N) A + sqrt(tau) I) x (sqrt(N) G + sqrt(tau) I).
"""

import json

import numpy as np
import torch
import torch.nn.functional as F

from compute_fixture import FIXTURES, Inputs, write_safetensors

STRIDE, PADDING = 2, 1


def forward(p, x):
    hidden = F.conv2d(x, p["conv.weight"], stride=STRIDE, padding=PADDING)
    return hidden, F.linear(F.relu(hidden).flatten(1), p["linear.weight"], p["linear.bias"])


def network(inputs):
    return {
        "conv.weight": 0.4 * inputs.normal(3, 2, 3, 3).double(),
        "linear.weight": 0.3 * inputs.normal(4, 3 * 3 * 3).double(),
        "linear.bias": 0.2 * inputs.normal(4).double(),
    }


def write(name, tensors, attributes):
    write_safetensors(FIXTURES / "Methods" / f"{name}.safetensors",
                      {key: np.asarray(value, dtype=np.float64) for key, value in tensors.items()},
                      {"attributes": json.dumps(attributes), "torch": torch.__version__, "numpy": np.__version__})


def curvature():
    inputs = Inputs("ensemble curvature")
    p = network(inputs)
    x = inputs.normal(6, 2, 6, 5).double()
    patches = F.unfold(x, 3, padding=PADDING, stride=STRIDE)
    hidden, logits = forward(p, x)
    dense = torch.cat([F.relu(hidden).flatten(1), torch.ones(len(x), 1).double()], 1)
    a = {"conv": torch.einsum("nip,njp->ij", patches, patches), "linear": dense.T @ dense}
    g = {"conv": torch.zeros(3, 3).double(), "linear": torch.zeros(4, 4).double()}
    positions = hidden.shape[2] * hidden.shape[3]
    for n in range(len(x)):
        for label in range(4):
            h = F.conv2d(x[n:n + 1], p["conv.weight"], stride=STRIDE, padding=PADDING).requires_grad_()
            out = F.linear(F.relu(h).flatten(1), p["linear.weight"], p["linear.bias"])
            loss = F.cross_entropy(out, torch.tensor([label]))
            dh, do = torch.autograd.grad(loss, [h, out])
            share = F.softmax(logits[n], 0)[label]
            flat = dh[0].flatten(1)
            g["conv"] += share * flat @ flat.T / positions
            g["linear"] += share * do.T @ do
    count, tau = 50, 3.0
    left = np.sqrt(count) * g["linear"] / len(x) + np.sqrt(tau) * torch.eye(4)
    right = np.sqrt(count) * a["linear"] / len(x) + np.sqrt(tau) * torch.eye(28)
    covariance = torch.kron(torch.linalg.inv(left), torch.linalg.inv(right))
    write("ensemble_curvature", {
        **p, "x": x, "logits": logits, "inputs conv": a["conv"], "inputs linear": a["linear"],
        "gradients conv": g["conv"], "gradients linear": g["linear"],
        "variances": covariance.diagonal(), "first row": covariance[0],
    }, {"trainingPictures": count, "priorPrecision": tau})


def factorised():
    inputs = Inputs("factorised posterior")
    p = network(inputs)
    x = inputs.normal(6, 2, 6, 5).double()
    variance = 0.04
    rho = {name: (-2 + 0.5 * inputs.normal(*p[name].shape).double()).requires_grad_() for name in ("conv.weight", "linear.weight")}
    prior = torch.distributions.Normal(torch.tensor(0.0).double(), torch.tensor(variance).double().sqrt())
    divergence = sum(
        torch.distributions.kl_divergence(torch.distributions.Normal(torch.zeros_like(r), r.exp()), prior).sum()
        for r in rho.values())
    divergence.backward()
    write("factorised_posterior", {
        **p, "x": x, "logits": forward(p, x)[1], "divergence": divergence.detach().reshape(1),
        **{name.replace("weight", "logDeviation"): r.detach() for name, r in rho.items()},
        **{"d" + name.replace("weight", "logDeviation"): r.grad for name, r in rho.items()},
    }, {"priorVariance": variance})


def average():
    inputs = Inputs("weight average")
    iterates = inputs.normal(7, 5).double().numpy() * [1, 0.1, 2, 0.5, 1] + [0, 3, -1, 0.2, 0]
    rank, scale = 4, 0.5
    # The running mean at the time of each iterate, it included.
    running = np.cumsum(iterates, 0) / np.arange(1, 8)[:, None]
    deviations = (iterates - running)[-rank:]
    mean = iterates.mean(0)
    diagonal = np.maximum((iterates ** 2).mean(0) - mean ** 2, 1e-30)
    covariance = scale * (np.diag(diagonal) + deviations.T @ deviations / (rank - 1))
    write("weight_average", {"iterates": iterates, "mean": mean, "covariance": covariance}, {"rank": rank, "scale": scale})


def main():
    curvature()
    factorised()
    average()


if __name__ == "__main__":
    main()
