"""whitening.safetensors: pictures whitened by the singular values of the data matrix, in NumPy.

y = (x - mean) V (S^2 / N + epsilon)^(-1/2) V^T with x = U S V^T centred, epsilon a tenth of the mean variance of a pixel.
`other` are pictures the whitening was not made of. Pixels are bytes / 255.
"""

import json

import numpy as np

from compute_fixture import FIXTURES, Inputs, write_safetensors


def main():
    inputs = Inputs("whitening")
    # Neighbouring pixels go together, as in pictures, so that some directions hardly vary.
    mixed = inputs.normal(140, 3 * 5 * 4).numpy() @ np.tril(np.ones((60, 60))) / 6
    pixels = np.clip(np.round(128 + 30 * mixed), 0, 255)
    training, other = pixels[:120] / 255, pixels[120:] / 255
    mean = training.mean(0)
    _, singular, directions = np.linalg.svd(training - mean, full_matrices=False)
    epsilon = 0.1 * training.var(0).mean()
    matrix = directions.T @ np.diag((singular ** 2 / len(training) + epsilon) ** -0.5) @ directions
    write_safetensors(FIXTURES / "Methods" / "whitening.safetensors", {
        "pixels": pixels, "training": (training - mean) @ matrix, "other": (other - mean) @ matrix,
    }, {"attributes": json.dumps({"share": 0.1}), "numpy": np.__version__})


if __name__ == "__main__":
    main()
