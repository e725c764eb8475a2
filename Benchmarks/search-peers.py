"""Measures greedy policy search in turns, ours and NumPy's, and prints CSV: threads,picks,ours_ms,peer,peer_ms,ratio,same_picks.

Run from the root after `swift build -c release --product bench-search`, with NumPy installed:

    python Benchmarks/search-peers.py [--threads 2] [--rounds 3] [--picks 100] [--ours PROGRAM]

The work: a file of predictions of 1,000 candidates, 5,000 rows, 10 classes, in half precision, is read and searched for 100 picks by calibrated
log-likelihood, the temperature fitted on the same rows for every candidate at every step; milliseconds of wall time, reading included.
Everybody else is stopped while one runs. The peer is vectorised over rows, classes and groups of candidates, in single precision,
with Newton's steps from the temperature of the step before, as ours has them: `numpy` in one thread, `numpy-threads` with the
candidates shared among threads (NumPy's functions let go of the interpreter).
"""

import argparse
import csv
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from turns import Server

ROOT = Path(__file__).resolve().parent.parent
CANDIDATES, ROWS, CLASSES = 1000, 5000, 10


def make(folder):
    """Candidates that share what is hard about a row, and each have their own skill and noise."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, CLASSES, ROWS)
    shared = generator.normal(0, 1.2, (ROWS, CLASSES)) + 4 * np.eye(CLASSES)[labels]
    logs = np.empty((CANDIDATES, ROWS, CLASSES), np.float16)
    for candidate in range(CANDIDATES):
        skill, sureness = generator.uniform(0.3, 1), np.exp(generator.normal(0, 0.2))
        logits = sureness * (skill * shared + generator.normal(0, 0.8, (ROWS, CLASSES)))
        logs[candidate] = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    np.save(folder / "pool.npy", logs)
    np.save(folder / "labels.npy", labels.astype(np.int32))


def worth(q_logs, own, beta):
    """Value, slope and curvature of [candidates] at [candidates] betas."""
    weights = np.exp(beta[:, None, None] * q_logs)
    total = weights.sum(2)
    weights *= q_logs
    mean = weights.sum(2) / total
    weights *= q_logs
    variance = weights.sum(2) / total - mean * mean
    share = np.exp(beta[:, None] * own) / total
    trust = share / (share + 1e-12)
    return (np.log(share + 1e-12).mean(1, dtype=np.float64), (trust * (own - mean)).mean(1, dtype=np.float64),
            (trust * variance).mean(1, dtype=np.float64))


def group_scores(total, group, labels, beta):
    q = np.log(total + group)
    q -= q.max(2, keepdims=True)
    own = np.take_along_axis(q, labels[None, :, None], 2)[:, :, 0]
    beta, score = beta.copy(), np.empty(len(group))
    open_ = np.arange(len(group))
    for _ in range(30):
        value, slope, curvature = worth(q[open_], own[open_], beta[open_].astype(np.float32))
        step = np.clip(slope / curvature, -beta[open_] / 2, beta[open_])
        score[open_] = value + slope * step / 2
        done = np.abs(step) <= 1e-3 * beta[open_]
        beta[open_] += step
        open_ = open_[~done]
        if len(open_) == 0:
            break
    return score, beta


def search(folder, picks, threads):
    # Groups whose logarithms stay in the cache are twice as fast as larger ones.
    size = 4
    labels = np.load(folder / "labels.npy").astype(np.int64)
    pool = np.exp(np.load(folder / "pool.npy").astype(np.float32))
    total, beta, found = np.zeros((ROWS, CLASSES), np.float32), np.ones(CANDIDATES), []
    groups = [slice(start, start + size) for start in range(0, CANDIDATES, size)]
    with ThreadPoolExecutor(threads) as threads_:
        for _ in range(picks):
            results = list(threads_.map(lambda group: group_scores(total, pool[group], labels, beta[group]), groups))
            scores, beta = (np.concatenate([result[part] for result in results]) for part in (0, 1))
            found.append(int(scores.argmax()))
            total += pool[found[-1]]
    return found


def peer(folder, picks, threads):
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        found = search(folder, picks, threads)
        print(f"{(time.perf_counter() - begin) * 1e3:.3f} {','.join(map(str, found))}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--picks", type=int, default=100)
    parser.add_argument("--ours", default=str(ROOT / ".build/release/bench-search"))
    parser.add_argument("--peer", metavar="FOLDER", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(options.peer, options.picks, options.threads)
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        picks = ["--picks", str(options.picks)]
        servers = {}
        try:
            servers["ours"] = Server([options.ours, folder, *picks, "--threads", str(options.threads)])
            for kind, threads in (("numpy", 1), ("numpy-threads", options.threads)):
                servers[kind] = Server([sys.executable, __file__, "--peer", folder, *picks, "--threads", str(threads)])
            times, found = {name: [] for name in servers}, {}
            for _ in range(options.rounds):
                for name, server in servers.items():
                    milliseconds, found[name] = server.block()
                    times[name].append(float(milliseconds))
        finally:
            for server in servers.values():
                server.close()
    medians = {name: statistics.median(values) for name, values in times.items()}
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["threads", "picks", "ours_ms", "peer", "peer_ms", "ratio", "same_picks"])
    for name in sorted(set(medians) - {"ours"}, key=medians.get):
        same = sum(a == b for a, b in zip(found["ours"].split(","), found[name].split(",")))
        writer.writerow([options.threads, options.picks, f"{medians['ours']:.1f}", name, f"{medians[name]:.1f}",
                         f"{medians[name] / medians['ours']:.2f}", same])


if __name__ == "__main__":
    sys.exit(main())
