"""Makes every fixture under Tests/Fixtures/Networks again."""

import networks_lenets
import networks_optimizers
import networks_pictures
import networks_residual
import networks_vae


def main():
    for script in (networks_lenets, networks_residual, networks_vae, networks_optimizers, networks_pictures):
        script.main()


if __name__ == "__main__":
    main()
