#!/bin/sh
# Measures our training steps beside PyTorch and JAX, in turns, and prints CSV.
# Usage: Benchmarks/benchmark-peers.sh [--threads K] [--steps a,b] [--quick]
# PYTHON names another interpreter, PEERS_VENV another place for the environment.
set -eu

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
venv=${PEERS_VENV:-.venv}
torch=2.13.0

if [ ! -x "$venv/bin/python" ]; then
  "${PYTHON:-python3}" -m venv "$venv" || {
    echo "benchmark-peers: cannot make $venv (Debian: apt-get install python3-venv)" >&2
    rm -rf "$venv"
    exit 1
  }
fi
if ! "$venv/bin/python" -c "import jax, torch; assert torch.__version__.startswith('$torch')" 2>/dev/null; then
  echo "benchmark-peers: installing PyTorch and JAX into $venv" >&2
  # The CPU build where the package index carries it, else the general one.
  "$venv/bin/pip" install --quiet "torch==$torch+cpu" >&2 2>/dev/null ||
    "$venv/bin/pip" install --quiet "torch==$torch" >&2
  "$venv/bin/pip" install --quiet -r Benchmarks/peers/requirements.txt >&2
fi

exec "$venv/bin/python" Benchmarks/peers/drive.py "$@"
