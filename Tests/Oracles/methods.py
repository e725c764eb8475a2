"""Makes every fixture under Tests/Fixtures/Methods again."""

import methods_architectures
import methods_kl
import methods_parametrisations


def main():
    for script in (methods_kl, methods_architectures, methods_parametrisations):
        script.main()


if __name__ == "__main__":
    main()
