"""Writes Tests/Fixtures/Metrics/corruption_errors.csv and mean_corruption_errors.csv with NumPy.

    python Tests/Oracles/metrics_corruption.py RECORDED.csv

RECORDED.csv holds the ImageNet-C accuracies that the authors of greedy policy search (github.com/SamsungLabs/gps-augment)
left in their repository, one row per network, method, number of views n, corruption and severity, and AlexNet's
errors as means over severities. Run from the package root.
"""

import csv
import pathlib
import re
import sys

import numpy as np

OUT = pathlib.Path("Tests/Fixtures/Metrics")
accuracy, alexnet = {}, {}
with open(sys.argv[1], newline="") as f:
    for row in csv.DictReader(f):
        name = re.match(r"corruption=(\w+)", row["setting"]).group(1)
        if row["network"] == "AlexNet":
            alexnet[name] = float(row["value"])
        else:
            severity = int(re.search(r"severity=(\d)", row["setting"]).group(1))
            place = (row["network"], row["method"], row["n"])
            accuracy.setdefault(place, {})[name, severity] = float(row["value"])

# The 15 of the benchmark are those AlexNet was scored on; the logs hold the extra four as well.
names = list(alexnet)
baseline = np.array([alexnet[name] for name in names])
errors, means = [], []
for (network, method, n), table in accuracy.items():
    if any((name, s) not in table for name in names for s in range(1, 6)):
        continue
    error = 100 - np.array([[table[name, s] for s in range(1, 6)] for name in names])
    for name, row in zip(names, error):
        errors.append([network, method, n, name, " ".join(f"{v:.4f}" for v in row), repr(alexnet[name])])
    ratios = error.sum(axis=1) / (5 * baseline)
    means.append([network, method, n, repr(float(100 * ratios.mean())), repr(float(error.mean()))])

for file, header, rows in (
    ("corruption_errors.csv", ["network", "method", "n", "corruption", "errors", "baseline"], errors),
    ("mean_corruption_errors.csv", ["network", "method", "n", "mce", "mu_ce"], means),
):
    with open(OUT / file, "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)
print(f"numpy {np.__version__}: {len(means)} rows")
