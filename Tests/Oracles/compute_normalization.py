"""Fixtures of batch normalisation, with the running statistics before and after.

Training normalises by the biased variance of the batch and moves the running variance towards the
unbiased one: r <- (1 - momentum) r + momentum s.
"""

import torch
import torch.nn.functional as F

from compute_fixture import Inputs, case

EPSILON, MOMENTUM = 1e-5, 0.1


def batch_norm(name, op, shape, training, epsilon=EPSILON, shift=0.5):
    inputs, channels = Inputs(name), shape[1]
    tensors = {
        "x": inputs.normal(*shape, scale=1.5, shift=shift),
        "weight": inputs.normal(channels, shift=1.0, scale=0.5),
        "bias": inputs.normal(channels),
    }
    constants = {
        "running_mean": inputs.normal(channels),
        "running_var": inputs.uniform(channels, low=0.5, high=2.0),
    }

    def forward(x, weight, bias, running_mean, running_var):
        y = F.batch_norm(x, running_mean, running_var, weight, bias, training, MOMENTUM, epsilon)
        return {"y": y, "running_mean_after": running_mean, "running_var_after": running_var}

    case("Compute", name, op,
         {"training": training, "epsilon": epsilon, "momentum": MOMENTUM}, tensors, forward,
         constants=constants)


def main():
    for batch in (1, 5, 17, 33):
        batch_norm(f"batchNorm2d-train-batch{batch}", "batchNorm2d", (batch, 3, 4, 3), True)
    batch_norm("batchNorm2d-train-one-channel", "batchNorm2d", (5, 1, 3, 5), True)
    batch_norm("batchNorm2d-train-epsilon", "batchNorm2d", (5, 2, 3, 3), True, epsilon=1e-3)
    # A mean far from zero: the variance must not be taken as E x^2 - (E x)^2 in float32.
    batch_norm("batchNorm2d-train-far-mean", "batchNorm2d", (17, 2, 3, 4), True, shift=300.0)
    batch_norm("batchNorm2d-eval", "batchNorm2d", (17, 3, 4, 3), False)
    batch_norm("batchNorm2d-eval-batch1", "batchNorm2d", (1, 4, 2, 3), False)
    for batch in (5, 17, 33):
        batch_norm(f"batchNorm1d-train-batch{batch}", "batchNorm1d", (batch, 7), True)
    batch_norm("batchNorm1d-eval", "batchNorm1d", (5, 7), False)


if __name__ == "__main__":
    main()
