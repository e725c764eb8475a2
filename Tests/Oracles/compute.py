"""Makes every fixture under Tests/Fixtures/Compute again."""

import compute_compression
import compute_convolutions
import compute_dense
import compute_elementwise
import compute_gaussian
import compute_losses
import compute_lstm
import compute_normalization
import compute_pooling
import compute_shapes


def main():
    for script in (compute_compression, compute_convolutions, compute_dense, compute_elementwise,
                   compute_gaussian, compute_losses, compute_lstm, compute_normalization, compute_pooling, compute_shapes):
        script.main()


if __name__ == "__main__":
    main()
