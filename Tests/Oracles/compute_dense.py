"""Fixtures of dense layers: partial blocks of examples, one feature, sizes that divide nothing."""

import torch.nn.functional as F

from compute_fixture import Inputs, case


def dense(name, batch, inner, outer, bias=True):
    inputs = Inputs(name)
    tensors = {
        "x": inputs.normal(batch, inner),
        "weight": inputs.normal(outer, inner, scale=0.3),
    }
    if bias:
        tensors["bias"] = inputs.normal(outer)
    case("Compute", name, "dense", {}, tensors, lambda x, weight, bias=None: F.linear(x, weight, bias))


def main():
    for batch in (1, 5, 17, 33):
        dense(f"dense-37to13-batch{batch}", batch, 37, 13)
    dense("dense-1to1", 5, 1, 1)
    dense("dense-1to40", 17, 1, 40)
    dense("dense-100to10", 17, 100, 10)
    dense("dense-no-bias", 5, 9, 21, bias=False)


if __name__ == "__main__":
    main()
