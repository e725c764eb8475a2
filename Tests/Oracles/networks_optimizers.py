"""Fixtures of optimisers: five steps from given parameters along given gradients.

`a` [3, 7] and `b` [5]; `a.gradient1` ... `a.gradient5`; `a.step1` ... `a.step5` the parameter after
each step. Zeros and very small gradients are among them (where Adam's epsilon counts).
"""

import json

import torch

from compute_fixture import FIXTURES, Inputs, f32, write_safetensors

STEPS = 5
OPTIMIZERS = {
    "adam": (torch.optim.Adam, {"lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.0}),
    "adam-weight-decay": (torch.optim.Adam, {"lr": 1e-2, "betas": [0.8, 0.99], "eps": 1e-8, "weight_decay": 0.1}),
    "sgd": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.0, "weight_decay": 0.0, "nesterov": False}),
    "sgd-momentum": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.0, "nesterov": False}),
    "sgd-nesterov": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.0, "nesterov": True}),
    "sgd-weight-decay": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "nesterov": False}),
    "sgd-nesterov-weight-decay": (
        torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "weight_decay": 5e-2, "nesterov": True}),
}


def main():
    for name, (optimizer, settings) in OPTIMIZERS.items():
        inputs = Inputs("optimizers")
        parameters = {"a": inputs.normal(3, 7), "b": inputs.normal(5)}
        stored = dict(parameters)
        leaves = {k: v.clone().requires_grad_(True) for k, v in parameters.items()}
        update = optimizer(leaves.values(), **settings)
        for step in range(1, STEPS + 1):
            for key, leaf in leaves.items():
                gradient = inputs.normal(*leaf.shape)
                gradient.view(-1)[0] = 0
                gradient.view(-1)[1] = f32(torch.tensor(3e-8))
                leaf.grad = stored[f"{key}.gradient{step}"] = gradient
            update.step()
            stored |= {f"{key}.step{step}": leaf.detach().clone() for key, leaf in leaves.items()}
        write_safetensors(FIXTURES / "Networks" / f"optimizer-{name}.safetensors", stored, {
            "op": name.split("-")[0],
            "attributes": json.dumps({**settings, "steps": STEPS}, sort_keys=True),
            "torch": torch.__version__,
        })


if __name__ == "__main__":
    main()
