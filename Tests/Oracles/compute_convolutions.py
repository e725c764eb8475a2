"""Fixtures of conv2d, depthwiseConv2d, convTranspose2d: odd batches, non-square, stride, padding, one channel."""

import torch.nn.functional as F

from compute_fixture import Inputs, case


def pair(value):
    return [value, value] if isinstance(value, int) else list(value)


def conv(name, batch, channels, size, kernel, stride=1, padding=0, bias=True):
    inputs, (inner, outer) = Inputs(name), channels
    stride, padding = pair(stride), pair(padding)
    tensors = {
        "x": inputs.normal(batch, inner, *size),
        "weight": inputs.normal(outer, inner, *pair(kernel), scale=0.3),
    }
    if bias:
        tensors["bias"] = inputs.normal(outer)
    case("Compute", name, "conv2d", {"stride": stride, "padding": padding}, tensors,
         lambda x, weight, bias=None: F.conv2d(x, weight, bias, stride, padding))


def far(name, batch, channels, size, kernel, stride, padding, beyond):
    """Zeros below and on the right beyond `padding`."""
    inputs, (inner, outer) = Inputs(name), channels
    stride, padding, beyond = pair(stride), pair(padding), pair(beyond)
    tensors = {
        "x": inputs.normal(batch, inner, *size),
        "weight": inputs.normal(outer, inner, *pair(kernel), scale=0.3),
        "bias": inputs.normal(outer),
    }
    edges = (padding[1], padding[1] + beyond[1], padding[0], padding[0] + beyond[0])
    case("Compute", name, "conv2d", {"stride": stride, "padding": padding, "farPadding": beyond}, tensors,
         lambda x, weight, bias: F.conv2d(F.pad(x, edges), weight, bias, stride))


def depthwise(name, batch, channels, size, kernel, stride=1, padding=0, beyond=0, bias=True):
    inputs = Inputs(name)
    stride, padding, beyond = pair(stride), pair(padding), pair(beyond)
    tensors = {
        "x": inputs.normal(batch, channels, *size),
        "weight": inputs.normal(channels, 1, *pair(kernel), scale=0.3),
    }
    if bias:
        tensors["bias"] = inputs.normal(channels)
    edges = (padding[1], padding[1] + beyond[1], padding[0], padding[0] + beyond[0])
    case("Compute", name, "depthwiseConv2d", {"stride": stride, "padding": padding, "farPadding": beyond}, tensors,
         lambda x, weight, bias=None: F.conv2d(F.pad(x, edges), weight, bias, stride, groups=channels))


def transposed(name, batch, channels, size, kernel, stride=1, padding=0, output_padding=0, bias=True):
    inputs, (inner, outer) = Inputs(name), channels
    stride, padding, extra = pair(stride), pair(padding), pair(output_padding)
    tensors = {
        "x": inputs.normal(batch, inner, *size),
        "weight": inputs.normal(inner, outer, *pair(kernel), scale=0.3),
    }
    if bias:
        tensors["bias"] = inputs.normal(outer)
    case("Compute", name, "convTranspose2d",
         {"stride": stride, "padding": padding, "outputPadding": extra}, tensors,
         lambda x, weight, bias=None: F.conv_transpose2d(x, weight, bias, stride, padding, extra))


def main():
    conv("conv2d-3x3-same", 5, (3, 4), (6, 5), 3, padding=1)
    conv("conv2d-3x3-same-batch1", 1, (3, 4), (6, 5), 3, padding=1)
    conv("conv2d-3x3-same-batch17", 17, (2, 3), (4, 5), 3, padding=1)
    conv("conv2d-3x3-same-batch33", 33, (2, 2), (4, 3), 3, padding=1)
    conv("conv2d-3x3-no-bias", 5, (3, 4), (5, 5), 3, padding=1, bias=False)
    conv("conv2d-5x5-valid", 17, (2, 3), (7, 6), 5)
    conv("conv2d-5x5-full", 5, (2, 3), (3, 4), 5, padding=4)
    conv("conv2d-7x7-stride2", 5, (2, 3), (11, 13), 7, stride=2)
    conv("conv2d-7x7-stride2-floor", 1, (1, 3), (12, 10), 7, stride=2)
    conv("conv2d-1x1", 33, (3, 5), (3, 4), 1)
    conv("conv2d-1x1-stride2", 5, (3, 4), (5, 4), 1, stride=2, bias=False)
    conv("conv2d-3x3-stride2-same", 5, (3, 4), (8, 8), 3, stride=2, padding=1)
    conv("conv2d-stride2x1", 5, (2, 3), (8, 5), 3, stride=(2, 1), padding=(1, 0))
    conv("conv2d-kernel3x5", 1, (3, 2), (6, 9), (3, 5), padding=(1, 2))
    conv("conv2d-kernel5x3-stride1x2", 17, (2, 2), (6, 7), (5, 3), stride=(1, 2), padding=(2, 0))
    conv("conv2d-one-channel", 33, (1, 2), (6, 5), 3)
    conv("conv2d-one-to-one", 5, (1, 1), (4, 4), 2)
    conv("conv2d-many-channels", 5, (20, 13), (3, 2), 3, padding=1)
    conv("conv2d-whole-image", 17, (3, 4), (5, 4), (5, 4))

    far("conv2d-3x3-stride2-far1", 5, (3, 4), (8, 8), 3, 2, 0, 1)
    far("conv2d-5x5-stride2-far1", 17, (2, 3), (8, 6), 5, 2, 1, 1)
    far("conv2d-3x3-far2x1", 5, (2, 3), (5, 6), 3, (2, 1), (0, 1), (2, 1))

    depthwise("depthwiseConv2d-3x3-same", 17, 5, (6, 5), 3, padding=1)
    depthwise("depthwiseConv2d-3x3-same-wide", 5, 3, (5, 23), 3, padding=1)
    depthwise("depthwiseConv2d-3x3-same-batch1", 1, 4, (7, 4), 3, padding=1, bias=False)
    depthwise("depthwiseConv2d-3x3-stride2-far1", 33, 3, (8, 8), 3, stride=2, beyond=1)
    depthwise("depthwiseConv2d-5x5-stride2-far1", 5, 3, (8, 10), 5, stride=2, padding=1, beyond=1)
    depthwise("depthwiseConv2d-5x5-same", 5, 17, (7, 7), 5, padding=2)
    depthwise("depthwiseConv2d-one-channel", 17, 1, (6, 19), 3)
    depthwise("depthwiseConv2d-kernel2x3-stride1x2", 5, 2, (6, 9), (2, 3), stride=(1, 2), padding=(1, 0))
    depthwise("depthwiseConv2d-whole-image", 5, 4, (3, 4), (3, 4))

    for extra in (0, 1):
        for padding in (0, 2):
            transposed(f"convTranspose2d-5x5-stride2-padding{padding}-output{extra}", 5, (3, 2), (4, 3),
                       5, stride=2, padding=padding, output_padding=extra)
    transposed("convTranspose2d-5x5-stride2-padding1-output1", 17, (2, 1), (4, 4), 5, stride=2, padding=1,
               output_padding=1)
    transposed("convTranspose2d-3x3", 17, (2, 3), (4, 5), 3)
    transposed("convTranspose2d-3x3-same", 33, (2, 2), (3, 4), 3, padding=1)
    transposed("convTranspose2d-3x3-no-bias", 1, (3, 4), (4, 3), 3, bias=False)
    transposed("convTranspose2d-1x1-input", 17, (4, 3), (1, 1), 5)
    transposed("convTranspose2d-stride2x1", 5, (2, 3), (3, 4), (3, 4), stride=(2, 1), padding=(1, 0),
               output_padding=(1, 0))
    transposed("convTranspose2d-many-channels", 1, (13, 20), (3, 2), 3)


if __name__ == "__main__":
    main()
