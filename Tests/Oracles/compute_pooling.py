"""Fixtures of pooling. Sizes round down; padding never wins a maximum; the first of equals wins."""

import torch
import torch.nn.functional as F

from compute_fixture import Inputs, case, f32


def main():
    def maximum(name, shape, kernel, stride, padding, x=None):
        x = Inputs(name).normal(*shape) if x is None else x
        case("Compute", name, "maxPool2d",
             {"kernel": [kernel] * 2, "stride": [stride] * 2, "padding": [padding] * 2}, {"x": x},
             lambda x: F.max_pool2d(x, kernel, stride, padding))

    maximum("maxPool2d-2x2", (17, 3, 6, 4), 2, 2, 0)
    maximum("maxPool2d-2x2-odd", (5, 2, 7, 5), 2, 2, 0)
    maximum("maxPool2d-2x2-batch1", (1, 3, 4, 6), 2, 2, 0)
    maximum("maxPool2d-2x2-batch33", (33, 1, 5, 4), 2, 2, 0)
    maximum("maxPool2d-3x3-stride2-padding1", (17, 2, 7, 6), 3, 2, 1)
    maximum("maxPool2d-3x3-stride1-padding1", (5, 2, 4, 5), 3, 1, 1)
    negative = -torch.rand((), generator=torch.Generator().manual_seed(1)) - Inputs("negative").uniform(5, 2, 5, 5)
    maximum("maxPool2d-negative-padding1", None, 3, 2, 1, x=f32(negative))
    # Three values only, so that most windows have ties: torch passes the gradient to the first.
    maximum("maxPool2d-ties", None, 2, 2, 0,
            x=Inputs("ties").labels(17 * 2 * 6 * 4, 3).reshape(17, 2, 6, 4).double())

    for name, shape in (("avgPool2d-2x2", (17, 3, 6, 4)), ("avgPool2d-2x2-odd", (5, 2, 7, 5))):
        case("Compute", name, "avgPool2d", {"kernel": [2, 2], "stride": [2, 2], "padding": [0, 0]},
             {"x": Inputs(name).normal(*shape)}, lambda x: F.avg_pool2d(x, 2, 2))

    for name, shape in (("globalAveragePool", (17, 3, 5, 4)), ("globalAveragePool-1x1", (5, 7, 1, 1)),
                        ("globalAveragePool-batch1", (1, 4, 3, 7))):
        case("Compute", name, "globalAveragePool", {}, {"x": Inputs(name).normal(*shape)},
             lambda x: x.mean((2, 3)))


if __name__ == "__main__":
    main()
