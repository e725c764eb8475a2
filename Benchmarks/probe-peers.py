"""Measures multinomial logistic regression to convergence in turns, ours and scikit-learn's, and prints CSV:
rows,features,decay,threads,ours_ms,evaluations,loss,peer,tolerance,peer_ms,peer_loss,ratio.

Run from the root after `swift build -c release --product bench-probe`, with scikit-learn installed:

    python Benchmarks/probe-peers.py [--threads 2] [--rounds 5] [--features 64,128,1280] [--decays 1e-2,1e-3] [--ours PROGRAM]

The work: 5,000 rows of features as a rectified layer gives them (correlated, not negative, of falling variance), 10 classes, from zero;
mean cross-entropy + decay / 2 |W|^2 with free biases, which is LogisticRegression with C = 1 / (N decay). Ours gets single precision, scikit-learn
double, in which it is faster. Each of scikit-learn's solvers runs at the loosest of the tolerances 1e-3, 1e-4 (its default), 1e-5, 1e-6 at
which its loss agrees to 4 digits with the least that anybody finds; a solver that reaches it at none is left out. Reported is the median of
rounds; everybody else is stopped while one runs.
"""

import argparse
import csv
import statistics
import sys
import tempfile
import time
from pathlib import Path

from turns import Server

ROOT = Path(__file__).resolve().parent.parent
ROWS, CLASSES = 5000, 10
SOLVERS = ("lbfgs", "newton-cg", "newton-cholesky")
TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6)


def features(count):
    import numpy as np
    random = np.random.default_rng(count)
    labels = random.integers(0, CLASSES, ROWS)
    hidden = min(count, 256)
    spectrum = np.arange(1, hidden + 1) ** -0.7
    centres = random.standard_normal((CLASSES, hidden)) * spectrum * 0.7
    latent = centres[labels] + random.standard_normal((ROWS, hidden)) * spectrum
    mixed = latent @ random.standard_normal((hidden, count)) / hidden ** 0.5
    noise = 0.05 * random.standard_normal((ROWS, count))
    return np.maximum(mixed / mixed.std() + noise + 0.2, 0).astype(np.float32), labels.astype(np.int32)


def peer(solver, folder, decay):
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    x, labels = np.load(folder / "features.npy").astype(np.float64), np.load(folder / "labels.npy")

    def fit(tolerance):
        model = LogisticRegression(C=1 / (len(x) * decay), solver=solver, tol=tolerance, max_iter=5000)
        begin = time.perf_counter()
        model.fit(x, labels)
        milliseconds = (time.perf_counter() - begin) * 1e3
        return milliseconds, log_loss(labels, model.predict_proba(x)) + decay / 2 * (model.coef_ ** 2).sum()

    print("ready", flush=True)
    for line in sys.stdin:
        print(*fit(float(line)), flush=True)


def numbers(server, line=""):
    return [float(word) for word in server.block(line)]


def measure(folder, count, decay, options, writer):
    arguments = [str(folder / "features.npy"), str(folder / "labels.npy")]
    # A Hessian of (features x classes)^2 numbers is for few features.
    solvers = [name for name in SOLVERS if name != "newton-cholesky" or count <= 128]
    environment = {name: str(options.threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    servers = {}
    try:
        servers["ours"] = Server(
            [options.ours, *arguments, "--decay", str(decay), "--threads", str(options.threads)], environment)
        for name in solvers:
            servers[name] = Server([sys.executable, __file__, "--peer", name, "--folder", str(folder), "--decays", str(decay)],
                                   environment)
        compare(servers, count, decay, options, writer)
    finally:
        for server in servers.values():
            server.close()


def compare(servers, count, decay, options, writer):
    found = numbers(servers["ours"])
    tried = {name: {tolerance: numbers(server, tolerance)[1] for tolerance in TOLERANCES}
             for name, server in servers.items() if name != "ours"}
    least = min([found[1], *(loss for losses in tried.values() for loss in losses.values())])

    def good(loss):
        return abs(loss / least - 1) < 5e-5

    if not good(found[1]):
        raise SystemExit(f"probe-peers: {count} features, decay {decay}: our loss {found[1]} is not the least, {least}")
    chosen = {name: next((t for t in TOLERANCES if good(losses[t])), None) for name, losses in tried.items()}
    times = {"ours": []} | {name: [] for name, tolerance in chosen.items() if tolerance}
    for _ in range(options.rounds):
        for name in times:
            times[name].append(numbers(servers[name], chosen.get(name, ""))[0])
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name in sorted(set(medians) - {"ours"}, key=medians.get):
        writer.writerow([ROWS, count, decay, options.threads, f"{medians['ours']:.1f}", int(found[2]), f"{found[1]:.6f}", name,
                         chosen[name], f"{medians[name]:.1f}", f"{tried[name][chosen[name]]:.6f}", f"{medians[name] / medians['ours']:.2f}"])
        sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--features", default="64,128,512,1280")
    parser.add_argument("--decays", default="1e-2,1e-3,1e-4")
    parser.add_argument("--ours", default=str(ROOT / ".build/release/bench-probe"))
    parser.add_argument("--peer", choices=SOLVERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(options.peer, options.folder, float(options.decays))
    import numpy as np
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow("rows,features,decay,threads,ours_ms,evaluations,loss,peer,tolerance,peer_ms,peer_loss,ratio".split(","))
    for count in map(int, options.features.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            x, labels = features(count)
            np.save(Path(folder) / "features.npy", x)
            np.save(Path(folder) / "labels.npy", labels)
            for decay in map(float, options.decays.split(",")):
                measure(Path(folder), count, decay, options, writer)


if __name__ == "__main__":
    sys.exit(main())
