"""Counted floating-point operations of one step, two per multiply-add, products of layers only.

A training step does every product three times (forward, gradient of weights, gradient of inputs),
the first layer twice: nothing asks for the gradient of the data. Sparse variational dropout does all
of it twice (mean and variance). Elementwise work, normalisation, losses and Adam are not counted, so
a share of the peak never reaches 1.
"""


def train(multiplies):
    """Products of one example, layer by layer, first layer first."""
    return 2 * (3 * sum(multiplies) - multiplies[0])


LENET300 = [784 * 300, 300 * 100, 100 * 10]
LENET5 = [24 * 24 * 20 * 25, 8 * 8 * 50 * 20 * 25, 800 * 500, 500 * 10]
# A transposed convolution multiplies once per input position, channel pair and tap.
CONV_VAE = [11 * 11 * 64 * 49, 7 * 7 * 128 * 64 * 25, 2 * 6272 * 10, 10 * 128,
            1 * 128 * 128 * 25, 5 * 5 * 128 * 64 * 25, 13 * 13 * 64 * 25]
RESNET20 = (
    [32 * 32 * 16 * 3 * 9] + 6 * [32 * 32 * 16 * 16 * 9]
    + [16 * 16 * 32 * 16 * 9, 16 * 16 * 32 * 16] + 5 * [16 * 16 * 32 * 32 * 9]
    + [8 * 8 * 64 * 32 * 9, 8 * 8 * 64 * 32] + 5 * [8 * 8 * 64 * 64 * 9] + [64 * 10])
# One step of one sequence: gates from the input, gates from the state, classifier.
LSTM = [128 * 512, 128 * 512, 128 * 128]
DWP = [22 * 22 * 32 * 49, 7 * 7 * 128 * 32 * 25]
# One kernel through encoder and decoder of its prior, 7x7 and 5x5.
PRIOR7 = [25 * 32 * 9, 9 * 64 * 32 * 9, 64 * 64 * 9, 2 * 64 * 2,
          2 * 64 * 9, 9 * 64 * 64 * 9, 25 * 32 * 64 * 9, 2 * 49 * 32]
PRIOR5 = [25 * 64 * 9, 25 * 64 * 64 * 9, 9 * 128 * 64 * 9, 128 * 128 * 9, 2 * 128 * 4,
          4 * 128, 128 * 128 * 9, 9 * 128 * 128 * 9, 25 * 64 * 128, 2 * 25 * 64]

OPERATIONS = {
    "svd-lenet5": 2 * 100 * train(LENET5),
    "svd-lenet300": 2 * 100 * train(LENET300),
    "lenet5": 100 * train(LENET5),
    "lenet300": 100 * train(LENET300),
    "conv-vae": 100 * train(CONV_VAE),
    "resnet20-train": 128 * train(RESNET20),
    "resnet20-infer": 128 * 2 * sum(RESNET20),
    "lstm": 64 * 64 * train(LSTM),
    # The prior's own weights stay as they are: forward, and the gradient of inputs.
    "dwp-step": 128 * (2 * train(DWP) + 6 * 1152 * 10) + 4 * (32 * sum(PRIOR7) + 512 * sum(PRIOR5)),
}

if __name__ == "__main__":
    for name, count in OPERATIONS.items():
        print(f"{name},{count / 1e9:.3f}")
