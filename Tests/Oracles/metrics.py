"""Writes Tests/Fixtures/Metrics/*.csv with SciPy; run from the package root."""

import csv
import pathlib

import numpy as np
import scipy
from scipy import stats

OUT = pathlib.Path("Tests/Fixtures/Metrics")
rng = np.random.default_rng(20170806)


def write(name, header, rows):
    with open(OUT / name, "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows([[repr(float(v)) if isinstance(v, (float, np.floating)) else v for v in r] for r in rows])


rows = []
for nu in (1, 2, 3, 4.5, 9, 30, 200):
    for t in (-40.0, -6.5, -2.0, -0.3, 0.0, 1e-6, 0.7, 1.9, 12.0):
        rows.append([float(nu), t, stats.t.cdf(t, nu), stats.t.sf(t, nu)])
write("student_cdf.csv", ["nu", "t", "cdf", "upper"], rows)
write(
    "student_quantile.csv",
    ["nu", "p", "t"],
    [[float(nu), p, stats.t.ppf(p, nu)] for nu in (1, 2, 3, 4.5, 9, 30, 200) for p in (0.001, 0.05, 0.3, 0.9, 0.95, 0.975, 0.9995)],
)

rows = []
for case in range(12):
    n = [2, 3, 3, 4, 5, 8, 10, 20, 3, 3, 6, 50][case]
    a = rng.normal(case - 4, 1 + case / 3, n)
    b = a + rng.normal(0.4 - 0.1 * case, 0.5, n)
    null = [0.0, 0.1, -0.3][case % 3]
    margin = 0.2 + 0.3 * (case % 4)
    printed = round(float(a.mean()) + 0.2, 2)
    ci = stats.t.interval(0.90, n - 1, loc=a.mean() - printed, scale=stats.sem(a))
    ci95 = stats.t.interval(0.95, n - 1, loc=a.mean(), scale=stats.sem(a))
    greater = stats.ttest_1samp(a - b, null, alternative="greater")
    less = stats.ttest_1samp(a - b, null, alternative="less")
    tost = max(
        stats.ttest_1samp(a, printed - margin, alternative="greater").pvalue,
        stats.ttest_1samp(a, printed + margin, alternative="less").pvalue,
    )
    rows.append(
        [" ".join(map(repr, map(float, a))), " ".join(map(repr, map(float, b))), null, printed, margin,
         a.mean(), a.std(ddof=1), ci95[0], ci95[1], ci[0], ci[1], greater.statistic, greater.pvalue, less.pvalue, tost,
         np.quantile(a, 0.37)]
    )
write(
    "samples.csv",
    ["a", "b", "null", "printed", "margin", "mean", "sd", "low95", "high95", "low", "high", "t", "greater", "less", "tost", "q37"],
    rows,
)
(OUT / "VERSIONS").write_text(f"scipy {scipy.__version__}\nnumpy {np.__version__}\n")
