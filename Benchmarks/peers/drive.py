"""Measures every step in turns, ours and the peers', and prints CSV.

    step,threads,ours_ms,peer,peer_ms,ratio,gflops,peak_share

One row per step and peer. Times are medians over rounds of the median of a block (protocol.py);
ratio is peer_ms / ours_ms: above 1 we are faster. gflops is ours, from counted operations;
peak_share is its share of what `bench-steps --peak` measured in this run. In every round each server
runs one block; the others are stopped (SIGSTOP) meanwhile, so that nobody's waiting threads take
anybody's cores. A peer that cannot run is named on stderr and left out; without ours, columns that
need it stay empty.
"""

import argparse
import csv
import os
import selectors
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from operations import OPERATIONS
from protocol import STEPS

PEERS = Path(__file__).resolve().parent
ROOT = PEERS.parent.parent
COLUMNS = ["step", "threads", "ours_ms", "peer", "peer_ms", "ratio", "gflops", "peak_share"]
OURS = "ours"
READY_SECONDS, BLOCK_SECONDS = 240, 60


def say(text):
    print(text, file=sys.stderr, flush=True)


class Unavailable(Exception):
    """A server ended, said why it cannot run, or did not answer in time."""


class Server:
    """One process that runs blocks on demand, in its own process group, stopped while not asked."""

    def __init__(self, name, command):
        self.name, self.buffer = name, b""
        self.errors = tempfile.TemporaryFile()
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=self.errors, start_new_session=True, bufsize=0)
        except OSError as error:
            raise Unavailable(str(error)) from error
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        try:
            answer = self.line(READY_SECONDS)
            if answer != "ready":
                raise Unavailable(answer.removeprefix("unavailable: "))
            self.signal(signal.SIGSTOP)
        except Unavailable:
            self.close()
            raise

    def signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def line(self, seconds):
        deadline = time.monotonic() + seconds
        while b"\n" not in self.buffer:
            if not self.selector.select(max(0, deadline - time.monotonic())):
                raise Unavailable(f"no answer within {seconds:g} s")
            data = os.read(self.process.stdout.fileno(), 4096)
            if not data:
                self.errors.seek(0)
                last = self.errors.read().decode(errors="replace").strip().splitlines()[-1:]
                raise Unavailable(f"ended with status {self.process.wait()}: {''.join(last)}")
            self.buffer += data
        text, _, self.buffer = self.buffer.partition(b"\n")
        return text.decode(errors="replace").strip()

    def block(self):
        """Milliseconds per step of one block."""
        self.signal(signal.SIGCONT)
        try:
            self.process.stdin.write(b"\n")
            answer = self.line(BLOCK_SECONDS)
            value = float(answer)
            if not 0 < value < float("inf"):
                raise ValueError(answer)
            return value
        except (ValueError, BrokenPipeError) as error:
            raise Unavailable(f"not a time: {error}") from error
        finally:
            self.signal(signal.SIGSTOP)

    def close(self):
        self.signal(signal.SIGKILL)
        self.process.wait()
        self.selector.close()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()


def commands(step, threads, ours):
    common = ["--step", step, "--threads", str(threads)]
    torch = [sys.executable, str(PEERS / "torch_steps.py"), *common, "--mode"]
    return {
        OURS: [str(ours), *common],
        "torch-default": [*torch, "default"],
        "torch-tuned": [*torch, "tuned"],
        "torch-compile": [*torch, "compile"],
        "jax": [sys.executable, str(PEERS / "jax_steps.py"), *common],
    }


def measure(servers, rounds, least, deadline):
    """Times of every server, in turns; fewer rounds (never below `least`) when time runs out."""
    times = {name: [] for name in servers}
    for done in range(rounds):
        if done >= least and time.monotonic() > deadline:
            say(f"  out of time after {done} rounds")
            break
        for name in list(servers):
            try:
                times[name].append(servers[name].block())
            except Unavailable as error:
                say(f"  {name} left out: {error}")
                servers.pop(name).close()
                times.pop(name)
    return {name: statistics.median(values) for name, values in times.items() if values}


def run_step(step, commands, rounds, least, deadline):
    servers = {}
    try:
        for name, command in commands.items():
            try:
                servers[name] = Server(name, command)
            except Unavailable as error:
                say(f"  {name} left out: {error}")
        return measure(servers, rounds, least, deadline)
    finally:
        for server in servers.values():
            server.close()


def rows(step, threads, medians, peak):
    """CSV rows of one step, fastest peer first."""
    ours = medians.get(OURS)
    gflops = OPERATIONS[step] / (ours * 1e6) if ours else None
    share = gflops / peak if gflops and peak else None

    def text(value, digits):
        return "" if value is None else f"{value:.{digits}f}"

    peers = sorted((value, name) for name, value in medians.items() if name != OURS)
    return [[step, threads, text(ours, 4), name, text(value, 4), text(value / ours if ours else None, 3),
             text(gflops, 1), text(share, 3)] for value, name in peers]


def peak_gflops(ours, threads):
    """What the machine's cores reach in fused multiply-adds, by our own program; None if it cannot say."""
    try:
        result = subprocess.run([str(ours), "--peak", "--threads", str(threads)], capture_output=True,
                                text=True, timeout=60, check=True)
        value = float(result.stdout.split()[0])
        return value if 0 < value < float("inf") else None
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", default=",".join(STEPS), help="comma-separated, default all")
    parser.add_argument("--peers", default="", help="comma-separated, default all")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--quick", action="store_true", help="3 rounds")
    parser.add_argument("--minutes", type=float, default=28, help="for everything; shared between the steps")
    parser.add_argument("--ours", type=Path, default=ROOT / ".build/release/bench-steps")
    parser.add_argument("--output", type=Path, default=ROOT / "Benchmarks/results/latest.csv")
    parser.add_argument("--self-test", action="store_true", help="check this script with servers that only pretend")
    options = parser.parse_args(arguments)
    options.steps = options.steps.split(",")
    for step in options.steps:
        if step not in STEPS:
            parser.error(f"unknown step '{step}' (known: {', '.join(STEPS)})")
    if options.threads < 1 or options.rounds < 1:
        parser.error("--threads and --rounds must be at least 1")
    known = list(commands(STEPS[0], 1, options.ours))[1:]
    options.peers = options.peers.split(",") if options.peers else known
    for peer in options.peers:
        if peer not in known:
            parser.error(f"unknown peer '{peer}' (known: {', '.join(known)})")
    return options


def write(path, table):
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table)
    part.replace(path)


def drive(options):
    start = time.monotonic()
    rounds = 3 if options.quick else options.rounds
    if not options.ours.exists():
        say(f"{options.ours} is not there: peers only (build it with `swift build -c release`)")
    peak = peak_gflops(options.ours, options.threads)
    table = [COLUMNS]
    print(",".join(COLUMNS), flush=True)
    for index, step in enumerate(options.steps):
        left = options.minutes * 60 - (time.monotonic() - start)
        deadline = time.monotonic() + left / (len(options.steps) - index)
        say(f"{step} ({index + 1} of {len(options.steps)})")
        chosen = {k: v for k, v in commands(step, options.threads, options.ours).items()
                  if k in options.peers or (k == OURS and options.ours.exists())}
        medians = run_step(step, chosen, rounds, min(3, rounds), deadline)
        for row in rows(step, options.threads, medians, peak):
            table.append(row)
            print(",".join(map(str, row)), flush=True)
        write(options.output, table)
    return 0


FAKE = """
import sys
mode = sys.argv[1]
if mode == 'dead': print('boom', file=sys.stderr); sys.exit(3)
if mode == 'unable': print('unavailable: no compiler', flush=True); sys.exit(1)
print('ready', flush=True)
for count, line in enumerate(sys.stdin):
    if mode == 'dies' and count == 2: sys.exit(4)
    if mode == 'lies': print('fast', flush=True)
    else: print([9.0, 2.0, 2.0, 100.0, 2.0][count % 5] * float(sys.argv[2]), flush=True)
"""


def self_test():
    def fake(mode, scale=1):
        return [sys.executable, "-c", FAKE, mode, str(scale)]

    medians = run_step("lenet300", {
        OURS: fake("runs"), "twice": fake("runs", 2), "half": fake("runs", 0.5), "dead": fake("dead"),
        "unable": fake("unable"), "dies": fake("dies"), "lies": fake("lies"), "missing": ["/nonexistent/server"],
    }, 5, 3, time.monotonic() + 60)
    assert medians == {OURS: 2.0, "twice": 4.0, "half": 1.0}, medians
    table = rows("lenet300", 2, medians, 500.0)
    gflops = OPERATIONS["lenet300"] / 2e6
    assert table == [
        ["lenet300", 2, "2.0000", "half", "1.0000", "0.500", f"{gflops:.1f}", f"{gflops / 500:.3f}"],
        ["lenet300", 2, "2.0000", "twice", "4.0000", "2.000", f"{gflops:.1f}", f"{gflops / 500:.3f}"],
    ], table
    assert rows("lstm", 1, {"jax": 3.0}, None) == [["lstm", 1, "", "jax", "3.0000", "", "", ""]]
    # Out of time: the least number of rounds is run all the same.
    late = run_step("lstm", {"jax": fake("runs")}, 5, 3, time.monotonic() - 1)
    assert late == {"jax": 2.0}, late
    # A stopped server stays stopped until it is asked.
    server = Server("one", fake("runs"))
    time.sleep(0.1)
    state = Path(f"/proc/{server.process.pid}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "T"
    server.close()
    assert abs(OPERATIONS["lenet300"] - 0.113e9) < 0.5e6 and abs(OPERATIONS["svd-lenet5"] - 2.64e9) < 0.1e9
    assert set(OPERATIONS) == set(STEPS)
    print("self-test passed")
    return 0


def main():
    options = parse(sys.argv[1:])
    # An interrupt must still reach the servers, which live in process groups of their own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return self_test() if options.self_test else drive(options)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
