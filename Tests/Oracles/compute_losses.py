"""Fixtures of losses (sum over features, mean over the batch) and of reductions."""

import torch
import torch.nn.functional as F

from compute_fixture import Inputs, case

PER_EXAMPLE = {"reduction": "sum over features, mean over batch"}


def bernoulli(x, target):
    total = F.binary_cross_entropy_with_logits(x, target, reduction="sum")
    return total / x.shape[0]


def main():
    for batch, scale in ((1, 1), (5, 1), (17, 1), (33, 30)):
        name = f"softmaxCrossEntropy-batch{batch}"
        inputs = Inputs(name)
        case("Compute", name, "softmaxCrossEntropy", {"reduction": "mean over batch"},
             {"x": inputs.normal(batch, 10, scale=scale)},
             lambda x, labels: F.cross_entropy(x, labels),
             constants={"labels": inputs.labels(batch, 10)})
        name = f"logSoftmax-batch{batch}"
        case("Compute", name, "logSoftmax", {}, {"x": Inputs(name).normal(batch, 7, scale=scale)},
             lambda x: F.log_softmax(x, 1))

    for name, shape in (("binaryCrossEntropyWithLogits", (17, 1, 4, 5)),
                        ("binaryCrossEntropyWithLogits-batch1", (1, 12))):
        inputs = Inputs(name)
        x = inputs.normal(*shape, scale=3)
        x.view(-1)[:4] = torch.tensor([-60.0, 60.0, -25.0, 25.0])
        case("Compute", name, "binaryCrossEntropyWithLogits", PER_EXAMPLE, {"x": x}, bernoulli,
             constants={"target": inputs.uniform(*shape)})

    for name, shape in (("mseSum", (17, 2, 3, 4)), ("mseSum-batch5", (5, 9))):
        inputs = Inputs(name)
        case("Compute", name, "mseSum", PER_EXAMPLE,
             {"x": inputs.normal(*shape), "x2": inputs.normal(*shape)},
             lambda x, x2: ((x - x2) ** 2).sum() / x.shape[0])

    for batch in (1, 5, 17, 33):
        for op, function in (("sum", torch.sum), ("mean", torch.mean)):
            name = f"{op}-all-batch{batch}"
            case("Compute", name, op, {"over": "all"}, {"x": Inputs(name).normal(batch, 2, 3, 3)},
                 lambda x: function(x))
    for op, function in (("sum", torch.sum), ("mean", torch.mean)):
        name = f"{op}-features"
        case("Compute", name, op, {"over": "features"}, {"x": Inputs(name).normal(17, 2, 3, 3)},
             lambda x: function(x, (1, 2, 3)))
        name = f"{op}-batch"
        case("Compute", name, op, {"over": "batch"}, {"x": Inputs(name).normal(17, 6)},
             lambda x: function(x, 0))


if __name__ == "__main__":
    main()
