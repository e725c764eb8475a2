"""Fixtures of the compressions that start from a dense network, in NumPy and PyTorch, from their formulas.

pruning.safetensors   one layer in three rounds: threshold round * factor / 3 * std, masks, weights in between
surgery.safetensors   the threshold max(mu + c s, 0) of a layer and three updates of its masks while its weights move
sharing.safetensors   the prior of two layers with its Gamma terms: loss, gradients by autograd
clusters.safetensors  components merged and weights put on their means
"""

import json

import numpy as np
import torch

from compute_fixture import FIXTURES, Inputs, write_safetensors


def write(name, tensors, attributes):
    write_safetensors(FIXTURES / "Methods" / f"{name}.safetensors", tensors, {
        "attributes": json.dumps(attributes, sort_keys=True),
        "numpy": np.__version__,
        "torch": torch.__version__,
    })


def pruning():
    inputs, factor, rounds = Inputs("pruning"), 1.5, 3
    tensors, mask = {}, np.ones((11, 23))
    for number in range(1, rounds + 1):
        weights = inputs.normal(11, 23, scale=0.1, shift=0.01).numpy()
        kept = weights * mask
        threshold = number / rounds * factor * np.sqrt(np.mean((kept - kept.mean()) ** 2))
        mask = (np.abs(kept) > threshold).astype(float)
        tensors |= {f"weights{number}": weights, f"threshold{number}": np.array([threshold]), f"mask{number}": mask}
    write("pruning", tensors, {"factor": factor, "rounds": rounds})


def surgery():
    inputs, factor = Inputs("surgery"), 0.75
    shapes = {"weight": (11, 23), "bias": (11,)}
    masks = {name: np.ones(shape) for name, shape in shapes.items()}
    numbers = {name: inputs.normal(*shape, scale=0.1).numpy() for name, shape in shapes.items()}
    sizes = np.concatenate([np.abs(numbers[name]).reshape(-1) for name in shapes])
    threshold = max(sizes.mean() + factor * sizes.std(), 0)
    tensors = {"threshold": np.array([threshold])}
    for update in range(1, 4):
        for name, shape in shapes.items():
            size = np.abs(numbers[name])
            masks[name] = np.where(size <= 0.9 * threshold, 0.0, np.where(size > 1.1 * threshold, 1.0, masks[name]))
            tensors |= {f"{name}{update}": numbers[name], f"{name}.mask{update}": masks[name]}
            # The band between 0.9 t and 1.1 t must be met from both sides.
            numbers[name] = numbers[name] + inputs.normal(*shape, scale=0.02).numpy()
            numbers[name] = numbers[name].astype(np.float32).astype(float)
    between = [np.abs(tensors["weight3"]) > 0.9 * threshold, np.abs(tensors["weight3"]) <= 1.1 * threshold]
    band = tensors["weight.mask3"][np.logical_and(*between)]
    assert 0 < band.sum() < band.size
    write("surgery", tensors, {"factor": factor})


def sharing():
    inputs, components, share = Inputs("sharing"), 16, 0.9375
    leaves = {
        "a.weight": inputs.normal(7, 19, scale=0.2),
        "b.weight": inputs.normal(3, 7, scale=0.2),
        "zeroLogPrecision": inputs.normal(1, shift=3.0),
        "means": inputs.normal(components - 1, scale=0.3),
        "logPrecisions": inputs.normal(components - 1, scale=0.3, shift=3.0),
        "logits": inputs.normal(components - 1),
    }
    for leaf in leaves.values():
        leaf.requires_grad_(True)
    shares = torch.cat([torch.tensor([share]), (1 - share) * torch.softmax(leaves["logits"], 0)])
    means = torch.cat([torch.zeros(1), leaves["means"]])
    log_precisions = torch.cat([leaves["zeroLogPrecision"], leaves["logPrecisions"]])
    precisions = torch.exp(log_precisions)
    loss = torch.zeros(())
    for name in ("a.weight", "b.weight"):
        squares = (leaves[name].reshape(-1, 1) - means) ** 2
        terms = torch.log(shares) + 0.5 * (log_precisions - precisions * squares - np.log(2 * np.pi))
        loss = loss - torch.logsumexp(terms, 1).sum()
    shape = torch.tensor([5000.0] + [250.0] * (components - 1))
    rate = torch.tensor([2.0] + [0.1] * (components - 1))
    loss = loss + ((1 - shape) * log_precisions + rate * precisions).sum()
    loss.backward()
    gradients = {f"d{name}": leaf.grad for name, leaf in leaves.items()}
    write("sharing", {**leaves, **gradients, "loss": loss}, {"components": components, "zeroShare": share})


def clusters():
    inputs, bound = Inputs("clusters"), 1e-3
    # Components 3 and 5 are near each other, 5 and 6 too (a chain), and 7 stands near zero.
    means = np.array([0, -0.5, -0.25, 0.125, 0.25, 0.1259765625, 0.126953125, 0.0009765625])
    log_precisions = np.array([5, 4, 4.5, 6, 5, 6, 6, 5.0])
    shares = np.array([0.75, 0.03125, 0.0625, 0.03125, 0.03125, 0.046875, 0.015625, 0.03125])
    weights = inputs.normal(400, scale=0.25).numpy()
    p = np.exp(log_precisions)

    def kl(i, j):
        """KL(N(m_i, 1 / p_i) || N(m_j, 1 / p_j))."""
        return 0.5 * (np.log(p[i] / p[j]) + p[j] / p[i] + p[j] * (means[i] - means[j]) ** 2 - 1)

    count = len(means)
    near = np.array([[kl(i, j) + kl(j, i) < bound for j in range(count)] for i in range(count)])
    reach = np.linalg.matrix_power(near.astype(int), count) > 0  # chains of any length
    groups = sorted({tuple(np.flatnonzero(row)) for row in reach})
    assert groups == [(0, 7), (1,), (2,), (3, 5, 6), (4,)], groups
    merged = {"means": [], "logPrecisions": [], "shares": []}
    for group in map(list, groups):
        merged["shares"].append(shares[group].sum())
        merged["means"].append(0.0 if 0 in group else np.average(means[group], weights=shares[group]))
        merged["logPrecisions"].append(np.log(np.average(p[group], weights=shares[group])))
    merged = {name: np.array(values) for name, values in merged.items()}
    q = np.exp(merged["logPrecisions"])
    density = merged["shares"] * np.sqrt(q) * np.exp(-0.5 * q * (weights[:, None] - merged["means"]) ** 2)
    quantised = merged["means"][density.argmax(axis=1)]
    assert 0 < (quantised == 0).sum() < len(weights)
    write("clusters", {
        "means": means, "logPrecisions": log_precisions, "shares": shares, "weights": weights,
        "quantised": quantised, **{f"merged.{name}": values for name, values in merged.items()},
    }, {"bound": bound})


def main():
    pruning()
    surgery()
    sharing()
    clusters()


if __name__ == "__main__":
    main()
