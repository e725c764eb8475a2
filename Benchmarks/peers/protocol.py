"""What every server of a training step does, ours as well as a peer's.

Started with `--step NAME --threads K [--mode MODE]` it builds the step, warms up and prints `ready`
(or `unavailable: why` and exits). For every line it reads it runs one block: unmeasured steps for
0.05 s (caches are cold after the others' turns), then at least 3 measured steps and at least 0.3 s
of them, and prints the median of the block in milliseconds. At the end of input it exits.
"""

import argparse
import os
import statistics
import sys
import time

WARM_SECONDS, BLOCK_SECONDS, LEAST_STEPS = 0.05, 0.3, 3
STEPS = ("svd-lenet5", "svd-lenet300", "lenet5", "lenet300", "conv-vae", "resnet20-train",
         "resnet20-infer", "lstm", "dwp-step")


def arguments(modes):
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", required=True, choices=STEPS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--mode", default=modes[0], choices=modes)
    return parser.parse_args()


def restart_with(environment):
    """Replaces the process by itself where variables that are read at its start are not yet set."""
    if any(os.environ.get(key) != value for key, value in environment.items()):
        os.environ.update(environment)
        os.execv(sys.executable, [sys.executable, *sys.argv])


def block(step):
    deadline = time.perf_counter() + WARM_SECONDS
    while True:
        step()
        if time.perf_counter() >= deadline:
            break
    times, start = [], time.perf_counter()
    while len(times) < LEAST_STEPS or time.perf_counter() - start < BLOCK_SECONDS:
        before = time.perf_counter()
        step()
        times.append(time.perf_counter() - before)
    return statistics.median(times) * 1e3


def serve(build):
    """`build()` returns a function that runs one whole step and waits for its result."""
    try:
        step = build()
        for _ in range(3):
            step()
        block(step)
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        print(f"unavailable: {type(error).__name__}: {lines[0]}", flush=True)
        return 1
    print("ready", flush=True)
    for _ in sys.stdin:
        print(f"{block(step):.6f}", flush=True)
    return 0
