"""Makes architectures.csv: parameter counts of every network, counted by PyTorch, layer by layer.

Columns: network, parameters, weights (without biases and without batch normalisation). Known counts,
printed in papers or worked out by hand, are asserted. Modules live on the `meta` device: no memory.
"""

import torch
from torch import nn

from methods_files import FIXTURES


def dense(*sizes):
    return [nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])]


def convs(*sizes, kernel, transposed=False, bias=True):
    kind = nn.ConvTranspose2d if transposed else nn.Conv2d
    return [kind(a, b, kernel, bias=bias) for a, b in zip(sizes, sizes[1:])]


def norms(*sizes):
    return [nn.BatchNorm2d(n) for n in sizes]


def vgg_like(k):
    widths = [int(k * n) for n in (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)]
    last = widths[-1]
    # Layers before a normalisation carry no bias.
    return (convs(3, *widths, kernel=3, bias=False) + norms(*widths, last)
            + [nn.Linear(last, last, bias=False), nn.Linear(last, 10)])


def vgg16bn(classes):
    widths = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    return convs(3, *widths, kernel=3) + norms(*widths) + dense(512, 512, 512, classes)


def preresnet110(classes):
    layers, inner = convs(3, 16, kernel=3, bias=False), 16
    for width in (16, 32, 64):
        for block in range(12):
            layers += norms(inner, width, width)
            layers += convs(inner, width, kernel=1, bias=False) + convs(width, width, kernel=3, bias=False)
            layers += convs(width, 4 * width, kernel=1, bias=False)
            if block == 0:
                layers += convs(inner, 4 * width, kernel=1, bias=False)
            inner = 4 * width
    return layers + norms(inner) + dense(inner, classes)


def resnet20(classes):
    layers, inner = convs(3, 16, kernel=3, bias=False) + norms(16), 16
    for width in (16, 32, 64):
        for _ in range(3):
            layers += convs(inner, width, width, kernel=3, bias=False) + norms(width, width)
            if inner != width:
                layers += convs(inner, width, kernel=1, bias=False) + norms(width)
            inner = width
    return layers + dense(64, classes)


def conv_vae(latent):
    return (convs(1, 64, kernel=7) + convs(64, 128, kernel=5) + 2 * dense(128 * 49, latent) + dense(latent, 128)
            + convs(128, 128, 64, 1, kernel=5, transposed=True))


def lenet5(k):
    a, b, c = int(20 * k), int(50 * k), int(500 * k)
    return convs(1, a, b, kernel=5) + dense(16 * b, c, 10)


NETWORKS = {
    "lenet-300-100": (lambda: dense(784, 300, 100, 10), 266_610, 266_200),
    "784-300-10": (lambda: dense(784, 300, 10), 238_510, 238_200),
    "lenet-5-caffe": (lambda: convs(1, 20, 50, kernel=5) + dense(800, 500, 10), 431_080, 430_500),
    "lenet-5-caffe-k0.25": (lambda: lenet5(0.25), None, None),
    "lenet-5-caffe-k0.5": (lambda: lenet5(0.5), None, None),
    "lenet-5-caffe-k1.5": (lambda: lenet5(1.5), None, None),
    "lenet-5-bn": (
        lambda: convs(1, 20, 50, kernel=5, bias=False) + norms(20, 50, 500)
        + [nn.Linear(800, 500, bias=False), nn.Linear(500, 10, bias=False)], 431_640, 430_500),
    "vgg-like-0.25": (lambda: vgg_like(0.25), None, None),
    "vgg-like-0.5": (lambda: vgg_like(0.5), None, None),
    "vgg-like-1": (lambda: vgg_like(1), 14_987_210, 14_977_728),
    "vgg-like-1.5": (lambda: vgg_like(1.5), None, None),
    "vgg16-bn": (lambda: vgg16bn(10), 15_253_578, None),
    "preresnet-110": (lambda: preresnet110(10), 1_146_842, None),
    "resnet-20": (lambda: resnet20(10), 272_474, None),
    "dwp-convnet": (
        lambda: convs(1, 32, kernel=7) + convs(32, 128, kernel=5) + dense(1152, 10), 115_658, 115_488),
    "dwp-cifarnet-paper": (
        lambda: convs(3, 128, kernel=7) + convs(128, 256, 256, kernel=5) + dense(6400, 512, 10), 5_759_498, None),
    "dwp-cifarnet-code": (
        lambda: convs(3, 128, kernel=7) + convs(128, 256, 256, 512, kernel=5) + norms(128, 256, 256, 512, 512)
        + dense(512, 512, 10), 6_025_482, None),
    "kernel-vae-7x7-encoder": (
        lambda: convs(1, 32, 64, 64, kernel=3) + 2 * convs(64, 2, kernel=1), 56_004, None),
    "kernel-vae-7x7-decoder": (
        lambda: convs(2, 64, 64, 32, kernel=3, transposed=True) + 2 * convs(32, 1, kernel=1), 56_674, None),
    "kernel-vae-5x5-encoder": (
        lambda: convs(1, 64, 64, 128, 128, kernel=3) + 2 * convs(128, 4, kernel=1), 260_040, None),
    "kernel-vae-5x5-decoder": (
        lambda: convs(4, 128, kernel=1) + convs(128, 128, 128, kernel=3, transposed=True)
        + convs(128, 64, kernel=1) + 2 * convs(64, 1, kernel=1), 304_194, None),
    "conv-vae-10": (lambda: conv_vae(10), None, None),
}


def main():
    rows = ["network,parameters,weights"]
    for name, (build, parameters, weights) in NETWORKS.items():
        with torch.device("meta"):
            layers = build()
        # Layers listed twice (`2 * ...`: two heads alike) are counted twice on purpose.
        total = sum(p.numel() for layer in layers for p in layer.parameters())
        plain = sum(layer.weight.numel() for layer in layers if layer.weight.dim() > 1)
        assert parameters in (None, total), (name, parameters, total)
        assert weights in (None, plain), (name, weights, plain)
        rows.append(f"{name},{total},{plain}")
    path = FIXTURES / "Methods" / "architectures.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
