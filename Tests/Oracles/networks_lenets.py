"""Fixtures of LeNet-300-100 and LeNet-5-Caffe (ReLU after both convolutions), 3 images, mean loss.

Weights and images follow a formula, so only results are stored. With flat index i, in float64, then
rounded to float32:
  parameter number k (torch's order: weight, bias, weight, ...):  0.05 sin(0.37 i + k)
  images, all three as one array [3, 1, 28, 28] (or [3, 784]):    0.5 + 0.5 sin(0.37 i + 0.001 i^1.5 + 53)
  labels:                                                         3, 7, 0
A plain sine makes weight matrices of rank two; the images' second term keeps them from being so.

Stored: `logits`, `loss`, and for every parameter `d<name>.head` (first 16 values of the gradient, or
all of them) and `d<name>.sums` (sum, l2 norm). Compare sums relative to the l2 norm. Metadata
`smallest_gap` is the least distance of a ReLU from its kink and of a pooling maximum from the next
value that is not equal to it: how much rounding the gradients bear before a branch changes.
"""

import json

import numpy as np
import torch
import torch.nn.functional as F

from compute_fixture import FIXTURES, f32, write_safetensors

LABELS = torch.tensor([3, 7, 0])
PHASE = 53.0  # of 120 tried, the one that leaves the largest `smallest_gap`


def formula(shape, k):
    index = np.arange(np.prod(shape), dtype=np.float64)
    return f32(torch.from_numpy(0.05 * np.sin(0.37 * index + k)).reshape(*shape))


def images(shape):
    index = np.arange(np.prod(shape), dtype=np.float64)
    return f32(torch.from_numpy(0.5 + 0.5 * np.sin(0.37 * index + 0.001 * index**1.5 + PHASE)).reshape(*shape))


class Gaps:
    """Remembers how close any branch came to switching."""

    def __init__(self):
        self.smallest = float("inf")

    def relu(self, x):
        self.smallest = min(self.smallest, x.abs().min().item())
        return F.relu(x)

    def pool(self, x):
        windows = F.unfold(x.flatten(0, 1).unsqueeze(1), 2, stride=2).sort(1).values.detach()
        gap = windows[:, -1] - windows[:, -2]
        gap = gap[gap > 0]
        self.smallest = min(self.smallest, gap.min().item())
        return F.max_pool2d(x, 2, 2)


def lenet300(x, p, gaps):
    x = gaps.relu(F.linear(x, p["fc1.weight"], p["fc1.bias"]))
    x = gaps.relu(F.linear(x, p["fc2.weight"], p["fc2.bias"]))
    return F.linear(x, p["fc3.weight"], p["fc3.bias"])


def lenet5(x, p, gaps):
    x = gaps.pool(gaps.relu(F.conv2d(x, p["conv1.weight"], p["conv1.bias"])))
    x = gaps.pool(gaps.relu(F.conv2d(x, p["conv2.weight"], p["conv2.bias"])))
    x = gaps.relu(F.linear(x.flatten(1), p["fc1.weight"], p["fc1.bias"]))
    return F.linear(x, p["fc2.weight"], p["fc2.bias"])


def network(name, forward, input_shape, shapes, count):
    parameters, k = {}, 0
    for layer, weight in shapes.items():
        for part, shape in (("weight", weight), ("bias", weight[:1])):
            parameters[f"{layer}.{part}"] = formula(shape, k).requires_grad_(True)
            k += 1
    assert sum(p.numel() for p in parameters.values()) == count, name
    gaps = Gaps()
    logits = forward(images(input_shape), parameters, gaps)
    loss = F.cross_entropy(logits, LABELS)
    stored = {"logits": logits, "loss": loss, "labels": LABELS}
    for key, gradient in zip(parameters, torch.autograd.grad(loss, list(parameters.values()))):
        stored[f"d{key}.head"] = gradient.flatten()[:16]
        stored[f"d{key}.sums"] = torch.stack([gradient.sum(), gradient.norm()])
    attributes = {
        "parameters": [[key, list(value.shape)] for key, value in parameters.items()],
        "input": list(input_shape),
        "count": count,
    }
    write_safetensors(FIXTURES / "Networks" / f"{name}.safetensors", stored, {
        "op": name,
        "attributes": json.dumps(attributes),
        "smallest_gap": f"{gaps.smallest:.2e}",
        "torch": torch.__version__,
    })
    return gaps.smallest


def main():
    network("lenet-300-100", lenet300, (3, 784),
            {"fc1": (300, 784), "fc2": (100, 300), "fc3": (10, 100)}, 266_610)
    network("lenet-5-caffe", lenet5, (3, 1, 28, 28),
            {"conv1": (20, 1, 5, 5), "conv2": (50, 20, 5, 5), "fc1": (500, 800), "fc2": (10, 500)}, 431_080)


if __name__ == "__main__":
    main()
