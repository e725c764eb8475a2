"""Fixture of a small residual network with batch normalisation, in training and in evaluation.

Convolutions have no bias; width 8, images 3x8x8, batch 5:
stem conv 3x3 -> BN -> ReLU; block1 (identity shortcut); block2 (stride 2, shortcut conv 1x1 stride 2
-> BN); mean over positions; dense 8 -> 10; mean cross-entropy.
Block: conv 3x3 -> BN -> ReLU -> conv 3x3 -> BN, plus shortcut, then ReLU.
BN: epsilon 1e-5, momentum 0.1. Also the parameter count of ResNet-20 with such shortcuts.
"""

import torch
import torch.nn.functional as F

from compute_fixture import Inputs, case

WIDTH, CLASSES = 8, 10


def shapes(stem=3, widths=(8, 8), blocks=1, classes=CLASSES):
    """Parameters in order: convolution weights, BN pairs, classifier."""
    result = {"stem.weight": (widths[0], stem, 3, 3)}

    def bn(name, channels):
        result[f"{name}.weight"], result[f"{name}.bias"] = (channels,), (channels,)

    bn("stem.bn", widths[0])
    inner, number = widths[0], 0
    for stage, width in enumerate(widths):
        for block in range(blocks):
            number += 1
            name, down = f"block{number}", stage > 0 and block == 0
            result[f"{name}.conv1.weight"] = (width, inner, 3, 3)
            bn(f"{name}.bn1", width)
            result[f"{name}.conv2.weight"] = (width, width, 3, 3)
            bn(f"{name}.bn2", width)
            if down:
                result[f"{name}.shortcut.weight"] = (width, inner, 1, 1)
                bn(f"{name}.shortcut.bn", width)
            inner = width
    result["head.weight"], result["head.bias"] = (classes, inner), (classes,)
    return result


def count(table):
    return sum(torch.Size(shape).numel() for shape in table.values())


def forward(training):
    def run(x, labels, **p):
        states = {k: v.clone() for k, v in p.items() if k.endswith(("_mean", "_var"))}

        def bn(name, x):
            return F.batch_norm(x, states[f"{name}.running_mean"], states[f"{name}.running_var"],
                                p[f"{name}.weight"], p[f"{name}.bias"], training, 0.1, 1e-5)

        def block(name, x, stride):
            y = F.relu(bn(f"{name}.bn1", F.conv2d(x, p[f"{name}.conv1.weight"], None, stride, 1)))
            y = bn(f"{name}.bn2", F.conv2d(y, p[f"{name}.conv2.weight"], None, 1, 1))
            if stride != 1:
                x = bn(f"{name}.shortcut.bn", F.conv2d(x, p[f"{name}.shortcut.weight"], None, stride))
            return F.relu(y + x)

        x = F.relu(bn("stem.bn", F.conv2d(x, p["stem.weight"], None, 1, 1)))
        x = block("block2", block("block1", x, 1), 2)
        logits = F.linear(x.mean((2, 3)), p["head.weight"], p["head.bias"])
        outputs = {"loss": F.cross_entropy(logits, labels), "logits": logits}
        if training:
            outputs |= {f"{k}_after": v for k, v in states.items()}
        return outputs

    return run


def main():
    for training in (True, False):
        inputs = Inputs("residual")
        tensors, constants = {"x": inputs.normal(5, 3, 8, 8)}, {"labels": inputs.labels(5, CLASSES)}
        for name, shape in shapes().items():
            if ".bn" in name and name.endswith("weight"):
                tensors[name] = inputs.normal(*shape, scale=0.2, shift=1)
                stem = name.removesuffix("weight")
                constants[f"{stem}running_mean"] = inputs.normal(*shape, scale=0.2)
                constants[f"{stem}running_var"] = inputs.uniform(*shape, low=0.5, high=2)
            else:
                fan = torch.Size(shape[1:]).numel() or 1
                tensors[name] = inputs.normal(*shape, scale=fan**-0.5 if len(shape) > 1 else 0.2)
        name = f"residual-{'train' if training else 'eval'}"
        case("Networks", name, "residual", {
            "training": training, "epsilon": 1e-5, "momentum": 0.1, "parameters": list(shapes()),
        }, tensors, forward(training), constants=constants, watched=["logits"])
    # ResNet-20: three stages of three blocks, projections where the stages change.
    assert count(shapes(widths=(16, 32, 64), blocks=3)) == 272_474


if __name__ == "__main__":
    main()
