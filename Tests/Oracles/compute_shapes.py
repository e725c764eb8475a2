"""Fixtures of operations that only move numbers: flatten, reshape, concatenate, slice."""

import torch

from compute_fixture import Inputs, case


def main():
    for batch in (5, 17):
        name = f"flatten-batch{batch}"
        case("Compute", name, "flatten", {}, {"x": Inputs(name).normal(batch, 2, 3, 4)},
             lambda x: x.flatten(1))
        name = f"reshape-batch{batch}"
        case("Compute", name, "reshape", {"shape": [2, 3, 4]}, {"x": Inputs(name).normal(batch, 24)},
             lambda x: x.reshape(-1, 2, 3, 4))

    for name, first, second in (("concat-channels", (5, 2, 3, 4), (5, 3, 3, 4)),
                                ("concat-channels-batch17", (17, 1, 2, 3), (17, 4, 2, 3)),
                                ("concat-features", (33, 5), (33, 3))):
        inputs = Inputs(name)
        case("Compute", name, "concat", {"axis": 1},
             {"x": inputs.normal(*first), "x2": inputs.normal(*second)},
             lambda x, x2: torch.cat([x, x2], 1))

    for name, shape, start, end in (("slice-features", (17, 9), 2, 6), ("slice-channels", (5, 6, 3, 2), 1, 4),
                                    ("slice-last", (1, 8), 7, 8)):
        case("Compute", name, "slice", {"axis": 1, "start": start, "end": end},
             {"x": Inputs(name).normal(*shape)}, lambda x: x[:, start:end])


if __name__ == "__main__":
    main()
