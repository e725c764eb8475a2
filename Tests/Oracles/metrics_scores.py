"""Writes Tests/Fixtures/Metrics/scores_*.npy, scores.csv and temperatures.csv; run from the package root.

Scores of small tables of predictions by torchmetrics, scikit-learn and SciPy where they have them, else by their
definition in NumPy; where both are there, this script insists that they agree. Calibrated scores are means over the
halves of given orders, at the temperature that SciPy finds.
"""

import csv
import pathlib

import numpy as np
import scipy
import sklearn
import torch
import torchmetrics
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, brier_score_loss
from torchmetrics.functional.classification import multiclass_calibration_error

OUT = pathlib.Path("Tests/Fixtures/Metrics")
BINS = 15
rng = np.random.default_rng(20200218)


def drawn(p):
    """A label for every row, drawn from its distribution."""
    return np.array([rng.choice(len(row), p=row / row.sum()) for row in p], dtype=np.int64)


def softmax(z):
    return np.exp(log_softmax(z, axis=-1))


def test_error(p, y):
    return 100 * (1 - accuracy_score(y, p.argmax(1)))


def log_likelihood(p, y):
    return np.log(p[np.arange(len(y)), y] + 1e-12).mean()


def brier(p, y):
    ours = ((p - np.eye(p.shape[1])[y]) ** 2).sum(1).mean()
    # scikit-learn wants rows that sum to one to its last digit, and every class among the labels' names.
    theirs = brier_score_loss(y, p / p.sum(1, keepdims=True), labels=range(p.shape[1]), scale_by_half=False)
    assert abs(ours - theirs) < 1e-6, (ours, theirs)
    return ours


def gaps(conf, hit, edges):
    """Sum over bins (a, b] of |sum of conf - hit|."""
    return sum(abs((conf - hit)[(conf > a) & (conf <= b)].sum()) for a, b in zip(edges[:-1], edges[1:]))


def curve_gaps(conf, hit):
    """The same by scikit-learn, whose bins are (a, b] too but for zero."""
    conf, hit = conf[conf > 0], hit[conf > 0]
    if len(conf) == 0:
        return 0.0
    share, mean = calibration_curve(hit, conf, n_bins=BINS, strategy="uniform", pos_label=True)
    sizes = np.bincount(np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], conf), minlength=BINS)
    return (np.abs(share - mean) * sizes[sizes > 0]).sum()


def on_edge(p):
    """Whether some probability lies so near an edge that rounding decides its bin."""
    return (np.abs(p * BINS - np.round(p * BINS)) < 1e-5).any()


def ece(p, y):
    conf, hit = p.max(1), p.argmax(1) == y
    ours = gaps(conf, hit, np.linspace(0, 1, BINS + 1)) / len(y)
    assert abs(ours - curve_gaps(conf, hit) / len(y)) < 1e-12
    # torchmetrics has bins [a, b), so it is asked only where no confidence stands on an edge.
    if not on_edge(conf):
        theirs = multiclass_calibration_error(torch.tensor(p), torch.tensor(y), p.shape[1], n_bins=BINS, norm="l1")
        assert abs(ours - float(theirs)) < 1e-6, (ours, float(theirs))
    return ours


def sce(p, y):
    edges = np.linspace(0, 1, BINS + 1)
    ours = sum(gaps(p[:, c], y == c, edges) for c in range(p.shape[1])) / p.size
    theirs = sum(curve_gaps(p[:, c], y == c) for c in range(p.shape[1])) / p.size
    assert abs(ours - theirs) < 1e-12
    return ours


def tace(p, y):
    total = 0.0
    for c in range(p.shape[1]):
        order = np.argsort(p[:, c], kind="stable")
        order = order[p[order, c] > 1e-3]
        size = len(order) // BINS
        for b in range(BINS):
            own = order[b * size : (b + 1) * size if b < BINS - 1 else None]
            if len(own):
                total += abs(p[own, c].mean() - (y[own] == c).mean()) * len(own)
    return total / p.size


def aurc(p, y):
    conf, wrong = p.max(1), (p.argmax(1) != y).astype(float)
    order = np.argsort(-conf)
    # Equal confidences, but for rounding, share their mean error, which is what random orders give on average.
    group = np.cumsum(np.append(0, np.diff(-conf[order]) > 1e-12))
    shared = (np.bincount(group, wrong[order]) / np.bincount(group))[group]
    risk = np.cumsum(shared) / np.arange(1, len(y) + 1)
    kept = np.ceil(np.arange(1, 1001) * len(y) / 1000).astype(int)
    return risk[kept - 1].mean()


def fitted(logp, y):
    """Temperature of least loss, with its logarithm found to 1e-9."""
    loss = lambda s: -log_likelihood(softmax(logp / np.exp(s)), y)
    return np.exp(minimize_scalar(loss, bounds=np.log([0.01, 100]), method="bounded", options={"xatol": 1e-9}).x)


METRICS = [test_error, log_likelihood, brier, ece, tace, sce, aurc]

soft = rng.dirichlet(np.full(5, 0.6), 400)
sharp = soft**1.8 / (soft**1.8).sum(1, keepdims=True)
# Twentieths: ties everywhere, bins' edges, zeros and ones; the last class is never the likeliest.
cuts = np.sort(rng.integers(0, 21, (60, 3)), axis=1)
edges = np.diff(np.hstack([np.zeros((60, 1), int), cuts, np.full((60, 1), 20)]), axis=1)
last = edges.argmax(1) == 3
edges[last] = edges[last][:, [3, 1, 2, 0]]
edges[:4] = [[20, 0, 0, 0], [20, 0, 0, 0], [0, 20, 0, 0], [5, 5, 5, 5]]
edge_labels = drawn((edges + 1.0) / (edges + 1.0).sum(1, keepdims=True))
edge_labels[:4] = [0, 1, 1, 3]
truth = rng.normal(0, 1.2, (1501, 3))
votes = rng.normal(0, 1, (120, 6))
members = 4 * votes + rng.normal(0, 5, (4, 120, 6))
members[1, :20] *= 20
wide = rng.dirichlet(np.full(100, 0.05), 64)
wide = (wide + 1e-7) / (wide + 1e-7).sum(1, keepdims=True)
cases = {
    "soft": ("probabilities", sharp.astype("f4"), drawn(soft)),
    "edges": ("probabilities", edges / 20, edge_labels),
    "logits": ("logits", (3 * truth).astype("f4"), drawn(softmax(truth))),
    "ensemble": ("logits", members.astype("f4"), drawn(softmax(votes))),
    "wide": ("probabilities", wide.astype("f4"), drawn(wide)),
}

scores, temperatures = [], []
for case, (kind, table, y) in cases.items():
    np.save(OUT / f"scores_{case}_{kind}.npy", table)
    np.save(OUT / f"scores_{case}_labels.npy", y.astype("i4"))
    orders = np.array([rng.permutation(len(y)) for _ in range(5)], dtype="i4")
    np.save(OUT / f"scores_{case}_orders.npy", orders)
    table = table.astype("f8")
    if kind == "logits":
        logp = log_softmax(table, axis=-1)
        if table.ndim == 3:
            logp = logsumexp(logp, axis=0) - np.log(len(table))
        p = np.exp(logp)
    else:
        p = table
        with np.errstate(divide="ignore"):
            logp = np.log(p)
    for metric in METRICS:
        scores.append([case, metric.__name__, repr(float(metric(p, y)))])
    halves = []
    for order in orders:
        first, second = np.sort(order[: (len(y) + 1) // 2]), np.sort(order[(len(y) + 1) // 2 :])
        for fit, evaluation in ((second, first), (first, second)):
            t = fitted(logp[fit], y[fit])
            temperatures.append([case, repr(float(t))])
            q = softmax(logp[evaluation] / t)
            halves.append([metric(q, y[evaluation]) for metric in METRICS])
    for metric, value in zip(METRICS, np.mean(halves, axis=0)):
        scores.append([case, "calibrated_" + metric.__name__, repr(float(value))])

for file, header, rows in (
    ("scores.csv", ["case", "metric", "value"], scores),
    ("temperatures.csv", ["case", "temperature"], temperatures),
):
    with open(OUT / file, "w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)
(OUT / "VERSIONS-scores").write_text(
    f"torchmetrics {torchmetrics.__version__}\nscikit-learn {sklearn.__version__}\nscipy {scipy.__version__}\n"
    f"numpy {np.__version__}\ntorch {torch.__version__}\n"
)
