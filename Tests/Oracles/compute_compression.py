"""Fixtures of operations on weights: masks that gradients pass, mixtures of Gaussians over single weights."""

import math

import torch

from compute_fixture import Inputs, case


def straight_through(theta, mask):
    """The product in the forward pass, the identity in the backward pass."""
    return theta + (theta * mask - theta).detach()


def energy(share):
    """-sum of log densities under components of which the first stands at zero with a share that stays."""

    def forward(theta, zero_log_precision, means, log_precisions, logits):
        everywhere = torch.distributions.MixtureSameFamily(
            torch.distributions.Categorical(
                torch.cat([torch.full((1,), share), (1 - share) * torch.softmax(logits, 0)])),
            torch.distributions.Normal(
                torch.cat([torch.zeros(1), means]),
                torch.exp(-0.5 * torch.cat([zero_log_precision, log_precisions]))))
        return -everywhere.log_prob(theta.reshape(-1)).sum()

    return forward


def mixture(name, shape, components, share, precision):
    inputs = Inputs(name)
    case("Compute", name, "mixtureEnergy", {"zeroShare": share}, {
        "theta": inputs.normal(*shape, scale=0.3),
        "zero_log_precision": inputs.normal(1, scale=0.2, shift=math.log(precision)),
        "means": inputs.normal(components - 1, scale=0.3),
        "log_precisions": inputs.normal(components - 1, scale=0.2, shift=math.log(precision)),
        "logits": inputs.normal(components - 1),
    }, energy(share))


def main():
    for name, shape in (("straightThroughMask", (13, 7)), ("straightThroughMask-convolution", (3, 2, 5, 5)),
                        ("straightThroughMask-vector", (37,))):
        inputs = Inputs(name)
        case("Compute", name, "straightThroughMask", {}, {"theta": inputs.normal(*shape)}, straight_through,
             constants={"mask": (inputs.uniform(*shape) < 0.4).double()})

    mixture("mixtureEnergy", (13, 37), 16, 0.9375, 16.0)
    mixture("mixtureEnergy-convolution", (3, 2, 5, 5), 5, 0.5, 16.0)
    mixture("mixtureEnergy-two-components", (5, 16), 2, 0.25, 4.0)
    mixture("mixtureEnergy-one-weight", (1, 1), 3, 0.75, 4.0)


if __name__ == "__main__":
    main()
