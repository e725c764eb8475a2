"""Makes every fixture under Tests/Fixtures/Methods again."""

import methods_architectures
import methods_compression
import methods_embeddings
import methods_ensembles
import methods_kernel_prior
import methods_kl
import methods_parametrisations
import methods_policy_search
import methods_whitening


def main():
    for script in (methods_kernel_prior, methods_kl, methods_architectures, methods_parametrisations, methods_compression,
                   methods_whitening, methods_ensembles, methods_policy_search, methods_embeddings):
        script.main()


if __name__ == "__main__":
    main()
