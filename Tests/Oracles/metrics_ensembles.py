"""Cuts the recorded numbers of deep ensemble equivalents out of three tables, into Tests/Fixtures/Metrics/ensembles_*.csv.

    python Tests/Oracles/metrics_ensembles.py CURVES.csv IMAGENET.csv DEE.csv

They hold what the authors of "Pitfalls of In-Domain Uncertainty Estimation and Ensembling in Deep Learning"
(github.com/SamsungLabs/pytorch-ensembles) left in logs, notebooks and figures: cLL of every method by number of samples
on CIFAR-100, the table of ImageNet, and equivalents in numbers of networks. Run from the package root.
"""

import csv
import pathlib
import sys

OUT = pathlib.Path("Tests/Fixtures/Metrics")
curves, imagenet, dee = [list(csv.DictReader(open(path, newline=""))) for path in sys.argv[1:4]]


def write(name, header, rows):
    with open(OUT / name, "w", newline="") as f:
        out = csv.DictWriter(f, header, lineterminator="\n", extrasaction="ignore")
        out.writeheader()
        out.writerows(rows)


write(
    "ensembles_cifar100_cll.csv",
    [name for name in curves[0] if name != "metric"],
    [row for row in curves if row["metric"] == "calibrated_log_likelihood"],
)
write(
    "ensembles_imagenet_negative_cll.csv",
    ["experiment", "method", "n", "value", "spread"],
    [
        row
        for row in imagenet
        if row["metric"] == "negative_cll" and row["setting"] == "central crop"
        and row["experiment"] in ("pitfalls_imagenet", "pitfalls_imagenet_curve")
    ],
)
write(
    "ensembles_dee.csv",
    ["dataset", "method", "n", "value"],
    [row for row in dee if row["dataset"] == "ImageNet" or row["experiment"] == "pitfalls_dee_mean"],
)
