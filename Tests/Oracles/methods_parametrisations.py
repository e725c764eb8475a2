"""Makes parametrisations.safetensors: the divergence of variational dropout and its gradients, by PyTorch, where
log sigma^2 is trained beside theta (additive), with log alpha the paper's or the notebook's, and where log alpha is
(multiplicative).

As in the authors' minimal notebook log alpha is held to [-10, 10], and no gradient passes where it is cut. Some weights lie
outside on either side. One layer of 7 inputs and 5 outputs.
"""

import torch

from compute_fixture import FIXTURES, Inputs, f32, write_safetensors

K1, K2, K3 = 0.63576, 1.87320, 1.48695


def divergence(log_alpha):
    t = log_alpha.clamp(-10, 10)
    return (K1 - K1 * torch.sigmoid(K2 + K3 * t) + 0.5 * torch.log1p(torch.exp(-t))).sum()


def main():
    inputs = Inputs("parametrisations")
    theta = inputs.normal(5, 7, scale=0.3)
    log_alpha = f32(torch.linspace(-13, 13, 35).reshape(5, 7))
    log_variance = f32(log_alpha + torch.log(theta**2 + 1e-16))
    stored = {"theta": theta, "log_alpha": log_alpha, "log_variance": log_variance}

    leaves = [v.clone().requires_grad_(True) for v in (theta, log_variance)]
    kl = divergence(leaves[1] - torch.log(leaves[0] ** 2 + 1e-16))
    gradients = torch.autograd.grad(kl, leaves)
    stored |= {"additive.kl": kl, "additive.dtheta": gradients[0], "additive.dnoise": gradients[1]}

    # The notebook's line, with the 2 inside the logarithm.
    leaves = [v.clone().requires_grad_(True) for v in (theta, log_variance)]
    kl = divergence(leaves[1] - torch.log(1e-16 + 2 * leaves[0].abs()))
    gradients = torch.autograd.grad(kl, leaves)
    stored |= {"notebook.kl": kl, "notebook.dtheta": gradients[0], "notebook.dnoise": gradients[1]}

    leaf = log_alpha.clone().requires_grad_(True)
    kl = divergence(leaf)
    stored |= {"multiplicative.kl": kl, "multiplicative.dnoise": torch.autograd.grad(kl, leaf)[0]}

    write_safetensors(FIXTURES / "Methods" / "parametrisations.safetensors", stored,
                      {"op": "parametrisations", "torch": torch.__version__})


if __name__ == "__main__":
    main()
