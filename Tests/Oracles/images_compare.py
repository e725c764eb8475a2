"""Compares what `bench corrupt` wrote with images_definitions.py: images_compare.py FOLDER PICTURES [CORRUPTION ...]

FOLDER holds <corruption>.npy of all five severities; PICTURES is an npy of the clean ones, [N, 32, 32, 3] bytes, or a CIFAR-10
file of records. Deterministic corruptions: the share of bytes within one grey level. Random ones: relative differences of
mean, variance, mean absolute change and the change's power in four bands, each beside the standard error of a difference.
"""

import sys
from pathlib import Path

import numpy as np

import images_definitions as definitions
from images_corruptions import statistics

folder, source = Path(sys.argv[1]), Path(sys.argv[2])
if source.suffix == ".npy":
    clean = np.load(source)
else:
    records = np.frombuffer(source.read_bytes(), np.uint8).reshape(-1, 3073)
    clean = np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
for name in sys.argv[3:] or definitions.TABLE:
    made = np.load(folder / f"{name}.npy")
    count = len(made) // 5
    for severity in range(1, 6):
        ours = made[(severity - 1) * count : severity * count]
        rng = np.random.default_rng(severity)
        theirs = [definitions.corrupt(name, picture, severity, rng) for picture in clean[:count]]
        if name in definitions.DETERMINISTIC:
            apart = np.abs(np.stack(theirs).astype(int) - ours)
            print(f"{name} {severity}: {100 * (apart <= 1).mean():.4f} % within 1, largest {apart.max()}", flush=True)
            continue
        a = np.array([statistics(x, y) for x, y in zip(clean, ours)])
        b = np.array([statistics(x, y) for x, y in zip(clean, theirs)])
        error = (a - b).std(axis=0, ddof=1) / np.sqrt(count)
        words = [f"{100 * d / v:+.2f}%({d / e:+.1f}se)" for d, v, e in zip((a - b).mean(0), b.mean(0), error)]
        print(f"{name} {severity}:", *words, flush=True)
