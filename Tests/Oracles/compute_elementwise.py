"""Fixtures of elementwise operations: activations, arithmetic of batched values, channel affine."""

import torch
import torch.nn.functional as F

from compute_fixture import Inputs, case, f32

# Values where careless formulas overflow, cancel or take the wrong branch.
EXTREMES = f32([-80.0, -30.0, -20.5, -1e-4, 1e-4, 19.5, 20.5, 30.0, 80.0])


def softplus(x):
    """log(1 + exp x) without torch's switch to the identity at 20."""
    return torch.logaddexp(x, torch.zeros(()))


ANY = {
    "relu": (F.relu, {}),
    "leakyRelu": (lambda x: F.leaky_relu(x, 0.01), {"slope": 0.01}),
    "elu": (F.elu, {"alpha": 1.0}),
    "sigmoid": (torch.sigmoid, {}),
    "tanh": (torch.tanh, {}),
    "softplus": (softplus, {}),
    "exp": (torch.exp, {}),
    "square": (torch.square, {}),
    "negate": (torch.neg, {}),
    "relu6": (F.relu6, {}),
}
POSITIVE = {"log": torch.log, "sqrt": torch.sqrt, "reciprocal": torch.reciprocal}
BINARY = {"add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div}


def main():
    for index, (op, (function, attributes)) in enumerate(ANY.items()):
        batch = (1, 5, 17, 33)[index % 4]
        name = f"{op}-image-batch{batch}"
        case("Compute", name, op, attributes, {"x": Inputs(name).normal(batch, 2, 3, 4, scale=2)},
             lambda x: function(x))
        name = f"{op}-vector"
        x = Inputs(name).normal(17, 9, scale=3)
        if op not in ("exp", "square", "negate"):
            x[3], x[16] = EXTREMES, -EXTREMES
        case("Compute", name, op, attributes, {"x": x}, lambda x: function(x))

    for op, function in POSITIVE.items():
        name = f"{op}-positive"
        x = torch.exp(Inputs(name).normal(17, 3, 2, 3, scale=2))
        case("Compute", name, op, {}, {"x": f32(x)}, lambda x: function(x))

    for index, (op, function) in enumerate(BINARY.items()):
        batch = (33, 17, 5, 1)[index]
        for name, shape in ((f"{op}-image", (batch, 2, 3, 5)), (f"{op}-vector", (17, 7))):
            inputs = Inputs(name)
            x, x2 = inputs.normal(*shape), inputs.normal(*shape)
            if op == "divide":
                x2 = f32(torch.sign(x2) * (x2.abs() + 0.3))
            case("Compute", name, op, {}, {"x": x, "x2": x2}, lambda x, x2: function(x, x2))
    # One value used twice: gradients must add up.
    case("Compute", "multiply-same", "multiplyBySelf", {}, {"x": Inputs("multiply-same").normal(5, 7)},
         lambda x: x * x)

    for name, value in (("scalarMultiply", -2.5), ("scalarAdd", 0.75)):
        case("Compute", name, name, {"value": value}, {"x": Inputs(name).normal(17, 2, 3, 4)},
             lambda x: x * value if name == "scalarMultiply" else x + value)
    name = "clamp"
    case("Compute", name, "clamp", {"low": -0.75, "high": 1.25},
         {"x": Inputs(name).normal(17, 11, scale=2)}, lambda x: x.clamp(-0.75, 1.25))

    for name, shape in (("channelAffine-image", (5, 4, 3, 5)), ("channelAffine-batch17", (17, 3, 2, 4)),
                        ("channelAffine-vector", (33, 7))):
        inputs = Inputs(name)
        broadcast = [1, shape[1]] + [1] * (len(shape) - 2)
        case("Compute", name, "channelAffine", {}, {
            "x": inputs.normal(*shape),
            "weight": inputs.normal(shape[1]),
            "bias": inputs.normal(shape[1]),
        }, lambda x, weight, bias: x * weight.reshape(broadcast) + bias.reshape(broadcast))


if __name__ == "__main__":
    main()
