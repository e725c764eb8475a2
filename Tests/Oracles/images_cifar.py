"""Writes Tests/Fixtures/Images/cifar_statistics.csv: numbers about the first 250 corrupted test pictures of CIFAR-10.

images_cifar.py test_batch.bin. No picture is in it. Two runs of each definition: the values are those of the first, the
errors are standard errors of the difference of two runs; zero for what is deterministic.
"""

import csv
import sys
from pathlib import Path

import numpy as np

import images_definitions as definitions
from images_corruptions import NAMES, statistics
from images_pictures import FIXTURES

COUNT = 250
records = np.frombuffer(Path(sys.argv[1]).read_bytes(), np.uint8).reshape(-1, 3073)[:COUNT]
clean = np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
rows = []
for number, name in enumerate(definitions.TABLE):
    for severity in range(1, 6):
        runs = []
        for run in range(1 if name in definitions.DETERMINISTIC else 2):
            rng = np.random.Generator(np.random.PCG64([number, severity, run]))
            runs.append([statistics(x, definitions.corrupt(name, x, severity, rng)) for x in clean])
        first, last = np.array(runs[0]), np.array(runs[-1])
        error = (first - last).std(axis=0, ddof=1) / np.sqrt(COUNT)
        rows.append([name, severity] + [f"{v:.7g}" for pair in zip(first.mean(axis=0), error) for v in pair])
    print(name, flush=True)
with open(FIXTURES / "cifar_statistics.csv", "w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["corruption", "severity"] + [f"{name}{suffix}" for name in NAMES for suffix in ("", "_error")])
    out.writerows(rows)
