"""Fixtures of the LSTM cell (gates in torch's order i, f, g, o) and of four unrolled steps.

Cell: x input, x2 hidden state, x3 cell state; y next hidden state, y2 next cell state.
Unrolled: x, x2, x3, x4 the inputs of the steps; h0, c0 the state before; y, y2, y3, y4 the hidden
states after each step, c4 the last cell state.
"""

import torch

from compute_fixture import Inputs, case


def parameters(inputs, inner, hidden):
    return {
        "w_ih": inputs.normal(4 * hidden, inner, scale=0.4),
        "w_hh": inputs.normal(4 * hidden, hidden, scale=0.4),
        "b_ih": inputs.normal(4 * hidden, scale=0.4),
        "b_hh": inputs.normal(4 * hidden, scale=0.4),
    }


def step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    return torch.lstm_cell(x, (h, c), w_ih, w_hh, b_ih, b_hh)


def cell(name, batch, inner, hidden):
    inputs = Inputs(name)
    tensors = {
        "x": inputs.normal(batch, inner),
        "x2": inputs.normal(batch, hidden),
        "x3": inputs.normal(batch, hidden),
        **parameters(inputs, inner, hidden),
    }

    def forward(x, x2, x3, **weights):
        y, y2 = step(x, x2, x3, **weights)
        return {"y": y, "y2": y2}

    case("Compute", name, "lstmCell", {"hidden": hidden}, tensors, forward)


def unrolled(name, batch, inner, hidden):
    inputs = Inputs(name)
    steps = ("x", "x2", "x3", "x4")
    tensors = {key: inputs.normal(batch, inner) for key in steps}
    tensors |= {"h0": inputs.normal(batch, hidden), "c0": inputs.normal(batch, hidden)}
    tensors |= parameters(inputs, inner, hidden)

    def forward(h0, c0, w_ih, w_hh, b_ih, b_hh, **sequence):
        outputs, h, c = {}, h0, c0
        for key in steps:
            h, c = step(sequence[key], h, c, w_ih, w_hh, b_ih, b_hh)
            outputs[key.replace("x", "y")] = h
        return outputs | {"c4": c}

    case("Compute", name, "lstm", {"hidden": hidden, "steps": 4}, tensors, forward)


def main():
    cell("lstmCell-batch1", 1, 4, 3)
    cell("lstmCell-batch5", 5, 1, 7)
    cell("lstmCell-batch17", 17, 6, 5)
    unrolled("lstm-4steps-batch5", 5, 3, 4)
    unrolled("lstm-4steps-batch33", 33, 2, 5)


if __name__ == "__main__":
    main()
