"""imagenet_c_mce.csv: mean corruption errors of ImageNet-C by NumPy, from the accuracies recorded in experiments/gps-imagenet/references.csv.

One row for every network, strategy and number of views that all 15 corruptions and five severities are recorded of. Accuracies that
are recorded twice count with their mean.
"""

import csv
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
EXTRA = {"speckle_noise", "gaussian_blur", "spatter", "saturate"}


def main():
    rows = list(csv.DictReader(open(ROOT / "experiments/gps-imagenet/references.csv")))
    alexnet = {row["corruption"]: float(row["value"]) for row in rows if row["network"] == "AlexNet"}
    names = sorted(alexnet)
    assert len(names) == 15
    accuracies = {}
    for row in rows:
        if row["metric"] == "top1_accuracy" and row["corruption"] not in EXTRA:
            key = row["network"], row["method"], int(row["n"])
            accuracies.setdefault(key, {}).setdefault((row["corruption"], int(row["severity"])), []).append(float(row["value"]))
    with open(ROOT / "Tests/Fixtures/Metrics/imagenet_c_mce.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["network", "method", "n", "mce"])
        for (network, method, n), known in sorted(accuracies.items()):
            errors = np.array([[100 - np.mean(known[name, severity]) for severity in range(1, 6)] for name in names])
            ratios = errors.mean(1) / np.array([alexnet[name] for name in names])
            writer.writerow([network, method, n, repr(float(100 * ratios.mean()))])


if __name__ == "__main__":
    main()
